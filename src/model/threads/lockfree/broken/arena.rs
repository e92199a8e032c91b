//! Twins of the [stack in an arena](crate::model::threads::lockfree::arena::Arena).

use crate::model::threads::lockfree::arena::Tagging;

/// A tag that stays as it is: an index alone.
///
/// Twin of [`Counting`](crate::model::threads::lockfree::Counting). A node that came back is taken for the one that
/// went (ABA), and its old successor becomes the first node, which may be free, or in somebody's hands.
#[derive(Debug)]
pub struct Tagless;

impl Tagging for Tagless {
    fn next(tag: u32) -> u32 {
        tag
    }
}
