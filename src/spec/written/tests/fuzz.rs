//! Ten million bytes that are nearly a history, or not at all: a reader says where they are wrong, and does not panic.

use super::super::*;
use crate::history::format::{self, Format};
use crate::scenario::SplitMix64;
use crate::spec::{KvCall, QueueCall, RegisterCall, SetCall};

const BYTES: usize = 10_000_000;

/// Good histories, one of each form.
const GOOD: [&str; 6] = [
    r#"{"refectory":1,"spec":"fifo","initial":[1,null]}
{"process":0,"call":"push","value":7,"answer":true,"begun":0,"ended":3}
{"process":1,"call":"pop","answer":7,"begun":1,"ended":5}

{"process":1,"call":"pop","answer":null,"begun":6,"ended":7}
{"process":2,"call":"push","value":"a \"quoted\" \u00e4\ud83d\ude00 ü","begun":4}
"#,
    r#"{"process":0,"call":"write","value":-12.5e+3,"answer":true,"begun":0,"ended":3}
{"process":1,"call":"cas","value":[7,[true,"x"]],"answer":false,"begun":1,"ended":18446744073709551614}
{"process":1,"key":3,"call":"read","answer":null,"begun":6,"ended":7}
{"process":1,"key":3,"call":"insert","value":12345678901234567890,"begun":6,"ended":null}
"#,
    r#"[{:process 0, :type :invoke, :f :write, :value 3}
 {:process 0, :type :ok, :f :write, :value 3} ; a comment
 #jepsen.history.Op{:process :nemesis, :type :info, :f :start, :value {:n1 #{:n2 "x\u00e4\n"}}}
 {:process 1, :type :invoke, :f :cas, :value [-3 4N]}
 {:process 1, :type :info, :f :cas, :value [3 1.5], :error [:timed-out (1 2)]}]
"#,
    "[70 :invoke :read [1 nil]]\n[70 :ok :read [1 +4]]\n[71 :invoke :dequeue]\n[:nemesis :info :start nil]\n[71 :fail :dequeue :no ä]\n",
    "INFO  jepsen.util - 4\t:invoke\t:read\tnil\nWARN else\nINFO  jepsen.util - 4\t:ok\t:read\t:ü\n\
     INFO  jepsen.util - 1 \t:invoke :cas \t[1 2] \t:hint 0\nINFO  jepsen.util - 1\t:fail\t:cas\t[1 2]\n",
    r#"{:process 3, :type :invoke, :f :append, :key "1", :value "x 3 5 y"}
{:process 1, :type :invoke, :f :get, :key "1", :value nil}
{:process 3, :type :ok, :f :append, :key "1", :value "x 3 5 y"}
{:process 1, :type :ok, :f :get, :key "1", :value "x 3 5 y"}
"#,
];

/// What a mutation puts in: what means something in one of the forms, and what means nothing.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    ":",
    ",",
    "#",
    ";",
    "\n",
    "null",
    "-",
    "0",
    "4294967296",
    "99999999999999999999",
    ":info",
    ":ok",
    "ä",
    "\0",
];

#[test]
fn ten_million_bytes_make_no_reader_panic() {
    let mut random = SplitMix64::new(0xF0_22);
    let (mut read, mut good) = (0, 0);
    while read < BYTES {
        let bytes = some_bytes(&mut random);
        read += bytes.len();
        good += usize::from(survives(&bytes));
    }
    // Otherwise what is beyond the first error would never be reached.
    assert!(good > 1_000, "{good} of them could be read");
}

fn some_bytes(random: &mut SplitMix64) -> Vec<u8> {
    let mut bytes = GOOD[random.between(0, GOOD.len() - 1)].as_bytes().to_vec();
    match random.between(0, 9) {
        0 => bytes = (0..random.between(0, 300)).map(|_| random.next_u64() as u8).collect(),
        1 => bytes.truncate(random.between(0, bytes.len())),
        2 => bytes = (0..random.between(0, 100)).flat_map(|_| piece(random).bytes()).collect(),
        _ => (0..random.between(1, 4)).for_each(|_| mutate(&mut bytes, random)),
    }
    bytes
}

fn piece(random: &mut SplitMix64) -> &'static str {
    PIECES[random.between(0, PIECES.len() - 1)]
}

/// Changes one place: a byte, a piece that is put in, a part that is left out or that comes twice.
fn mutate(bytes: &mut Vec<u8>, random: &mut SplitMix64) {
    let at = random.between(0, bytes.len());
    let end = (at + random.between(0, 20)).min(bytes.len());
    match random.between(0, 3) {
        0 if at < bytes.len() => bytes[at] = random.next_u64() as u8,
        1 => drop(bytes.splice(at..at, piece(random).bytes())),
        2 => drop(bytes.drain(at..end)),
        _ => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
    }
}

/// Reads the bytes as every object in every format. Says whether any could be read.
fn survives(bytes: &[u8]) -> bool {
    let text = match format::text(bytes) {
        Ok(text) => text,
        Err(error) => {
            check_place(&String::from_utf8_lossy(bytes), &error);
            return false;
        }
    };
    let formats = [Format::JsonLines, Format::Edn, Format::Log];
    let formats = formats.into_iter().filter(|format| *format == Format::of(text) || text.len() % 8 == 0);
    formats.fold(false, |any, format| {
        let one = [
            reads::<QueueCall>(format, text, false),
            reads::<SetCall>(format, text, false),
            reads::<RegisterCall>(format, text, text.len() % 2 == 0),
            reads::<KvCall>(format, text, text.len() % 2 == 0),
        ];
        any | one.contains(&true)
    })
}

fn reads<C: Written>(format: Format, text: &str, tuples: bool) -> bool {
    match read::<C>(format, text, tuples) {
        Ok(_) => true,
        Err(error) => {
            check_place(text, &error);
            false
        }
    }
}

/// The place is one in the text, or its end.
fn check_place(text: &str, error: &Error) {
    let line = text.split('\n').nth(error.line - 1).expect("a line of the text");
    assert!((1..=line.chars().count() + 1).contains(&error.column), "{error} in {text:?}");
    assert!(!error.problem.to_string().is_empty());
}

/// Every line that is read is JSON, and means the same to serde_json.
#[cfg(feature = "cli")]
#[test]
fn json_is_read_as_serde_json_reads_it() {
    let mut random = SplitMix64::new(0x15_0B);
    let mut read = 0;
    for _ in 0..60_000 {
        let mut bytes = GOOD[random.between(0, 1)].lines().nth(1).unwrap_or_default().as_bytes().to_vec();
        mutate(&mut bytes, &mut random);
        let Ok(text) = format::text(&bytes) else { continue };
        let mut record = None;
        let result = format::read(Format::JsonLines, text, |one| {
            record = Some((format::line(&one), one.process, one.begun));
            Ok(())
        });
        if let (Ok(_), Some((line, process, begun))) = (result, record) {
            read += 1;
            let [theirs, ours] = [text, line.as_str()].map(serde_json::from_str::<serde_json::Value>);
            let theirs = theirs.unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(
                (theirs["process"].as_u64(), theirs["begun"].as_u64()),
                (Some(process.into()), Some(begun))
            );
            assert_eq!(ours.unwrap()["value"], theirs["value"], "{text}");
        }
    }
    assert!(read > 1_000, "{read} could be read");
}
