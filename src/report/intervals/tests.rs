use super::*;
use crate::report::Style;

fn interval(process: u32, text: &str, begun: u64, ended: u64) -> Interval {
    Interval { process, text: text.to_owned(), begun, ended: (ended != u64::MAX).then_some(ended) }
}

fn out_of_order() -> Vec<Interval> {
    vec![
        interval(0, "push 7", 10, 20),
        interval(0, "push 9", 30, 40),
        interval(2, "pop 9", 35, 70),
        interval(2, "pop 7", 80, 90),
        interval(1, "push <8>", 15, u64::MAX),
    ]
}

#[test]
fn a_row_shows_what_a_process_did() {
    let drawn = intervals(&out_of_order(), Style::Plain);
    assert_eq!(
        drawn,
        "\
process 0  |--push 7--| |--push 9--|
process 1   |-------------push <8>--------------…
process 2                |--pop 9---| |--pop 7--|
"
    );
}

#[test]
fn what_begins_when_another_ends_overlaps_it() {
    let drawn = intervals(&[interval(0, "a", 1, 2), interval(1, "b", 2, 3)], Style::Plain);
    assert_eq!(drawn, "process 0  |--a--|\nprocess 1   |--b--|\n");
}

#[test]
fn a_process_that_does_two_things_at_once_has_two_rows() {
    let drawn =
        intervals(&[interval(0, "a", 1, 4), interval(0, "b", 2, 3), interval(0, "c", 5, 6)], Style::Plain);
    assert_eq!(drawn, "process 0  |---a---| |--c--|\nprocess 0   |--b--|\n");
}

#[test]
fn wide_drawings_have_numbers() {
    let long = "append \"key\" \"a long text that takes some room\"";
    let drawn =
        intervals(&[interval(0, long, 1, 3), interval(1, long, 2, 5), interval(0, long, 6, 7)], Style::Plain);
    assert_eq!(
        drawn,
        format!(
            "process 0  |--1--|  |--3--|\nprocess 1   |--2--|\n\n1  process 0, 1–3: {long}\n2  process 1, 2–5: {long}\n3  process 0, 6–7: {long}\n"
        )
    );
    let many: Vec<Interval> = (0..50).map(|index| interval(0, "a", 2 * index, 2 * index + 1)).collect();
    let listed = intervals(&many, Style::Plain);
    assert!(
        listed.starts_with(" 1  process 0, 0–1: a\n")
            && listed.ends_with("40  process 0, 78–79: a\n… and 10 more\n")
    );
}

#[test]
fn no_row_is_wider_than_a_page() {
    for length in 0..60 {
        let text = "x".repeat(length);
        let drawn = intervals(&[interval(0, &text, 1, 3), interval(1, "b", 2, u64::MAX)], Style::Plain);
        let rows = drawn.lines().take_while(|line| line.starts_with("process"));
        assert!(rows.clone().count() == 2 && rows.clone().all(|row| row.chars().count() <= 80), "{drawn}");
    }
}

#[test]
fn a_picture_stands_for_itself() {
    let sentence = "7 & 9 went in & out in the wrong order, which a queue never does to anybody";
    let picture = intervals_svg(&out_of_order(), sentence);
    // A browser shows what is expected.
    assert_eq!(picture, include_str!("tests.svg"), "{picture}");
}
