//! What goes through queues in scenarios: items whose drops are counted, with a load or without.

use std::cell::RefCell;

thread_local! {
    /// The labels of the items that this thread dropped and has not yet accounted for.
    static DROPPED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// What goes through a queue: a label that remembers being dropped.
///
/// It owns no memory, so that a queue that duplicates it is caught by the count of its drops, and does
/// no harm to the harness.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    label: u32,
}

impl Item {
    /// The item with this label.
    pub const fn new(label: u32) -> Self {
        Self { label }
    }

    /// Its label.
    pub const fn label(&self) -> u32 {
        self.label
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.label));
    }
}

/// What carries a label through a queue: an [`Item`], or one with a load.
pub trait Goods: Send + 'static {
    /// The one with this label.
    fn new(label: u32) -> Self;

    /// Its label.
    ///
    /// # Panics
    /// If its load is not what it was.
    fn label(&self) -> u32;
}

impl Goods for Item {
    fn new(label: u32) -> Self {
        Self::new(label)
    }

    fn label(&self) -> u32 {
        self.label
    }
}

/// An item with a load of so many words of four bytes, all of which say whose they are: a queue that hands it on half written, or while it
/// is overwritten, is seen to do so.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parcel<const WORDS: usize> {
    item: Item,
    words: [u32; WORDS],
}

impl<const WORDS: usize> Goods for Parcel<WORDS> {
    fn new(label: u32) -> Self {
        Self { item: Item::new(label), words: [label; WORDS] }
    }

    fn label(&self) -> u32 {
        let label = self.item.label;
        if let Some(word) = self.words.iter().find(|word| **word != label) {
            panic!("item {label} is torn: there is a word of item {word} in it");
        }
        label
    }
}

#[cfg(test)]
impl<const WORDS: usize> Parcel<WORDS> {
    /// One with the load of another.
    pub(super) fn torn(label: u32, load: u32) -> Self {
        Self { item: Item::new(label), words: [load; WORDS] }
    }
}

/// The labels of the items that this OS thread dropped since it was last asked. Under a model checker that
/// is the thread of all roles; then the first to ask is told of all, and the sum is the same.
pub(super) fn dropped() -> Vec<u32> {
    DROPPED.take()
}
