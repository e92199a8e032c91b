//! What is checked: the text of a history, and of which object it should be one.

use super::super::ending::Stop;
use clap::ValueEnum;
use refectory::check::log;
use refectory::history::format::{self, Error, Header, Value};
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The objects that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Object {
    /// A queue: first in, first out.
    Fifo,
    /// A stack: last in, first out.
    Lifo,
    /// A priority queue: the least item first.
    Priority,
    /// A bag: any item.
    Bag,
    /// A set.
    Set,
    /// A register that can be read, written, and compared and set.
    Register,
    /// A store of texts under keys.
    Kv,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// When operations may take place.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Consistency {
    /// Between its beginning and its end.
    #[default]
    Linearizable,
    /// At any time, as long as each process sees its own operations in their order.
    Sequential,
    /// Between two moments at which nothing is under way.
    Quiescent,
}

impl From<Consistency> for log::Consistency {
    fn from(consistency: Consistency) -> Self {
        match consistency {
            Consistency::Linearizable => Self::Linearizable,
            Consistency::Sequential => Self::Sequential,
            Consistency::Quiescent => Self::Quiescent,
        }
    }
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// By its first character.
    #[default]
    Auto,
    /// An operation a line, as JSON.
    Jsonl,
    /// The events of Jepsen and Knossos.
    Edn,
    /// The logs of Porcupine: of registers as Jepsen's lines, of stores as EDN.
    Porcupine,
}

impl Format {
    fn of(self, text: &str) -> format::Format {
        match (self, format::Format::of(text)) {
            (Self::Auto, format) => format,
            (Self::Jsonl, _) => format::Format::JsonLines,
            (Self::Edn, _) | (Self::Porcupine, format::Format::Edn) => format::Format::Edn,
            (Self::Porcupine, _) => format::Format::Log,
        }
    }
}

/// A text that should be a history.
#[derive(Debug)]
pub(super) struct Input {
    file: PathBuf,
    text: String,
    pub(super) format: format::Format,
}

impl Input {
    /// Reads the file, or standard input if its name is `-`.
    pub(super) fn read(file: &Path, format: Format) -> Result<Self, Stop> {
        let name = match file == Path::new("-") {
            true => PathBuf::from("standard input"),
            false => file.to_owned(),
        };
        let mut bytes = Vec::new();
        let read = match file == Path::new("-") {
            true => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
            false => std::fs::read(file).map(|read| bytes = read),
        };
        read.map_err(|error| Stop::usage(format!("{}: {error}", name.display())))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let problem =
                    format::text(error.as_bytes()).err().map_or_else(String::new, |error| error.to_string());
                return Err(Stop::usage(format!("{}: {problem}", name.display())));
            }
        };
        Ok(Self { file: name, format: format.of(&text), text })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The object that is asked for, or that the first line names; and what else that line says.
    pub(super) fn object(&self, asked: Option<Object>) -> Result<(Object, Header<'_>), Stop> {
        let header = format::header_of(self.format, &self.text).map_err(|error| self.wrong(&error))?;
        let known = || {
            let names: Vec<String> = Object::value_variants().iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        let object = match (asked, &header.spec) {
            (Some(object), _) => object,
            (None, Some(name)) => Object::from_str(name, false).map_err(|_| {
                let file = self.file.display();
                Stop::usage(format!(
                    "{file}: its first line names the object `{name}`; there are {}",
                    known()
                ))
            })?,
            (None, None) => {
                let file = self.file.display();
                let message = format!(
                    "{file} does not say what it is a history of; say `--spec` and one of {}",
                    known()
                );
                return Err(Stop::usage(message));
            }
        };
        Ok((object, header))
    }

    /// That the text is no history of the object.
    pub(super) fn wrong(&self, error: &Error) -> Stop {
        Stop::usage(format!("{}: {error} (read as {})", self.file.display(), self.format))
    }

    /// That it cannot be checked, as a whole.
    pub(super) fn unfit(&self, problem: &format::Problem) -> Stop {
        Stop::usage(format!("{}: {problem}", self.file.display()))
    }
}

/// A value as it is given on the command line: a number, `null`, or a text.
pub(super) fn value(text: &str) -> Value<'_> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match text {
        "null" | "nil" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            Value::Number(text.into())
        }
        _ if text.starts_with(':') => Value::Other(text.into()),
        _ => Value::Text(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_a_file_writes_it() {
        assert_eq!(value("-7"), Value::Number("-7".into()));
        assert_eq!(value("nil"), Value::Null);
        assert_eq!(value("-"), Value::Text("-".into()));
        assert_eq!(value(":a"), Value::Other(":a".into()));
    }

    #[test]
    fn porcupine_has_two_formats() {
        assert_eq!(Format::Porcupine.of("{:process 0}"), format::Format::Edn);
        assert_eq!(Format::Porcupine.of("INFO"), format::Format::Log);
        assert_eq!(Format::Auto.of("{\"process\":0}"), format::Format::JsonLines);
    }
}
