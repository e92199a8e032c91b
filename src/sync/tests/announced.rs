//! What an engine of this crate is told. The engine here grants everything at once, on one thread.
