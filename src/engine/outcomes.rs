//! Outcomes, each with how many executions had it.
//!
//! A search may see as many outcomes as it has executions, and they are much alike: of a table of philosophers each is a permutation of
//! the same few words. So a text is taken apart where it has spaces, each word is kept once, and the texts are the paths of a tree
//! of words (a trie: Edward Fredkin, "Trie memory", 1960). An outcome that is known costs no memory, a new one 16 bytes for each
//! word that it does not share with the beginning of another one, and their places in a hash table. Nothing is left to chance: words and paths are
//! compared, not their hashes, and the texts can be read again.

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::fmt;
use std::hash::BuildHasher;

/// Outcomes, each with how many executions had it.
///
/// ```
/// use refectory::engine::Outcomes;
///
/// let mut outcomes = Outcomes::default();
/// ["2 then 1", "1 then 2", "2 then 1"].map(|outcome| outcomes.add(outcome, 1));
/// assert_eq!((outcomes.len(), outcomes.count("2 then 1"), outcomes.count("neither")), (2, 2, 0));
/// assert_eq!(outcomes.iter().next(), Some(("1 then 2".to_owned(), 1)));
/// ```
#[derive(Clone, Default)]
pub struct Outcomes {
    words: Words,
    nodes: Vec<Node>,
    /// The nodes, by their parents and words.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// How many nodes are the end of an outcome.
    len: usize,
}

/// The end of a text that begins like its parent's.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// One more than the number of the node before, 0 where the word is the first.
    parent: u32,
    word: u32,
    /// How many executions had the outcome that ends here.
    count: u64,
}

/// Each word once, all in one text.
#[derive(Clone, Default)]
struct Words {
    text: String,
    /// Where each one ends.
    ends: Vec<usize>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Words {
    fn word(&self, number: u32) -> &str {
        word(&self.text, &self.ends, number)
    }

    fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.places.find(hash, |&number| self.word(number) == text).copied()
    }

    /// The number of the word, which is added where it is new.
    fn number(&mut self, new: &str) -> u32 {
        let Self { text, ends, places, hasher } = self;
        let hash = hasher.hash_one(new);
        let is_it = |&number: &u32| word(text, ends, number) == new;
        match places.entry(hash, is_it, |&number| hasher.hash_one(word(text, ends, number))) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let number = small(ends.len());
                entry.insert(number);
                text.push_str(new);
                ends.push(text.len());
                number
            }
        }
    }
}

fn word<'a>(text: &'a str, ends: &[usize], number: u32) -> &'a str {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start..ends[number]]
}

/// # Panics
/// If there are more than four billion, for which no machine has the memory.
fn small(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than four billion words")
}

/// The words of an outcome, each with the space behind it: of these no one is the beginning of another one, but for the last. An
/// outcome without any text is one without any letter.
fn words(outcome: &str) -> impl Iterator<Item = &str> {
    let empty = outcome.is_empty().then_some("");
    empty.into_iter().chain(outcome.split_inclusive(' '))
}

impl Outcomes {
    /// So many more executions had this outcome.
    pub fn add(&mut self, outcome: &str, executions: u64) {
        if executions == 0 {
            return;
        }
        let mut at = 0;
        for text in words(outcome) {
            let word = self.words.number(text);
            at = self.child(at, word);
        }
        let count = &mut self.nodes[at as usize - 1].count;
        self.len += usize::from(*count == 0);
        *count += executions;
    }

    /// One more than the number of the node with this parent and word, which is added where it is new.
    fn child(&mut self, parent: u32, word: u32) -> u32 {
        let Self { nodes, places, hasher, .. } = self;
        let hash = hasher.hash_one((parent, word));
        let key = |&at: &u32| (nodes[at as usize].parent, nodes[at as usize].word);
        match places.entry(hash, |at| key(at) == (parent, word), |at| hasher.hash_one(key(at))) {
            Entry::Occupied(entry) => *entry.get() + 1,
            Entry::Vacant(entry) => {
                let at = small(nodes.len());
                entry.insert(at);
                nodes.push(Node { parent, word, count: 0 });
                at + 1
            }
        }
    }

    fn find(&self, outcome: &str) -> Option<&Node> {
        let mut at = None;
        for text in words(outcome) {
            let parent = at.map_or(0, |at: u32| at + 1);
            let word = self.words.find(text)?;
            let hash = self.hasher.hash_one((parent, word));
            let is_it = |&at: &u32| {
                let node = &self.nodes[at as usize];
                (node.parent, node.word) == (parent, word)
            };
            at = Some(*self.places.find(hash, is_it)?);
        }
        at.map(|at| &self.nodes[at as usize])
    }

    /// How many outcomes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many executions had this outcome.
    pub fn count(&self, outcome: &str) -> u64 {
        self.find(outcome).map_or(0, |node| node.count)
    }

    /// Whether some execution had this outcome.
    pub fn contains(&self, outcome: &str) -> bool {
        self.count(outcome) > 0
    }

    /// The outcomes in their order as texts, each with how many executions had it.
    pub fn iter(&self) -> impl Iterator<Item = (String, u64)> {
        let mut walk = Walk::new(self);
        std::iter::from_fn(move || walk.next())
    }

    /// The outcomes in their order as texts.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.iter().map(|(outcome, _)| outcome)
    }

    /// How many executions had each outcome, in no order.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.nodes.iter().map(|node| node.count).filter(|count| *count > 0)
    }
}

/// Goes through the tree from word to word, each time the next one of those that follow on the same words.
struct Walk<'a> {
    outcomes: &'a Outcomes,
    /// The nodes, those of one parent together and the last of them first.
    order: Vec<u32>,
    /// Where those of each parent begin.
    begins: Vec<u32>,
    /// What is left of each list on the path, by its bounds.
    path: Vec<(u32, u32)>,
    /// The text of the path, and where each word of it begins.
    text: String,
    lengths: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(outcomes: &'a Outcomes) -> Self {
        let nodes = &outcomes.nodes;
        let mut order: Vec<u32> = (0..small(nodes.len())).collect();
        let word = |at: u32| outcomes.words.word(nodes[at as usize].word);
        order.sort_unstable_by(|&a, &b| {
            let parents = nodes[a as usize].parent.cmp(&nodes[b as usize].parent);
            parents.then_with(|| word(b).cmp(word(a)))
        });
        let mut begins = vec![0; nodes.len() + 2];
        nodes.iter().for_each(|node| begins[node.parent as usize + 1] += 1);
        (1..begins.len()).for_each(|at| begins[at] += begins[at - 1]);
        let path = vec![(begins[0], begins[1])];
        Self { outcomes, order, begins, path, text: String::new(), lengths: Vec::new() }
    }

    fn next(&mut self) -> Option<(String, u64)> {
        loop {
            let (begin, end) = self.path.last_mut()?;
            if begin == end {
                self.path.pop();
                if let Some(length) = self.lengths.pop() {
                    self.text.truncate(length);
                }
                continue;
            }
            *end -= 1;
            let at = self.order[*end as usize] as usize;
            let node = &self.outcomes.nodes[at];
            self.lengths.push(self.text.len());
            self.text.push_str(self.outcomes.words.word(node.word));
            self.path.push((self.begins[at + 1], self.begins[at + 2]));
            if node.count > 0 {
                return Some((self.text.clone(), node.count));
            }
        }
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Outcomes {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|(outcome, count)| other.count(&outcome) == count)
    }
}

impl Eq for Outcomes {}

impl FromIterator<(String, u64)> for Outcomes {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(counts: I) -> Self {
        let mut outcomes = Self::default();
        counts.into_iter().for_each(|(outcome, executions)| outcomes.add(&outcome, executions));
        outcomes
    }
}

impl<const N: usize> From<[(&str, u64); N]> for Outcomes {
    fn from(counts: [(&str, u64); N]) -> Self {
        counts.into_iter().map(|(outcome, executions)| (outcome.to_owned(), executions)).collect()
    }
}

/// As a map.
#[cfg(feature = "cli")]
impl serde::Serialize for Outcomes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(feature = "cli")]
impl<'de> serde::Deserialize<'de> for Outcomes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counts;
        impl<'de> serde::de::Visitor<'de> for Counts {
            type Value = Outcomes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outcomes, each with how many executions had it")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut counts: A) -> Result<Outcomes, A::Error> {
                let mut outcomes = Outcomes::default();
                while let Some((outcome, executions)) = counts.next_entry::<String, u64>()? {
                    outcomes.add(&outcome, executions);
                }
                Ok(outcomes)
            }
        }
        deserializer.deserialize_map(Counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Texts that are much alike.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab ]{0,6}", 0..40)
    }

    fn counted(texts: &[String]) -> (Outcomes, BTreeMap<String, u64>) {
        let (mut outcomes, mut truth) = (Outcomes::default(), BTreeMap::new());
        for text in texts {
            outcomes.add(text, 1);
            *truth.entry(text.clone()).or_default() += 1;
        }
        (outcomes, truth)
    }

    proptest! {
        #[test]
        fn outcomes_are_counted_as_a_map_of_texts_does(one in texts(), other in texts()) {
            let (outcomes, truth) = counted(&one);
            prop_assert!(outcomes.iter().eq(truth.clone()), "{outcomes:?} for {truth:?}");
            prop_assert_eq!((outcomes.len(), outcomes.is_empty()), (truth.len(), truth.is_empty()));
            prop_assert!(other.iter().all(|text| outcomes.count(text) == truth.get(text).copied().unwrap_or(0)));
            prop_assert_eq!(outcomes.counts().sum::<u64>(), truth.values().sum::<u64>());
            prop_assert_eq!(&outcomes, &truth.into_iter().collect::<Outcomes>());
        }
    }

    #[test]
    fn the_beginning_of_an_outcome_is_none() {
        let outcomes = Outcomes::from([("1 then 2", 3), ("", 1)]);
        assert!(!outcomes.contains("1 then ") && !outcomes.contains("1 then") && outcomes.contains(""));
        assert_ne!(outcomes, Outcomes::from([("1 then 2", 3), ("1", 1)]));
    }

    #[test]
    fn what_is_alike_is_kept_once() {
        let mut outcomes = Outcomes::default();
        for number in 0..10_000 {
            outcomes.add(
                &format!("fork0=[{}] fork1=[{}] fork2=[{}]", number / 400, number / 20 % 20, number % 20),
                1,
            );
        }
        assert_eq!((outcomes.len(), outcomes.words.ends.len()), (10_000, 25 + 20 + 20));
        assert_eq!(outcomes.nodes.len(), 25 + 500 + 10_000);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn outcomes_are_written_as_a_map() {
        let outcomes = Outcomes::from([("b c", 2), ("a", 1)]);
        let text = serde_json::to_string(&outcomes).expect("a map");
        assert_eq!(text, r#"{"a":1,"b c":2}"#);
        assert_eq!(serde_json::from_str::<Outcomes>(&text).expect("the same"), outcomes);
    }
}
