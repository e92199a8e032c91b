//! The name of a cell.

use super::Scope;
use crate::engine::Engine;
use std::fmt;
use std::str::FromStr;

/// The name of a cell, as in `threads/table/ordered/3x1@dpor`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "cli", serde(try_from = "String", into = "String"))]
pub struct CellId {
    /// What the engines answer side by side: the subject and the scope.
    pub question: Question,
    /// What drives it.
    pub engine: Engine,
}

/// A subject in a scope, as in `threads/table/ordered/3x1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The concurrency model.
    pub model: String,
    /// The kinds of things that belong together.
    pub family: String,
    /// The subject's name.
    pub subject: String,
    /// The scope.
    pub scope: String,
}

impl Question {
    pub(super) fn new([model, family, subject]: [&str; 3], scope: Scope) -> Self {
        let [model, family, subject] = [model, family, subject].map(str::to_owned);
        Self { model, family, subject, scope: scope.to_string() }
    }

    /// The model and the family, as in `threads/table`.
    pub fn folder(&self) -> String {
        format!("{}/{}", self.model, self.family)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.model, self.family, self.subject, self.scope)
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.question, self.engine)
    }
}

/// A text that is no cell's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCellId(String);

impl fmt::Display for NoCellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no cell: one is named model/family/subject/scope@engine", self.0)
    }
}

impl std::error::Error for NoCellId {}

impl FromStr for CellId {
    type Err = NoCellId;

    fn from_str(text: &str) -> Result<Self, NoCellId> {
        let parsed = || {
            let (question, engine) = text.rsplit_once('@')?;
            let engine = Engine::named(engine)?;
            let mut parts = question.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
            let mut part = || parts.next();
            let question = Question { model: part()?, family: part()?, subject: part()?, scope: part()? };
            parts.next().is_none().then_some(Self { question, engine })
        };
        parsed().ok_or_else(|| NoCellId(text.to_owned()))
    }
}

impl TryFrom<String> for CellId {
    type Error = NoCellId;

    fn try_from(text: String) -> Result<Self, NoCellId> {
        text.parse()
    }
}

impl From<CellId> for String {
    fn from(id: CellId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let text = "threads/table/ordered/3x1@dpor";
        let id: CellId = text.parse().unwrap();
        assert_eq!((id.to_string(), id.engine), (text.to_owned(), Engine::Dpor));
        assert_eq!((id.question.folder(), &*id.question.subject), ("threads/table".to_owned(), "ordered"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "threads/table/ordered/3x1",
            "threads/table/ordered@dpor",
            "a/b/c/d/e@dpor",
            "a/b//d@dpor",
            "a/b/c/d@dpr",
        ] {
            assert!(text.parse::<CellId>().unwrap_err().to_string().contains(&format!("`{text}`")));
        }
    }
}
