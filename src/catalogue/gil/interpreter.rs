//! The interpreter of the model `gil`, on its lock and on the plain one that stands for it.

use crate::cell::Subject;
use crate::contract::gil::interpreter;
use crate::engine::FailureKind;
use crate::model::gil::interpreter::broken::{LoadAddStore, ResetsLate};
use crate::model::gil::interpreter::counter::OneStep;
use crate::model::gil::lock::cpython::{Cpython, Gil};
use crate::model::gil::lock::plain::Plain;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("gil/interpreter/cpython").with_rows(rows![
        interpreter::g06_every_call_is_made_between_steps[Gil],
        interpreter::g06_calls_are_made_in_their_order[Gil],
        interpreter::g06_a_tight_loop_is_interrupted[Cpython],
        interpreter::g06_everybody_is_told_of_its_own[Gil],
        interpreter::g07_a_tiny_interval_changes_no_result[OneStep, Gil, 1],
        interpreter::g11_a_step_is_atomic[OneStep, Gil],
        interpreter::a_panic_leaves_the_interpreter_to_others[Gil],
    ]),
    Subject::new("gil/interpreter/cpython.plain").with_rows(rows![
        interpreter::g06_every_call_is_made_between_steps[Plain],
        interpreter::g06_everybody_is_told_of_its_own[Plain],
        interpreter::g11_a_step_is_atomic[OneStep, Plain],
        interpreter::a_panic_leaves_the_interpreter_to_others[Plain],
        interpreter::who_waits_longest_is_woken_first[Plain],
    ]),
    Subject::new("gil/interpreter/cpython~load_add_store")
        .with_rows(rows![
            interpreter::g07_a_tiny_interval_changes_no_result[LoadAddStore, Gil, 1],
            interpreter::g11_a_step_is_atomic[LoadAddStore, Gil],
        ])
        .broken(&[FailureKind::Property]),
    Subject::new("gil/interpreter/cpython~resets_late")
        .with_rows(rows![interpreter::g06_every_call_is_made_between_steps[Gil<ResetsLate>]])
        .broken(&[FailureKind::Property]),
];
