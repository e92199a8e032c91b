//! What a user implements to bring a subject: one trait for each kind of thing that is tested.
//!
//! A [`scenario`](crate::scenario) knows a subject through its port alone, so that one scenario
//! serves every implementation in every model. The docs of a trait are its contract: what they
//! promise is what the scenarios check. Two rules hold for all ports:
//!
//! - Every primitive comes from [`sync`](crate::sync). What bypasses it, no engine can see.
//! - A constructor runs on the main thread of an execution, and the subject is dropped there, after
//!   all other threads have ended.
//!
//! ```
//! use refectory::port::Table;
//! use refectory::sync::Mutex;
//!
//! /// One lock for the whole table: correct, and only one philosopher eats at a time.
//! struct OneAtATime {
//!     seats: usize,
//!     table: Mutex<()>,
//! }
//!
//! impl Table for OneAtATime {
//!     fn with_seats(seats: usize) -> Self {
//!         Self { seats, table: Mutex::new(()) }
//!     }
//!
//!     fn seats(&self) -> usize {
//!         self.seats
//!     }
//!
//!     fn dine(&self, _seat: usize, eat: &mut dyn FnMut()) {
//!         let _whole_table = self.table.lock().unwrap();
//!         eat();
//!     }
//! }
//!
//! let mut meals = 0;
//! OneAtATime::with_seats(5).dine(3, &mut || meals += 1);
//! assert_eq!(meals, 1);
//! ```

/// A round table with one fork between each two neighbours (Edsger W. Dijkstra, "Hierarchical ordering
/// of sequential processes", 1971).
///
/// Which forks belong to a seat, [`forks_of`] tells. The philosopher of each seat is one thread, so `dine` is never called for one seat by two threads at once.
///
/// - Neighbours never eat together.
/// - Nobody waits for ever, as long as every meal ends.
/// - A table that promises a bound lets no philosopher be overtaken more often.
pub trait Table: Send + Sync + 'static {
    /// How many meals the two neighbours may begin, at most, while a philosopher waits; `None` promises nothing.
    ///
    /// The wait begins with the first step of `dine` that others can see, for before that nobody can know of it;
    /// where that step is itself one that waits (for a lock), it begins with the call.
    const OVERTAKEN_AT_MOST: Option<usize> = None;

    /// A table with `seats` seats, at least 2.
    fn with_seats(seats: usize) -> Self
    where
        Self: Sized;

    /// The number of seats, and of forks.
    fn seats(&self) -> usize;

    /// Waits for both forks of `seat`, calls `eat` exactly once while they are held, puts them down.
    fn dine(&self, seat: usize, eat: &mut dyn FnMut());
}

/// The forks to the left and to the right of a seat: fork `i` lies to the left of seat `i`, and the next
/// one, counted round the table, to its right.
///
/// ```
/// use refectory::port::forks_of;
///
/// assert_eq!([0, 1, 2].map(|seat| forks_of(seat, 3)), [(0, 1), (1, 2), (2, 0)]);
/// ```
pub const fn forks_of(seat: usize, seats: usize) -> (usize, usize) {
    (seat, (seat + 1) % seats)
}

/// The queue had no room; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> std::fmt::Display for Full<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: std::fmt::Debug> std::error::Error for Full<T> {}

/// The queue is closed; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed<T>(pub T);

impl<T> std::fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the queue is closed")
    }
}

impl<T: std::fmt::Debug> std::error::Error for Closed<T> {}

/// Which item comes out next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The one that has been in for the longest time.
    Fifo,
    /// The one that came last.
    Lifo,
    /// The least one.
    Priority,
    /// Any.
    Unordered,
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fifo => "first-in first-out",
            Self::Lifo => "last-in first-out",
            Self::Priority => "priority",
            Self::Unordered => "unordered",
        })
    }
}

/// A queue for any number of producers and consumers, whose operations never wait.
///
/// - Every item that was accepted is received at most once, and dropped exactly once: by its receiver,
///   or with the queue.
/// - Items come out in the [`Order`] that it promises: it is linearizable to the sequential object.
/// - An operation fails only where there is no item, or no room; in a queue that
///   [fails under contention](Self::FAILS_UNDER_CONTENTION) also while another one is under way.
pub trait TryQueue<T>: Send + Sync + 'static {
    /// Which item comes out next.
    const ORDER: Order = Order::Fifo;

    /// Whether an operation may fail for no other reason than that another one is under way.
    const FAILS_UNDER_CONTENTION: bool = false;

    /// An empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded up.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room: the item comes back.
    fn try_push(&self, item: T) -> Result<(), Full<T>>;

    /// Takes an item out; `None` where there is none.
    fn try_pop(&self) -> Option<T>;
}

/// A queue for any number of producers and consumers, whose operations wait.
///
/// - Every item is received at most once, and dropped exactly once: by its receiver, or with the queue.
/// - Items come out in the [`Order`] that it promises: it is linearizable to the sequential object.
/// - A `push` waits only while there is no room, a `pop` only while there is no item; neither when the
///   queue is closed.
pub trait BlockingQueue<T>: Send + Sync + 'static {
    /// Which item comes out next.
    const ORDER: Order = Order::Fifo;

    /// An empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded up.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Waits for room and puts an item in.
    ///
    /// # Errors
    /// The queue was [closed](Close::close): the item comes back.
    fn push(&self, item: T) -> Result<(), Closed<T>>;

    /// Waits for an item and takes it out; `None` once the queue is [closed](Close::close) and empty.
    fn pop(&self) -> Option<T>;
}

/// A queue that can be closed.
///
/// - From then on no item is accepted; those that are in can still be taken out.
/// - Everybody who waits is woken.
pub trait Close {
    /// Closes it. Closing it once more does nothing.
    fn close(&self);
}

/// The owner's end of a work-stealing deque: one thread pushes and pops at one end, any number of thieves
/// steal at the other.
///
/// - Every item is popped or stolen at most once, and dropped exactly once: by whoever has it, or with the
///   deque's last handle.
/// - `pop` takes the newest item, [`steal`](Stealer::steal) the oldest.
/// - What the owner did before a `push` is visible to whoever takes the item.
pub trait Deque<T>: Send + 'static {
    /// The thief's end.
    type Stealer: Stealer<T>;

    /// An empty deque with room for at least `capacity` items, at least 1; it grows.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Puts an item in.
    fn push(&self, item: T);

    /// Takes the newest item out; `None` where there is none.
    fn pop(&self) -> Option<T>;

    /// Another thief's end.
    fn stealer(&self) -> Self::Stealer;
}

/// The thief's end of a [`Deque`].
pub trait Stealer<T>: Clone + Send + Sync + 'static {
    /// Takes the oldest item out.
    fn steal(&self) -> Steal<T>;
}

/// What came of an attempt to steal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Steal<T> {
    /// There was no item.
    Empty,
    /// Another thread took the item while we tried. There may be others.
    Retry,
    /// The oldest item.
    Success(T),
}

/// A bounded queue for one producer and one consumer, whose operations never wait.
///
/// - What [`TryQueue`] promises, first-in first-out.
/// - Each end is used by one thread at a time: its methods need `&mut`.
pub trait Lane<T>: 'static {
    /// The end that puts items in.
    type Producer: LaneProducer<T>;
    /// The end that takes items out.
    type Consumer: LaneConsumer<T>;

    /// Both ends of an empty queue for at least `capacity` items; `capacity` is at least 1 and may be rounded
    /// up.
    fn with_capacity(capacity: usize) -> (Self::Producer, Self::Consumer);
}

/// The end of a [`Lane`] that puts items in.
pub trait LaneProducer<T>: Send + 'static {
    /// Puts an item in.
    ///
    /// # Errors
    /// There is no room: the item comes back.
    fn try_push(&mut self, item: T) -> Result<(), Full<T>>;
}

/// The end of a [`Lane`] that takes items out.
pub trait LaneConsumer<T>: Send + 'static {
    /// Takes an item out; `None` where there is none.
    fn try_pop(&mut self) -> Option<T>;
}
