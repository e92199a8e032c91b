//! What facade and engines say to each other: operations, traces of them, and their order. Plain data.

#[cfg_attr(not(feature = "instrumented"), allow(dead_code, reason = "no engine to write it"))]
pub mod causality;
pub mod op;
pub mod trace;
