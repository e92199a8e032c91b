//! Tables whose philosophers are tasks.

pub mod broken;
pub mod state_machines;
