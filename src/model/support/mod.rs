//! What subjects of several families and models are made of.

pub mod heap;
