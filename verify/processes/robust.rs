//! Words whose owners are killed.

use crate::common::{PATIENCE, Tested, apart, end, ensure_eq, sleep_for_ever, state, until};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit, Nemesis, Process};
use refectory::sync::region::Region;
use refectory::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};
use refectory::sync::thread;
use std::io::{self, Write};

/// Takes a word that nobody owns.
fn take(word: &Robust) {
    // SAFETY: it says whether it has put the number there. The regions of these tests stay until the thread ends.
    let is_mine = unsafe { word.take(|| word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok()) };
    assert!(is_mine);
}

fn take_and_sleep(word: Region<Robust>) {
    take(&word);
    sleep_for_ever()
}

/// Waits until nobody owns the word that somebody does; leaves everything as it is, and passes no wake on.
fn wait_for_the_owner(word: Region<Robust>) {
    let seen = word.fetch_or(WAITERS, SeqCst) | WAITERS;
    while seen & OWNER != 0 && word.load(SeqCst) & OWNER != 0 {
        word.wait(seen);
    }
}

/// Somebody who sleeps at the word.
fn waiter(word: &Region<Robust>) -> io::Result<Process> {
    let waiter = process::spawn(wait_for_the_owner, word.clone())?;
    until("one who waits", || {
        (word.load(SeqCst) & WAITERS != 0 && state(waiter.id()) == Some('S')).then_some(())
    });
    Ok(waiter)
}

pub(crate) fn the_killed_leave_their_mark_and_wake_one() -> Tested {
    let word = Region::new(Robust::new())?;
    let mut owner = process::spawn(take_and_sleep, word.clone())?;
    until("an owner", || (word.load(SeqCst) == owner.id()).then_some(()));
    let waiter = waiter(&word)?;
    owner.kill()?;
    ensure_eq(end(owner)?, Exit::Killed(9))?;
    ensure_eq(end(waiter)?, Exit::Code(0))?;
    ensure_eq(word.load(SeqCst), OWNER_DIED | WAITERS)
}

/// Takes the word, and gives it back when it is told to.
fn take_and_give((word, go): (Region<Robust>, Region<AtomicU32>)) {
    process::point("outside");
    let takes = || {
        process::point("free");
        let is_mine = word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok();
        process::point("taken");
        is_mine
    };
    // SAFETY: as in `take`.
    assert!(unsafe { word.take(takes) });
    process::point("held");
    until("a start", || (go.load(SeqCst) == 1).then_some(()));
    process::point("waited for");
    word.give(|| {
        process::point("still mine");
        word.fetch_and(!OWNER, SeqCst);
        process::point("given");
        word.wake_one();
    });
    process::point("done");
}

pub(crate) fn a_word_is_looked_after_at_each_point() -> Tested {
    apart(|()| {
        let points = ["outside", "free", "taken", "held", "waited for", "still mine", "given", "done"];
        for (n, point) in (1..).zip(points) {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let (word, go) = (Region::new(Robust::new()).unwrap(), Region::new(AtomicU32::new(0)).unwrap());
            let owner = process::spawn(take_and_give, (word.clone(), go.clone())).unwrap();
            if n > 4 {
                until("an owner", || (word.load(SeqCst) == owner.id()).then_some(()));
                Nemesis::at(0).unwrap().set_on_children();
                let waiter = waiter(&word).unwrap();
                go.store(1, SeqCst);
                assert_eq!(end(waiter).unwrap(), Exit::Code(0), "{point}");
            }
            assert_eq!(end(owner).unwrap(), Exit::Killed(9));
            assert_eq!(nemesis.victim().unwrap().point, point);
            let left = word.load(SeqCst) & !WAITERS;
            assert_eq!(left, if (3..=6).contains(&n) { OWNER_DIED } else { 0 }, "{point}");
        }
    })
}

pub(crate) fn all_words_that_are_held_are_marked() -> Tested {
    for given in 0..3 {
        let words = Region::new([(); 3].map(|()| Robust::new()))?;
        let takes = |(words, given, mut news): (Region<[Robust; 3]>, usize, Writer)| {
            words.iter().for_each(take);
            words[given].give(|| words[given].store(0, SeqCst));
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        };
        let (writer, mut reader) = pipe::pipe()?;
        let mut owner = process::spawn(takes, (words.clone(), given, writer))?;
        ensure_eq(reader.read_timeout(&mut [0; 8], PATIENCE)?, 4)?;
        owner.kill()?;
        ensure_eq(end(owner)?, Exit::Killed(9))?;
        for (n, word) in words.iter().enumerate() {
            ensure_eq(word.load(SeqCst), if n == given { 0 } else { OWNER_DIED })?;
        }
    }
    Ok(())
}

pub(crate) fn a_thread_that_ends_leaves_its_mark() -> Tested {
    let word = Region::new(Robust::new())?;
    let theirs = word.clone();
    thread::spawn(move || take(&theirs)).join().map_err(|_| "a panic")?;
    until("a mark", || (word.load(SeqCst) == OWNER_DIED).then_some(()));
    Ok(())
}

/// Of two who wait one is woken, and killed before it does anything: then the other one is.
pub(crate) fn a_wake_of_the_killed_is_passed_on() -> Tested {
    let word = Region::new(Robust::new())?;
    word.store(OWNER, SeqCst);
    let waits_to_take = |word: Region<Robust>| {
        // SAFETY: it never says so.
        unsafe {
            word.take(|| {
                wait_for_the_owner(word.clone());
                sleep_for_ever()
            })
        };
    };
    let mut first = process::spawn(waits_to_take, word.clone())?;
    until("one who waits", || {
        (word.load(SeqCst) & WAITERS != 0 && state(first.id()) == Some('S')).then_some(())
    });
    let second = waiter(&word)?;
    word.store(WAITERS, SeqCst);
    word.wake_one();
    first.kill()?;
    ensure_eq(end(first)?, Exit::Killed(9))?;
    ensure_eq(end(second)?, Exit::Code(0))
}
