//! How to use Refectory for your own code.
//!
//! | page | for whom |
//! |---|---|
//! | [`verdicts`] | what a check that has passed says, and what it does not |
//! | [`from_loom`] | code that is tested with loom |
//! | [`from_shuttle`] | code that is tested with shuttle |
//! | [`futures`] | code that awaits, and may be cancelled |
//! | [`own_port`] | a queue, a lock or a table of your own in all the scenarios of the suite |

#[doc = include_str!("verdicts.md")]
pub mod verdicts {}

#[doc = include_str!("from_loom.md")]
pub mod from_loom {}

#[doc = include_str!("from_shuttle.md")]
pub mod from_shuttle {}

#[doc = include_str!("futures.md")]
pub mod futures {}

#[doc = include_str!("own_port.md")]
pub mod own_port {}
