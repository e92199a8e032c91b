//! Rows of the model `gil`.

pub mod interpreter;
pub mod lock;
pub mod queue;
pub mod table;
