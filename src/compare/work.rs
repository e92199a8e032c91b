//! What is to be done: the same in each model, with a result that can be checked.
//!
//! An item is a number. What is to be made of it is another number, so that the sum over all items is the same whoever did which item, and
//! in which order.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An item is to count primes.
    Cpu,
    /// An item is to read a file, and to ask a server that waits before it answers.
    Io,
    /// An item is both.
    Mixed,
    /// An item is a meal at the table of the dining philosophers.
    Dining,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Io, Self::Mixed, Self::Dining];

    /// Its name, as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
            Self::Mixed => "mixed",
            Self::Dining => "dining",
        }
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU-bound work",
            Self::Io => "I/O-bound work",
            Self::Mixed => "mixed work",
            Self::Dining => "the dining table",
        }
    }

    /// What one item of it is.
    #[must_use]
    pub const fn item(self) -> &'static str {
        match self {
            Self::Cpu => "counts the primes among 10 000 numbers",
            Self::Io => {
                "reads a file of 4 KiB, and asks a server on this machine that waits 2 ms before it answers"
            }
            Self::Mixed => "asks the server, and counts the primes among 20 000 numbers",
            Self::Dining => "is a meal, with both forks in hand: counts the primes among 100 numbers",
        }
    }

    /// Whether an item waits for the server.
    #[must_use]
    pub const fn asks(self) -> bool {
        matches!(self, Self::Io | Self::Mixed)
    }

    /// Among how many numbers an item counts primes.
    const fn numbers(self) -> u32 {
        match self {
            Self::Cpu => 10_000,
            Self::Io => 0,
            Self::Mixed => 20_000,
            Self::Dining => 100,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How long the server waits before it answers.
pub(super) const WAIT: Duration = Duration::from_millis(2);

/// Bytes of a request, and of its answer.
pub(super) const REQUEST: usize = 64;

/// How many files there are to be read.
pub(super) const FILES: u32 = 16;

/// Bytes of a file.
const FILE: usize = 4 << 10;

/// From here on primes are counted.
const BASE: u32 = 100_000;

/// After so many items the same numbers come again.
const PERIOD: u32 = 16;

/// So many items of this kind, and where that is which they need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// What an item is.
    pub kind: Kind,
    /// How many there are.
    pub items: u32,
    /// Seats at the table.
    pub seats: usize,
    /// Where the files lie.
    pub files: PathBuf,
    /// Where the server is.
    pub server: SocketAddr,
}

impl Work {
    /// The numbers among which an item counts primes.
    #[must_use]
    pub fn numbers(&self, item: u32) -> Range<u32> {
        let start = BASE + item % PERIOD * self.kind.numbers();
        start..start + self.kind.numbers()
    }

    /// How many primes there are among the numbers of an item.
    #[must_use]
    pub fn primes(&self, item: u32) -> u64 {
        self.numbers(item).filter(|number| is_prime(*number)).count() as u64
    }

    /// Reads an item's file, and makes a request of it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn request(&self, item: u32) -> io::Result<[u8; REQUEST]> {
        Ok(request(item, &std::fs::read(self.files.join(file_name(item)))?))
    }

    /// How many meals are eaten at each seat.
    #[must_use]
    pub fn meals(&self) -> u32 {
        self.items / self.seats as u32
    }

    /// The number of this meal of this seat.
    #[must_use]
    pub fn meal(&self, seat: usize, meal: u32) -> u32 {
        meal * self.seats as u32 + seat as u32
    }

    /// The sum over all items, without a file or a server.
    #[must_use]
    pub fn expected(&self) -> u64 {
        let answer = |item| if self.kind.asks() { sum(&request(item, &content(item))) } else { 0 };
        (0..self.items).map(|item| answer(item) + self.primes_known(item)).sum()
    }

    /// The same as [`primes`](Self::primes).
    fn primes_known(&self, item: u32) -> u64 {
        use std::cell::RefCell;
        use std::collections::HashMap;
        thread_local! { static KNOWN: RefCell<HashMap<Range<u32>, u64>> = RefCell::default() }
        KNOWN.with_borrow_mut(|known| *known.entry(self.numbers(item)).or_insert_with(|| self.primes(item)))
    }
}

/// What an answer is worth.
#[must_use]
pub(super) fn sum(answer: &[u8; REQUEST]) -> u64 {
    answer.iter().map(|&byte| u64::from(byte)).sum()
}

/// Whether this is a prime, by trial division.
#[must_use]
pub(super) fn is_prime(number: u32) -> bool {
    number == 2
        || number > 2
            && !number.is_multiple_of(2)
            && (3..).step_by(2).take_while(|d| d * d <= number).all(|d| !number.is_multiple_of(d))
}

/// The item, and the sum of its file, and nothing.
fn request(item: u32, file: &[u8]) -> [u8; REQUEST] {
    let mut request = [0; REQUEST];
    request[..8].copy_from_slice(&u64::from(item).to_le_bytes());
    let of_file: u64 = file.iter().map(|&byte| u64::from(byte)).sum();
    request[8..16].copy_from_slice(&of_file.to_le_bytes());
    request
}

/// The name of an item's file.
pub(super) fn file_name(item: u32) -> String {
    format!("file.{}", item % FILES)
}

/// What is in it.
pub(super) fn content(item: u32) -> Vec<u8> {
    (0..FILE).map(|place| ((7 * (item % FILES) as usize + place) % 251) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_known() {
        let primes: Vec<u32> = (0..30).filter(|number| is_prime(*number)).collect();
        assert_eq!(primes, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!((100_000..101_000).filter(|number| is_prime(*number)).count(), 81);
    }

    #[test]
    fn each_meal_is_an_item() {
        let server = ([127, 0, 0, 1], 1).into();
        let work = Work { kind: Kind::Dining, items: 15, seats: 5, files: PathBuf::new(), server };
        let mut meals: Vec<u32> = (0..5)
            .flat_map(|seat| (0..work.meals()).map(move |meal| (seat, meal)))
            .map(|(s, m)| work.meal(s, m))
            .collect();
        meals.sort_unstable();
        assert_eq!(meals, (0..15).collect::<Vec<_>>());
    }
}
