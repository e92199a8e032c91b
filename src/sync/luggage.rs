//! Descriptors that travel beside the bytes of a value.
//!
//! Where a handle is serialized its descriptor is put aside, and its place there stands among the bytes; where it is
//! deserialized it takes its descriptor back. So a value may have handles anywhere in it. Between processes alone:
//! anywhere else a handle says that it cannot travel.
//!
//! Source: the crate `ipc-channel` of the Servo project does it so.

use super::system::{self, Descriptor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::cell::RefCell;
use std::io;

thread_local! {
    static LUGGAGE: RefCell<Option<Luggage>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Luggage {
    /// Those that were taken have left their place.
    descriptors: Vec<Option<Descriptor>>,
    /// Why a handle could not travel: the format keeps no words.
    failure: Option<String>,
}

/// What `travel` does, with this luggage; and what is left of that.
fn with<R>(luggage: Luggage, travel: impl FnOnce() -> R) -> (R, Luggage) {
    /// Brings back the one that was there before, where the value's own code panics too.
    struct Before(Option<Luggage>);
    impl Drop for Before {
        fn drop(&mut self) {
            LUGGAGE.set(self.0.take());
        }
    }
    let _before = Before(LUGGAGE.replace(Some(luggage)));
    let answer = travel();
    (answer, LUGGAGE.take().unwrap_or_default())
}

/// The value as bytes, and the descriptors of its handles.
pub(super) fn pack(value: &impl Serialize) -> io::Result<(Vec<u8>, Vec<Descriptor>)> {
    let (bytes, luggage) = with(Luggage::default(), || postcard::to_allocvec(value));
    let bytes = bytes.map_err(|error| invalid(error, luggage.failure))?;
    Ok((bytes, luggage.descriptors.into_iter().flatten().collect()))
}

/// What `read` makes of bytes that came with these descriptors. Those that nobody takes are closed.
pub(super) fn unpack<T>(
    descriptors: Vec<Descriptor>,
    read: impl FnOnce() -> postcard::Result<T>,
) -> io::Result<T> {
    let descriptors = descriptors.into_iter().map(Some).collect();
    let (value, luggage) = with(Luggage { descriptors, failure: None }, read);
    value.map_err(|error| invalid(error, luggage.failure))
}

fn invalid(error: postcard::Error, failure: Option<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, failure.unwrap_or_else(|| error.to_string()))
}

/// A handle is serialized.
pub(super) fn put<S: Serializer>(descriptor: &Descriptor, serializer: S) -> Result<S::Ok, S::Error> {
    let place = with_mine(|luggage| {
        luggage.descriptors.push(Some(system::duplicate(descriptor)?));
        Ok(luggage.descriptors.len() - 1)
    });
    place.map_err(ser::Error::custom)?.serialize(serializer)
}

/// A handle is deserialized: `open` makes it of its descriptor.
pub(super) fn take<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    open: impl FnOnce(Descriptor) -> io::Result<T>,
) -> Result<T, D::Error> {
    let place = usize::deserialize(deserializer)?;
    let opened = with_mine(|luggage| {
        let descriptor = luggage.descriptors.get_mut(place).and_then(Option::take);
        open(descriptor.ok_or_else(|| io::Error::other("a handle whose descriptor did not come with it"))?)
    });
    opened.map_err(de::Error::custom)
}

fn with_mine<T>(act: impl FnOnce(&mut Luggage) -> io::Result<T>) -> Result<T, String> {
    LUGGAGE.with_borrow_mut(|luggage| {
        let luggage =
            luggage.as_mut().ok_or("a handle travels in the argument of a process, and nowhere else")?;
        act(luggage).map_err(|error| luggage.failure.insert(error.to_string()).clone())
    })
}
