//! Rows of tables that have threads of their own, beside what their port shows.

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::port::Table;
use std::sync::Arc;

/// One philosopher eats and goes; then the table is dropped, and whoever serves there goes as well.
pub fn a_table_is_cleared<T: Table>() -> Outcome {
    let table = Arc::new(T::with_seats(2));
    let philosopher = spawn("philosopher", {
        let table = table.clone();
        move || {
            let mut meals = 0;
            table.dine(0, &mut || meals += 1);
            meals
        }
    });
    let meals = join(philosopher);
    let dropped = Arc::into_inner(table).map(drop);
    ensure(meals == 1 && dropped.is_some(), "fed", || format!("{meals} meals, {dropped:?}"))?;
    Ok(String::new())
}
