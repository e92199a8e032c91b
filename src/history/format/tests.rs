use super::*;
use crate::history::log::NEVER;

/// What a reader says of a text: an operation a line, or the error.
fn told(format: Format, text: &str) -> String {
    let mut operations = String::new();
    let result = read(format, text, |record| {
        let end = if record.ended == NEVER { "…".to_owned() } else { record.ended.to_string() };
        let Record { process, call, key, value, answer, begun, .. } = record;
        let words: Vec<String> = [key, value].into_iter().flatten().map(|value| value.to_string()).collect();
        operations += &format!("{process} {begun}–{end} {call} {}: {answer:?}\n", words.join(" "));
        Ok(())
    });
    match result {
        Ok(_) => operations,
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_format_is_told_by_its_beginning() {
    assert_eq!(Format::of("\n {\"process\":0}"), Format::JsonLines);
    assert_eq!(Format::of("{:process 0}"), Format::Edn);
    assert_eq!(Format::of("[{:process 0}]"), Format::Edn);
    assert_eq!(Format::of("; a comment"), Format::Edn);
    assert_eq!(Format::of("INFO  jepsen.util - 2\t:invoke\t:read\tnil"), Format::Log);
    assert_eq!(Format::of(""), Format::JsonLines);
}

#[test]
fn a_byte_that_is_no_text_has_a_place() {
    let error = text(b"{\"a\"\n\xC3\xA4x\xFF").unwrap_err();
    assert_eq!((error.line, error.column, error.problem), (2, 3, Problem::NotUtf8));
}

#[test]
fn json_lines_are_operations() {
    let text = "{\"refectory\":1,\"spec\":\"fifo\"}\n\n\
        {\"process\":0,\"call\":\"push\",\"value\":7,\"answer\":true,\"begun\":0,\"ended\":3}\r\n\
        { \"begun\" : 4 , \"call\" : \"pop\" , \"process\" : 0 }\n\
        {\"process\":1,\"call\":\"pop\",\"answer\":\"\\u00e4\\ud83d\\ude00\",\"begun\":1,\"ended\":5}";
    assert_eq!(
        told(Format::JsonLines, text),
        "0 0–3 push 7: Given(Bool(true))\n0 4–… pop : Unknown\n1 1–5 pop : Given(Text(\"ä😀\"))\n"
    );
    let header = read(Format::JsonLines, text, |_| Ok(())).unwrap();
    assert_eq!(header.spec.as_deref(), Some("fifo"));
}

#[test]
fn a_header_is_the_first_line_of_its_kind() {
    let spec = |text: &str| header_of(Format::of(text), text).map(|header| header.spec.map(String::from));
    assert_eq!(spec("\n { \"refectory\":1,\"spec\":\"l\\u0069fo\"}\nwhatever"), Ok(Some("lifo".to_owned())));
    assert_eq!(spec("{\"process\":0,"), Ok(None));
    assert_eq!(spec("[0 :invoke"), Ok(None));
    assert_eq!(
        spec("\n{\"refectory\":1,}").unwrap_err().to_string(),
        "line 2, column 16: expected a text in quotation marks, found `}`"
    );
}

#[test]
fn an_error_in_json_has_a_place_and_a_way_out() {
    let line = |text: &str| told(Format::JsonLines, &format!("\n{text}\n"));
    let whole = r#"{"process":0,"call":"pop","begun":4}"#;
    assert_eq!(line("[1]"), "line 2, column 1: expected an operation, `{…}`, found `[1]`");
    assert_eq!(
        line(&format!("{whole} {whole}")),
        "line 2, column 38: expected the end of the line, found `{\"process\":0,\"call\":…`"
    );
    assert_eq!(line(r#"{"process":0,"call":"pop"}"#), "line 2, column 1: the operation has no `begun`");
    assert_eq!(
        line(r#"{"process":0,"cal":"pop"}"#),
        "line 2, column 14: no field is called `cal`; there are process, call, key, value, answer, begun, ended"
    );
    assert_eq!(line(r#"{"process":0,"process":0}"#), "line 2, column 14: `process` is there twice");
    assert_eq!(
        line(r#"{"process":4294967296}"#),
        "line 2, column 12: expected the number of a process, below 2³², found `4294967296}`"
    );
    assert_eq!(line(r#"{"begun":-1}"#), "line 2, column 10: expected a whole number from 0 on, found `-1}`");
    assert_eq!(
        line(r#"{"begun":1.5}"#),
        "line 2, column 10: expected a whole number from 0 on, found `1.5}`"
    );
    assert_eq!(line(r#"{"call":"pop"#), "line 2, column 13: expected `\"`, found the end of the line");
    assert_eq!(
        line(r#"{"process":0,"call":"pop","begun":4,"ended":3}"#),
        "line 2, column 1: the operation ends before it begins"
    );
    assert_eq!(
        line(r#"{"process":0,"call":"pop","begun":4,"answer":3}"#),
        "line 2, column 1: the operation has an `answer`, but no `ended`"
    );
    assert_eq!(
        line(r#"{"refectory":2}"#),
        "line 2, column 14: version 2 of the format; this program reads version 1"
    );
    assert_eq!(
        line(&format!("{{\"value\":{}", "[".repeat(10_000))),
        "line 2, column 74: more than 64 lists in each other"
    );
}

#[test]
fn events_in_every_form_are_operations() {
    let expected =
        "0 0–1 write 3: Done(Number(\"3\"))\n1 2–3 read nil: Done(Number(\"3\"))\n2 4–… cas [3 4]: Unknown\n";
    let expected = expected.replace("nil", "null");
    let maps = "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write, :value 3}\n\
        {:process :nemesis, :type :info, :f :start, :value {:n1 #{:n2}}, :time 12}\n\
        {:process 1, :type :invoke, :f :read, :value nil}\n{:type :ok :f :read :value 3 :process 1 :index 5}\n\
        {:process 2, :type :invoke, :f :cas, :value [3 4]} ; nobody knows\n\
        {:process 2, :type :info, :f :cas, :value [3 4], :error :timed-out}";
    assert_eq!(told(Format::Edn, maps), expected);
    assert_eq!(told(Format::Edn, &format!("[{maps}\n]")), expected);
    assert_eq!(told(Format::Edn, &format!("({maps}\n)\n")), expected);
    assert_eq!(told(Format::Edn, &maps.replace("{:process", "#jepsen.history.Op{:process")), expected);
    let vectors = "[0 :invoke :write 3]\n[0 :ok :write 3]\n[:nemesis :info :start nil]\n[1 :invoke :read nil]\n\
        [1 :ok :read 3]\n[2 :invoke :cas [3 4]]\n[2 :info :cas [3 4] :timed-out]";
    assert_eq!(told(Format::Edn, vectors), expected);
    assert_eq!(told(Format::Edn, &format!("[{vectors}]")), expected);
    let log = "INFO  jepsen.core - Running test\nINFO  jepsen.util - 0\t:invoke\t:write\t3\n\
        INFO  jepsen.util - 0\t:ok\t:write\t3\nINFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
        INFO  jepsen.util - 1\t:invoke\t:read\tnil\nINFO  jepsen.util - 1 \t:ok :read \t3 \t:hint 4\n\
        INFO  jepsen.util - 2\t:invoke\t:cas\t[3 4]\nINFO  jepsen.util - 2\t:info\t:cas\t:timed-out\n";
    assert_eq!(told(Format::Log, log), expected);
}

#[test]
fn what_failed_has_not_taken_place() {
    let events =
        "[0 :invoke :cas [1 2]] [0 :fail :cas [1 2]] [1 :invoke :read nil] [1 :fail :read nil :lost]";
    assert_eq!(told(Format::Edn, events), "");
    let log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n\
        INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\t:no-conns";
    assert_eq!(told(Format::Log, log), "0 0–1 cas [1 2]: Refused\n");
}

#[test]
fn what_nobody_ended_is_open() {
    assert_eq!(
        told(Format::Edn, "[3 :invoke :read] [1 :invoke :write 2] [3 :info :read] [3 :invoke :read]"),
        "3 0–… read null: Unknown\n1 1–… write 2: Unknown\n3 3–… read null: Unknown\n"
    );
}

#[test]
fn an_error_in_edn_has_a_place() {
    let edn = |text: &str| told(Format::Edn, text);
    assert_eq!(
        edn("[0 :invoke :read nil]\n[0 :invoke :read nil]"),
        "line 2, column 1: process 0 asks, but its operation of line 1 is under way; `:info` ends one of unknown result"
    );
    assert_eq!(edn("[0 :ok :read nil]"), "line 1, column 1: process 0 is answered, but has asked nothing");
    assert_eq!(
        edn("[0 :invoke :read nil]\n  [0 :ok :write 3]"),
        "line 2, column 3: `read` was asked, and `write` is answered"
    );
    assert_eq!(edn("{:process 0, :f :read}"), "line 1, column 1: the operation has no `:type`");
    assert_eq!(
        edn("{:process 0, :type :maybe}"),
        "line 1, column 20: expected `:invoke`, `:ok`, `:fail` or `:info`, found `:maybe}`"
    );
    assert_eq!(edn("{:process 0, :process 0}"), "line 1, column 14: `:process` is there twice");
    assert_eq!(
        edn("[{:process 0, :type :invoke, :f :read}"),
        "line 1, column 39: expected an event, `{:process 0, :type :invoke, …}` or `[0 :invoke …]`, found the end of the text"
    );
    assert_eq!(
        told(Format::Log, "what\nis this"),
        "line 1, column 1: no line of it is an event, as in `INFO  jepsen.util - 2 :invoke :read nil`"
    );
    assert_eq!(
        told(Format::Log, "INFO - x\nINFO - 0 :invoke :read [1"),
        "line 2, column 26: expected the end of a list, found the end of the text"
    );
}
