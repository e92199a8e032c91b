//! Functions of this binary, known in each of its processes.
//!
//! Where functions are differs from process to process, but not how far they are from each other.

use super::child_main;
use serde::{Deserialize, Serialize};

/// A function of bytes, by how far it is from one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Function(usize);

impl Function {
    /// The one to be found again.
    pub(crate) fn of<T>(function: fn(&[u8]) -> T) -> Self {
        Self((function as usize).wrapping_sub(child_main as fn() as usize))
    }

    /// The function, as this process has it.
    ///
    /// # Safety
    /// It comes from [`of`](Self::of) a function to this type, in a process of the same binary.
    pub(crate) unsafe fn here<T>(self) -> fn(&[u8]) -> T {
        let function = (child_main as fn() as *const ()).wrapping_byte_add(self.0);
        // SAFETY: the distance was computed from such a function, and is the same in this process.
        unsafe { std::mem::transmute::<*const (), fn(&[u8]) -> T>(function) }
    }
}

/// The value of a type that has no bytes: a function, or a closure that captures nothing. Others do not compile.
///
/// # Safety
/// There was a value of this type, in a process of the same binary.
pub(crate) unsafe fn without_bytes<F: Copy>() -> F {
    const { assert!(size_of::<F>() == 0, "a function for another process captures nothing: give it an argument") };
    // SAFETY: it has no bytes, and there was a value of it, which is `Copy`.
    unsafe { std::ptr::NonNull::<F>::dangling().read() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_again() {
        let function = Function::of(|bytes| [bytes, &[7]].concat());
        let bytes = postcard::to_allocvec(&function).unwrap();
        let again: Function = postcard::from_bytes(&bytes).unwrap();
        // SAFETY: it comes from `of`, and gives bytes.
        assert_eq!(unsafe { again.here::<Vec<u8>>() }(&[1]), [1, 7]);
    }
}
