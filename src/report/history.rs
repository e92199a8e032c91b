//! What a check says of a history that somebody has written down.

use super::intervals::{Interval, intervals};
use super::style::{Style, Tone, grouped};
use crate::check::Decision;

/// A history and what became of it.
#[derive(Clone, Debug)]
pub struct JudgedHistory {
    /// What it was checked for, as in "linearizable as fifo".
    pub property: String,
    /// The decision. The reason of a violation names values as they were written.
    pub decision: Decision,
    /// How many operations it has.
    pub operations: usize,
    /// How many processes have asked.
    pub processes: usize,
    /// How many operations overlap another one.
    pub overlapping: usize,
    /// The part of it that explains a violation.
    pub part: Vec<Interval>,
    /// Whether nothing can be left out of that part.
    pub is_minimal: bool,
}

/// The verdict, the size of the history, and the part of it that explains a violation.
pub fn judged_history(history: &JudgedHistory, style: Style) -> String {
    let property = &history.property;
    let (tone, verdict, reason) = match &history.decision {
        Decision::Holds => (Tone::Good, format!("holds ({property})"), None),
        Decision::Violated(witness) => {
            (Tone::Bad, format!("violated (not {property})"), Some(&witness.reason))
        }
        Decision::Unknown(reason) => (Tone::Open, format!("not decided ({property}?)"), Some(reason)),
    };
    let mut text = format!("verdict: {}\nhistory: {}\n", style.paint(tone, verdict), size(history));
    if let Some(reason) = reason {
        text += &format!("reason:  {reason}\n");
    }
    if history.overlapping == 0 {
        text += "note:    no two operations overlap, so this says nothing of what happens at the same time\n";
    }
    if !history.part.is_empty() {
        text +=
            &format!("\n{}\n{}\n", intervals(&history.part, style), style.paint(Tone::Dim, share(history)));
    }
    text
}

fn size(history: &JudgedHistory) -> String {
    let number = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(count as u64)),
    };
    format!(
        "{} of {}, {} of them overlapping another one",
        number(history.operations, "operation", "operations"),
        number(history.processes, "process", "processes"),
        grouped(history.overlapping as u64)
    )
}

fn share(history: &JudgedHistory) -> String {
    let end = match history.is_minimal {
        true => "without any one of them the rest is right",
        false => "there may be an even smaller part that is wrong",
    };
    let (shown, all) = (grouped(history.part.len() as u64), grouped(history.operations as u64));
    format!("{shown} of {all} operations; {end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Witness;

    fn history(decision: Decision) -> JudgedHistory {
        JudgedHistory {
            property: "linearizable as fifo".to_owned(),
            decision,
            operations: 1_000_000,
            processes: 1,
            overlapping: 31_415,
            part: Vec::new(),
            is_minimal: true,
        }
    }

    #[test]
    fn a_history_that_holds_says_how_much_it_shows() {
        assert_eq!(
            judged_history(&history(Decision::Holds), Style::Plain),
            "verdict: holds (linearizable as fifo)\n\
             history: 1 000 000 operations of 1 process, 31 415 of them overlapping another one\n"
        );
        let one_by_one = JudgedHistory { overlapping: 0, ..history(Decision::Holds) };
        let note =
            "note:    no two operations overlap, so this says nothing of what happens at the same time\n";
        assert!(judged_history(&one_by_one, Style::Plain).ends_with(note));
    }

    #[test]
    fn a_violation_is_drawn() {
        let reason = "8 was popped, but never pushed".to_owned();
        let part = vec![Interval { process: 3, text: "pop 8".to_owned(), begun: 1, ended: Some(2) }];
        let decision = Decision::Violated(Witness { reason, entries: vec![0] });
        let told = judged_history(&JudgedHistory { part, ..history(decision) }, Style::Plain);
        assert_eq!(
            told,
            "verdict: violated (not linearizable as fifo)\n\
             history: 1 000 000 operations of 1 process, 31 415 of them overlapping another one\n\
             reason:  8 was popped, but never pushed\n\n\
             process 3  |--pop 8--|\n\n\
             1 of 1 000 000 operations; without any one of them the rest is right\n"
        );
    }

    #[test]
    fn what_is_not_decided_says_why() {
        let told = judged_history(&history(Decision::Unknown("no time".to_owned())), Style::Plain);
        assert!(
            told.starts_with("verdict: not decided (linearizable as fifo?)\n")
                && told.ends_with("reason:  no time\n")
        );
    }
}
