//! The table itself, tested.

use super::Litmus;
use super::table::table;
use libtest_mimic::Trial;
use refectory::engine::{Bounds, Coverage, Exhausted, Exploration, Extent, Failure, FailureKind, Reason};
use refectory::event::trace::Trace;

pub(super) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(format!("litmus::table::{name}"), move || {
            test();
            Ok(())
        })
    };
    vec![
        trial("says_what_each_engine_missed_and_invented", a_table_says_what_each_engine_missed_and_invented),
        trial("a_bounded_search_has_missed", a_bounded_search_that_ended_has_missed_what_it_did_not_show),
        trial("a_cut_search_has_not_reached", a_search_that_was_cut_has_not_reached_what_it_did_not_show),
    ]
}

const LITMUS: Litmus = Litmus {
    name: "an example",
    asks: "Is the table right?",
    body: || Ok(String::new()),
    c11: &["(0)", "(1)", "(2)"],
    sc: &["(0)"],
    on_real_threads: true,
};

fn showing(coverage: Coverage, outcomes: &[&str]) -> Exploration {
    let mut facts = Exploration::new(coverage);
    facts.executions = outcomes.len() as u64;
    facts.outcomes = outcomes.iter().map(|&outcome| (outcome.to_owned(), 1)).collect();
    facts
}

fn a_table_says_what_each_engine_missed_and_invented() {
    let mut stopped = showing(Ok(Extent::EXHAUSTIVE), &["(0)"]);
    let (kind, message) = (FailureKind::Deadlock, "nobody moves".to_owned());
    stopped.failure = Some(Failure { kind, message, trace: Trace::default(), execution: 2 });
    let columns = [
        ("all", showing(Ok(Extent::EXHAUSTIVE), &["(0)", "(1)", "(3)"])),
        ("some", showing(Ok(Extent::Sampled(1)), &["(0)"])),
        ("none", Exploration::unsupported("too large")),
        ("stuck", stopped),
    ];
    let expected = "\
an example
Is the table right?

outcome     C11  SC   all          some         none         stuck
(0)         yes  yes  seen         seen                      seen
(1)         yes  no   seen         not reached               not reached
(2)         yes  no   missed       not reached               not reached
(3)         no   no   FALSE ALARM  -                         -
deadlock    no   no   -            -                         FALSE ALARM
executions            3            1            0            1
search                complete     sampled      unsupported  stopped: deadlock
none unsupported: too large
stuck stopped: deadlock: nobody moves
";
    assert_eq!(table(&LITMUS, &columns), expected);
}

fn a_bounded_search_that_ended_has_missed_what_it_did_not_show() {
    let columns = [("bounded", showing(Ok(Extent::Complete(Bounds::preemptions(2))), &["(0)"]))];
    let text = table(&LITMUS, &columns);
    assert!(text.contains("(1)         yes  no   missed\n"), "{text}");
    assert!(text.contains("bounded\n"), "{text}");
}

fn a_search_that_was_cut_has_not_reached_what_it_did_not_show() {
    let columns = [("cut", showing(Err(Reason::Budget(Exhausted::Executions(1))), &["(0)"]))];
    let text = table(&LITMUS, &columns);
    assert!(text.contains("(1)         yes  no   not reached\n"), "{text}");
    assert!(text.ends_with("cut cut: 1 executions\n"), "{text}");
}
