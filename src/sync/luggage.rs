//! Handles that travel beside the bytes of a value.
//!
//! Where a handle is serialized, what it stands for is put aside, and its place there stands among the bytes; where it is
//! deserialized it takes that back. So a value may have handles anywhere in it. Between processes alone:
//! anywhere else a handle says that it cannot travel.
//!
//! Source: the crate `ipc-channel` of the Servo project does it so.

#[cfg(feature = "instrumented")]
use super::current::{Current, current};
use super::system::Descriptor;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::cell::RefCell;
use std::io;

/// What a handle stands for.
pub(super) enum Handle {
    /// Something of the system.
    System(Descriptor),
    /// Something of the model, which knows itself what.
    #[cfg(feature = "instrumented")]
    Modelled(Box<dyn std::any::Any + Send>),
}

impl Handle {
    /// That of the system.
    pub(super) fn system(self) -> io::Result<Descriptor> {
        match self {
            Self::System(descriptor) => Ok(descriptor),
            #[cfg(feature = "instrumented")]
            Self::Modelled(_) => Err(foreign()),
        }
    }

    /// That of the model.
    #[cfg(feature = "instrumented")]
    pub(super) fn modelled<T: 'static>(self) -> io::Result<T> {
        match self {
            Self::Modelled(it) => it.downcast().map(|it| *it).map_err(|_| foreign()),
            Self::System(_) => Err(foreign()),
        }
    }
}

#[cfg(feature = "instrumented")]
fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a handle of another kind, or of another engine")
}

thread_local! {
    /// Whose it is, and what. An engine runs all threads of a model on one thread of the system.
    static LUGGAGE: RefCell<Vec<(Who, Luggage)>> = const { RefCell::new(Vec::new()) };
}

type Who = Option<u32>;

/// The running thread of the model, if there is one.
fn me() -> Who {
    #[cfg(feature = "instrumented")]
    match current() {
        Current::Native => {}
        #[cfg(feature = "loom")]
        Current::Loom => return Some(super::loom_record::thread().0),
        Current::Controlled(controller) => return Some(controller.thread().0),
    }
    None
}

#[derive(Default)]
struct Luggage {
    /// Those that were taken have left their place.
    handles: Vec<Option<Handle>>,
    /// Why a handle could not travel: the format keeps no words.
    failure: Option<String>,
}

/// What `travel` does, with this luggage; and what is left of that.
fn with<R>(luggage: Luggage, travel: impl FnOnce() -> R) -> (R, Luggage) {
    /// Takes it away where the value's own code panics too.
    struct Mine(Who);
    impl Mine {
        fn take(&self) -> Luggage {
            LUGGAGE.with_borrow_mut(|all| {
                let last = all.iter().rposition(|(who, _)| *who == self.0);
                last.map(|last| all.remove(last).1).unwrap_or_default()
            })
        }
    }
    impl Drop for Mine {
        fn drop(&mut self) {
            drop(self.take());
        }
    }
    let mine = Mine(me());
    LUGGAGE.with_borrow_mut(|all| all.push((mine.0, luggage)));
    let answer = travel();
    let left = mine.take();
    std::mem::forget(mine);
    (answer, left)
}

/// The value as bytes, and its handles.
pub(super) fn pack(value: &impl Serialize) -> io::Result<(Vec<u8>, Vec<Handle>)> {
    let (bytes, luggage) = with(Luggage::default(), || postcard::to_allocvec(value));
    let bytes = bytes.map_err(|error| invalid(error, luggage.failure))?;
    Ok((bytes, luggage.handles.into_iter().flatten().collect()))
}

/// What `read` makes of bytes that came with these handles. Those that nobody takes are closed.
pub(super) fn unpack<T>(
    handles: impl IntoIterator<Item = Handle>,
    read: impl FnOnce() -> postcard::Result<T>,
) -> io::Result<T> {
    let handles = handles.into_iter().map(Some).collect();
    let (value, luggage) = with(Luggage { handles, failure: None }, read);
    value.map_err(|error| invalid(error, luggage.failure))
}

fn invalid(error: postcard::Error, failure: Option<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, failure.unwrap_or_else(|| error.to_string()))
}

/// A handle is serialized: `duplicate` gives another one to the same thing.
pub(super) fn put<S: Serializer>(
    duplicate: impl FnOnce() -> io::Result<Handle>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let place = with_mine(|_| Ok(())).and_then(|()| {
        let handle = duplicate();
        with_mine(|luggage| {
            luggage.handles.push(Some(handle?));
            Ok(luggage.handles.len() - 1)
        })
    });
    place.map_err(ser::Error::custom)?.serialize(serializer)
}

/// A handle is deserialized: `open` makes it of what it stands for.
pub(super) fn take<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    open: impl FnOnce(Handle) -> io::Result<T>,
) -> Result<T, D::Error> {
    let place = usize::deserialize(deserializer)?;
    let taken = with_mine(|luggage| {
        let handle = luggage.handles.get_mut(place).and_then(Option::take);
        handle.ok_or_else(|| io::Error::other("a handle that did not come with the bytes"))
    });
    let opened = taken.and_then(|handle| {
        let opened = open(handle);
        with_mine(|_| opened)
    });
    opened.map_err(de::Error::custom)
}

/// Looks at the luggage of this thread. Nobody else runs meanwhile: `act` is nothing that others see.
fn with_mine<T>(act: impl FnOnce(&mut Luggage) -> io::Result<T>) -> Result<T, String> {
    LUGGAGE.with_borrow_mut(|all| {
        let mine = all.iter_mut().rfind(|(who, _)| *who == me());
        let (_, luggage) = mine.ok_or("a handle travels in the argument of a process, and nowhere else")?;
        act(luggage).map_err(|error| luggage.failure.insert(error.to_string()).clone())
    })
}
