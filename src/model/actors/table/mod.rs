//! Tables whose philosophers send each other messages.
