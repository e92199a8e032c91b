//! Every subject there is, and the scopes in which it is run.

use crate::cell::{Cell, Expect, Level, Scope, Subject};
use crate::engine::{Engine, FailureKind, Program};

/// Every subject.
pub static SUBJECTS: &[Subject] = &[
    Subject {
        model: "threads",
        port: "table",
        name: "ordered",
        expect: Expect::Held,
        blind: &[],
        hidden_in: &[],
        program: |_| Program::new(|| Ok("all fed".to_owned())),
    },
    Subject {
        model: "threads",
        port: "table",
        name: "left_first",
        expect: Expect::Broken(&[FailureKind::Deadlock]),
        blind: &[],
        hidden_in: &[],
        program: |_| Program::new(|| Ok("all fed".to_owned())),
    },
];

/// The cells of a level, for every engine of this build.
pub fn cells(_level: Level) -> Vec<Cell> {
    let scopes = [2, 3, 5].map(|seats| Scope::Table { seats, meals: 1 });
    let engines = Engine::ALL.into_iter().filter(|engine| engine.available());
    let of =
        |subject: &'static Subject, scope| engines.clone().map(move |engine| Cell { subject, scope, engine });
    SUBJECTS.iter().flat_map(|subject| scopes.iter().flat_map(move |scope| of(subject, *scope))).collect()
}

/// The cell with this id.
pub fn find(id: &str) -> Option<Cell> {
    cells(Level::Nightly).into_iter().find(|cell| cell.id() == id)
}
