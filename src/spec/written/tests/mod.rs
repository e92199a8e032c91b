mod fuzz;

use super::*;
use crate::check::regressions::kept;
use crate::history::log::NEVER;
use crate::spec::{
    KvAnswer, KvCall, QueueAnswer, QueueCall, RegisterAnswer, RegisterCall, SetAnswer, SetCall,
};
use proptest::prelude::*;

fn edn<C: Written>(text: &str) -> Result<(Header<'_>, Logs<C>), Error> {
    read(Format::of(text), text, false)
}

/// The operations as people read them.
fn shown<C: Written>(logs: &Logs<C>) -> Vec<String> {
    let entries = logs.objects.iter().flat_map(|(_, log)| log);
    entries.map(|entry| entry.call.show(entry.answer.as_ref(), &logs.names)).collect()
}

#[test]
fn a_register_of_jepsen_is_read() {
    let text = "[0 :invoke :write :a] [0 :ok :write :a] [1 :invoke :cas [:a 5]] [1 :ok :cas [:a 5]]
        [0 :invoke :read nil] [0 :ok :read 5] [1 :invoke :read nil] [1 :info :read nil]";
    let (_, logs) = edn::<RegisterCall>(text).unwrap();
    assert_eq!(shown(&logs), ["write :a", "cas :a 5", "read 5", "read ?"]);
}

#[test]
fn keys_of_tuples_tell_objects_apart() {
    let text = "[0 :invoke :write [7 3]] [0 :ok :write [7 3]] [1 :invoke :read [8 nil]] [1 :ok :read [8 nil]]
        [1 :invoke :cas [7 [3 4]]] [1 :ok :cas [7 [3 4]]]";
    let (_, logs) = read::<RegisterCall>(Format::Edn, text, true).unwrap();
    let keys: Vec<_> = logs.objects.iter().map(|(key, log)| (*key, log.len())).collect();
    assert_eq!(keys, [(Some(7), 2), (Some(8), 1)]);
    assert_eq!(shown(&logs), ["write 3", "cas 3 4", "read null"]);
    let error = read::<RegisterCall>(Format::Edn, "[0 :invoke :write 3] [0 :ok :write 3]", true).unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 22: expected a tuple of a key and a value, found `3`");
}

#[test]
fn a_store_of_porcupine_is_read() {
    let text = r#"{:process 0, :type :invoke, :f :append, :key "1", :value "x 0 0 y"}
        {:process 1, :type :invoke, :f :get, :key "1", :value nil}
        {:process 0, :type :ok, :f :append, :key "1", :value "x 0 0 y"}
        {:process 1, :type :ok, :f :get, :key "1", :value "x 0 0 y"}"#;
    let (_, logs) = edn::<KvCall>(text).unwrap();
    assert_eq!(shown(&logs), [r#"append "1" "x 0 0 y""#, r#"get "1" → "x 0 0 y""#]);
}

#[test]
fn what_an_object_cannot_do_is_told() {
    let told = |text: &str| edn::<QueueCall>(text).unwrap_err().to_string();
    assert_eq!(
        told(r#"{"process":0,"call":"peek","begun":1}"#),
        "line 1, column 1: `peek` is no call of this object; there are push (enqueue) and pop (dequeue)"
    );
    assert_eq!(
        told(r#"{"process":0,"call":"push","begun":1}"#),
        "line 1, column 1: the operation has no `value`"
    );
    assert_eq!(
        told(r#"{"process":0,"call":"push","value":1,"answer":2,"begun":1,"ended":2}"#),
        "line 1, column 1: expected the answer true or false, found `2`"
    );
}

#[test]
fn priorities_keep_their_order() {
    let push = |value: &str| format!("{{\"process\":0,\"call\":\"push\",\"value\":{value},\"begun\":1}}\n");
    let text: String = ["7", "-3", "99999999999999999999", "4294967295"].map(push).concat();
    let (_, mut logs) = edn::<QueueCall>(&text).unwrap();
    in_order(&mut logs).unwrap();
    let labels: Vec<QueueCall> = logs.objects[0].1.iter().map(|entry| entry.call).collect();
    assert_eq!(labels, [1, 0, 3, 2].map(|rank| QueueCall::Push((1 << 31) + rank)));
    assert_eq!(shown(&logs), ["push 7", "push -3", "push 99999999999999999999", "push 4294967295"]);
    let word = push("\"high\"");
    let (_, mut logs) = edn::<QueueCall>(&word).unwrap();
    assert_eq!(in_order(&mut logs), Err(Problem::NoNumber("\"high\"".to_owned())));
}

#[test]
fn a_register_begins_with_what_is_said_or_seen() {
    let reading = |answer: &str| {
        format!("{{\"process\":0,\"call\":\"read\",\"answer\":{answer},\"begun\":1,\"ended\":2}}")
    };
    let begins = |answer: &str, initial: Option<Value<'_>>| {
        let text = reading(answer);
        let (_, mut logs) = edn::<RegisterCall>(&text).unwrap();
        let spec = begin_with(&mut logs, initial.as_ref()).unwrap();
        spec.initial.map(|label| logs.names.name(label))
    };
    let value = |digits: &'static str| Some(Value::Number(digits.into()));
    assert_eq!(begins("3", None).as_deref(), Some("0"));
    assert_eq!(begins("null", None), None);
    assert_eq!(begins("3", Some(Value::Null)), None);
    assert_eq!(begins("3", value("3")).as_deref(), Some("3"));
    assert_eq!(begins("0", value("-1")).as_deref(), Some("-1"));
}

/// A call and its answer, which may be unknown.
type Pair<C> = (C, Option<<C as Written>::Answer>);

fn log<C: Written + 'static>(pair: impl Strategy<Value = Pair<C>>) -> impl Strategy<Value = Entries<C>> {
    let entry = (any::<u32>(), pair, 0..1_000_u64, proptest::option::of(0..1_000_u64));
    let entry = entry.prop_map(|(process, (call, answer), begun, length)| Entry {
        process,
        call,
        answer: answer.filter(|_| length.is_some()),
        begun,
        ended: length.map_or(NEVER, |length| begun + length),
    });
    proptest::collection::vec(entry, 0..20)
}

/// What is written is read as what it was: labels that are numbers are the same, and others keep their names.
fn comes_back<C: Written + PartialEq>(log: &Entries<C>, names: &Names) -> Result<(), TestCaseError>
where
    C::Answer: PartialEq,
{
    let text = write::<C>(&Header::default(), log, names);
    let (_, logs) =
        read::<C>(Format::JsonLines, &text, false).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let again = logs.objects.first().map(|(_, log)| log.clone()).unwrap_or_default();
    if *names == Names::default() {
        prop_assert_eq!(log, &again);
    }
    prop_assert_eq!(&text, &write::<C>(&Header::default(), &again, &logs.names));
    Ok(())
}

/// Names for the labels from 2³¹ on, of all kinds.
fn some_names() -> (Names, Vec<u32>) {
    let mut names = Names::default();
    let number = |digits: &'static str| Value::Number(digits.into());
    let text = |text: &'static str| Value::Text(text.into());
    let list = Value::List(vec![number("1"), text("\"")]);
    let values = [
        number("-1"),
        number("4294967296"),
        number("1.5"),
        text("a\n\\\u{1}ä"),
        text(""),
        text("7"),
        list,
        Value::Bool(true),
    ];
    let labels = values.iter().map(|value| names.label(value).unwrap()).collect();
    (names, labels)
}

fn label() -> impl Strategy<Value = u32> + Clone {
    0..1_u32 << 31
}

fn queue(label: impl Strategy<Value = u32> + Clone) -> impl Strategy<Value = Pair<QueueCall>> {
    let pushed = proptest::option::of(prop_oneof![Just(QueueAnswer::Pushed), Just(QueueAnswer::Full)]);
    let popped = prop_oneof![Just(QueueAnswer::Empty), label.clone().prop_map(QueueAnswer::Popped)];
    prop_oneof![
        (label.prop_map(QueueCall::Push), pushed),
        (Just(QueueCall::Pop), proptest::option::of(popped)),
    ]
}

fn register(label: impl Strategy<Value = u32> + Clone) -> impl Strategy<Value = Pair<RegisterCall>> {
    let read = prop_oneof![Just(RegisterAnswer::Nothing), label.clone().prop_map(RegisterAnswer::Value)];
    let both = (label.clone(), label.clone())
        .prop_map(|(expected, new)| RegisterCall::CompareExchange(expected, new));
    let exchanged = prop_oneof![Just(RegisterAnswer::Done), Just(RegisterAnswer::Differs)];
    prop_oneof![
        (Just(RegisterCall::Read), proptest::option::of(read)),
        (label.prop_map(RegisterCall::Write), proptest::option::of(Just(RegisterAnswer::Done))),
        (both, proptest::option::of(exchanged)),
    ]
}

fn set() -> impl Strategy<Value = Pair<SetCall>> {
    let call = prop_oneof![
        label().prop_map(SetCall::Insert),
        label().prop_map(SetCall::Remove),
        label().prop_map(SetCall::Contains)
    ];
    (call, proptest::option::of(any::<bool>().prop_map(SetAnswer)))
}

fn kv() -> impl Strategy<Value = Pair<KvCall>> {
    let text = || any::<String>().prop_map(std::sync::Arc::<str>::from);
    let call = prop_oneof![
        (label(), text()).prop_map(|(key, text)| KvCall::Put(key, text)),
        (label(), text()).prop_map(|(key, text)| KvCall::Append(key, text))
    ];
    prop_oneof![
        (label().prop_map(KvCall::Get), proptest::option::of(text().prop_map(KvAnswer::Value))),
        (call, proptest::option::of(Just(KvAnswer::Done))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: kept("written"), ..ProptestConfig::default() })]

    #[test]
    fn queues_come_back(log in log(queue(label()))) {
        comes_back(&log, &Names::default())?;
    }

    #[test]
    fn registers_come_back(log in log(register(label()))) {
        comes_back(&log, &Names::default())?;
    }

    #[test]
    fn sets_come_back(log in log(set())) {
        comes_back(&log, &Names::default())?;
    }

    #[test]
    fn stores_come_back(log in log(kv())) {
        comes_back(&log, &Names::default())?;
    }

    #[test]
    fn names_come_back(log in log(queue(proptest::sample::select(some_names().1)))) {
        comes_back(&log, &some_names().0)?;
    }
}
