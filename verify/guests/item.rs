//! What drivers send through other people's code.

use loom::cell::UnsafeCell;

/// A number that is written where it is made and dropped, and read where it is looked at: if code hands it from thread
/// to thread without order, that is a data race, whatever memory the code keeps it in.
pub struct Item(UnsafeCell<u32>);

// SAFETY: the engine checks every access to the cell.
unsafe impl Sync for Item {}

impl Item {
    #[track_caller]
    pub fn new(value: u32) -> Self {
        let cell = UnsafeCell::new(0);
        // SAFETY: nobody else has the cell yet.
        cell.with_mut(|place| unsafe { *place = value });
        Self(cell)
    }

    #[track_caller]
    pub fn value(&self) -> u32 {
        // SAFETY: nobody writes the cell between its making and its drop.
        self.0.with(|value| unsafe { *value })
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.0.with_mut(|_| ());
    }
}
