//! How far the tasks of a row are.

/// How many tasks were put in, how many of them were begun, and whether no more are put in: in one word, so that who changes one of
/// them learns the others.
#[derive(Clone, Copy)]
pub(super) struct Progress(pub(super) u64);

impl Progress {
    const BITS: u32 = 31;
    const MASK: u64 = (1 << Self::BITS) - 1;
    const CLOSED: u64 = 1 << 63;
    /// One that is put in.
    pub(super) const ANOTHER: u64 = 1 << Self::BITS;

    pub(super) const fn begun(self) -> usize {
        (self.0 & Self::MASK) as usize
    }

    pub(super) const fn put_in(self) -> usize {
        ((self.0 >> Self::BITS) & Self::MASK) as usize
    }

    pub(super) const fn closed(self) -> bool {
        self.0 & Self::CLOSED != 0
    }

    pub(super) const fn left(self) -> usize {
        self.put_in() - self.begun()
    }

    /// The next task is begun.
    pub(super) const fn beginning_one(self) -> Self {
        Self(self.0 + 1)
    }

    /// All that are left are begun, and no others are put in.
    pub(super) const fn beginning_all(self) -> Self {
        Self((self.0 + self.left() as u64) | Self::CLOSED)
    }

    /// No others are put in.
    pub(super) const fn closing(self) -> Self {
        Self(self.0 | Self::CLOSED)
    }

    /// With another task.
    pub(super) const fn with_another(self) -> Self {
        Self(self.0 + Self::ANOTHER)
    }

    /// Without the task that was put in last, if it was not begun.
    pub(super) fn without_the_last(self) -> Option<Self> {
        (self.left() > 0).then_some(Self(self.0 - Self::ANOTHER))
    }
}
