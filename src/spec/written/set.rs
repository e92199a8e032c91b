//! Sets.

use super::{Words, Written, expected, given, no_call};
use crate::history::format::{Answer, Names, Problem, Record, Value};
use crate::spec::{SetAnswer, SetCall};

impl Written for SetCall {
    type Answer = SetAnswer;
    const CALLS: &'static str = "insert (add), remove and contains";

    fn read(record: &Record<'_>, names: &mut Names) -> Result<(Self, Option<SetAnswer>), Problem> {
        let item = names.label(given(record)?)?;
        let (call, is_question) = match record.call {
            "insert" | "add" => (Self::Insert(item), false),
            "remove" => (Self::Remove(item), false),
            "contains" => (Self::Contains(item), true),
            _ => return Err(no_call::<Self>(record)),
        };
        let answer = match &record.answer {
            Answer::Unknown => None,
            Answer::Given(Value::Bool(answer)) | Answer::Done(Value::Bool(answer)) => Some(*answer),
            Answer::Done(_) if !is_question => Some(true),
            Answer::Refused => Some(false),
            Answer::Given(other) | Answer::Done(other) => {
                return Err(expected("the answer true or false", other));
            }
        };
        Ok((call, answer.map(SetAnswer)))
    }

    fn write<'a>(&'a self, answer: Option<&'a SetAnswer>, names: &'a Names) -> Words<'a> {
        let (call, item) = self.words();
        let answer = answer.map(|answer| Value::Bool(answer.0));
        Words { call, key: None, value: Some(names.value(item)), answer }
    }

    fn show(&self, answer: Option<&SetAnswer>, names: &Names) -> String {
        let (call, item) = self.words();
        let answer = match answer {
            Some(SetAnswer(true)) => "yes",
            Some(SetAnswer(false)) => "no",
            None => "?",
        };
        format!("{call} {} → {answer}", names.name(item))
    }
}

impl SetCall {
    const fn words(&self) -> (&'static str, u32) {
        match self {
            Self::Insert(item) => ("insert", *item),
            Self::Remove(item) => ("remove", *item),
            Self::Contains(item) => ("contains", *item),
        }
    }
}
