//! The events of an execution that used one target.
//!
//! An event looks for the earlier ones that it conflicts with, and all that lies further back than an event
//! which conflicts with everything, and is in its past itself, is in its past too. What commutes with it stands in
//! runs, which are skipped in one step. So the search for races takes a time that is nearly linear in the length of
//! an execution: a thousand loads of one atomic do not look at each other.

use crate::engine::machine::access::Mode;

/// What commutes with its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Look,
    Share,
    Count,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct User {
    event: u32,
    kind: Kind,
    /// Conflicts with every other use of the target.
    excludes: bool,
    /// How many users there were before the run of users of one kind that it belongs to.
    before_run: u32,
}

/// The users of a target, in the order of their events.
#[derive(Clone, Debug, Default)]
pub(super) struct Users(Vec<User>);

impl Users {
    /// Nobody has used the target.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The event, the latest of all, uses the target so.
    pub(super) fn push(&mut self, event: u32, mode: Mode, forced: bool) {
        let kind = if forced { Kind::Other } else { Kind::of(mode) };
        let excludes = matches!(mode, Mode::Write | Mode::Acquire | Mode::Release);
        match self.0.last().copied() {
            Some(last) if last.event == event => {
                self.0.pop();
                let kind = if last.kind == kind { kind } else { Kind::Other };
                self.add(event, kind, excludes || last.excludes);
            }
            _ => self.add(event, kind, excludes),
        }
    }

    fn add(&mut self, event: u32, kind: Kind, excludes: bool) {
        let before_run = match self.0.last() {
            Some(last) if last.kind == kind => last.before_run,
            _ => self.0.len() as u32,
        };
        self.0.push(User { event, kind, excludes, before_run });
    }

    /// The events, in their order.
    pub(super) fn events(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.0.iter().map(|user| user.event)
    }

    /// Shows the events that may conflict with one that uses the target so, the latest first, but for those that
    /// are in its past.
    pub(super) fn search(
        &self,
        mode: Mode,
        forced: bool,
        is_past: impl Fn(u32) -> bool,
        mut show: impl FnMut(u32),
    ) {
        let commutes = if forced { None } else { Kind::commuting(mode) };
        let mut rest = self.0.len();
        while let Some(at) = rest.checked_sub(1) {
            let user = self.0[at];
            rest = if Some(user.kind) == commutes { user.before_run as usize } else { at };
            if Some(user.kind) == commutes {
                continue;
            }
            match is_past(user.event) {
                true if user.excludes => return,
                true => {}
                false => show(user.event),
            }
        }
    }
}

impl Kind {
    fn of(mode: Mode) -> Self {
        match mode {
            Mode::Read => Self::Look,
            Mode::AcquireShared | Mode::ReleaseShared => Self::Share,
            Mode::Increment | Mode::Decrement(_) | Mode::Nothing => Self::Count,
            _ => Self::Other,
        }
    }

    /// The kind of users that an event with this use conflicts with none of.
    fn commuting(mode: Mode) -> Option<Self> {
        match mode {
            Mode::Decrement(1) => None,
            mode => Some(Self::of(mode)).filter(|kind| *kind != Self::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Users of these modes, the events of which have the numbers of their places.
    fn users(modes: impl IntoIterator<Item = Mode>) -> Users {
        let mut users = Users::default();
        (0..).zip(modes).for_each(|(event, mode)| users.push(event, mode, false));
        users
    }

    /// What the search shows, and how many users it looked at.
    fn search(users: &Users, mode: Mode, past: impl Fn(u32) -> bool) -> (Vec<u32>, u32) {
        let (looked, mut shown) = (Cell::new(0), Vec::new());
        let is_past = |event| {
            looked.set(looked.get() + 1);
            past(event)
        };
        users.search(mode, false, is_past, |event| shown.push(event));
        (shown, looked.get())
    }

    #[test]
    fn looks_do_not_look_at_each_other() {
        let loads = || std::iter::repeat_n(Mode::Read, 1_000);
        let mixed = users(loads().chain([Mode::Write]).chain(loads()));
        assert_eq!(search(&mixed, Mode::Read, |event| event <= 1_000), (vec![], 1));
        assert_eq!(search(&mixed, Mode::Read, |_| false), (vec![1_000], 1));
    }

    #[test]
    fn what_is_behind_a_write_in_the_past_is_past() {
        let writes = users(std::iter::repeat_n(Mode::Write, 1_000));
        assert_eq!(search(&writes, Mode::Write, |event| event < 998), (vec![999, 998], 3));
        assert_eq!(search(&writes, Mode::Read, |event| event < 1_000), (vec![], 1));
    }

    #[test]
    fn an_event_with_two_uses_is_of_no_kind() {
        let mut users = Users::default();
        users.push(0, Mode::Read, false);
        users.push(0, Mode::Enqueue, false);
        users.push(1, Mode::Read, true);
        assert_eq!(search(&users, Mode::Read, |_| false).0, [1, 0]);
        assert_eq!(users.events().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_last_owner_looks_at_all_others() {
        let owners = users([Mode::Decrement(3), Mode::Decrement(2)]);
        assert_eq!(search(&owners, Mode::Decrement(1), |_| false).0, [1, 0]);
        assert!(search(&owners, Mode::Decrement(2), |_| false).0.is_empty());
    }
}
