//! What each operation does to the machine's state, once it is granted.

use super::access::Mode;
use super::clock::{Clock, ThreadSet};
use super::meaning::{self, Observable};
use super::object::{Letter, State};
use super::{Life, Machine};
use crate::event::op::{ObjectId, Op, Order, ThreadId};

impl Machine {
    /// The operation takes place, in this way; gives its answer.
    pub(super) fn perform(&mut self, id: ThreadId, op: Op, choice: u8) -> u64 {
        let uses = meaning::uses(self, id, op, choice);
        let answer = meaning::answer(self, id, op, choice, uses);
        match (op, uses.access.mode) {
            (Op::Load(object, order), _) => self.receive(id, object, order),
            (Op::Store(object, order), _) => self.store(id, object, order),
            (Op::Rmw(object, order), _) => self.read_modify_write(id, object, order),
            (Op::CompareExchange { object, success, .. }, Mode::Write) => {
                self.read_modify_write(id, object, success);
            }
            (Op::CompareExchange { object, failure, .. }, _) => self.receive(id, object, failure),
            (Op::Lock(lock) | Op::Write(lock), _) => self.lock(id, lock),
            (Op::TryLock(lock) | Op::TryWrite(lock), Mode::Acquire) => self.lock(id, lock),
            (Op::Read(lock), _) | (Op::TryRead(lock), Mode::AcquireShared) => self.lock_shared(id, lock),
            // A failed attempt tells the thread that the lock was held.
            (Op::TryLock(lock) | Op::TryWrite(lock) | Op::TryRead(lock), _) => self.notice(id, lock),
            (Op::Unlock(lock) | Op::UnlockWrite(lock), _) => self.unlock(id, lock),
            (Op::UnlockRead(lock), _) => self.unlock_shared(id, lock),
            (Op::Wait { condvar, mutex }, _) => {
                self.enqueue(id, condvar);
                self.unlock(id, mutex);
            }
            (Op::WaitIf { word, .. }, _) => self.wait_if(id, word, uses.also.is_some()),
            (Op::Wake { .. } | Op::Leave(_), Mode::Take(_)) => self.threads[id.index()].permit = false,
            (Op::Wake { object, .. } | Op::Leave(object), _) => self.leave(object, ThreadSet::of(id)),
            (Op::NotifyOne(object), Mode::NotifyOne(woken)) => {
                self.notify(object, woken.into_iter().collect());
            }
            (Op::NotifyAll(object), Mode::NotifyAll(woken)) => self.notify(object, woken),
            (Op::Park { .. }, _) => self.park(id),
            (Op::Unpark(other), _) => return self.unpark(id, other),
            (Op::ArcClone(arc), _) => *self.owners_mut(arc) += 1,
            (Op::ArcUpgrade(arc), _) => self.upgrade(id, arc),
            (Op::ArcDrop(arc), _) => self.disown(id, arc),
            (Op::ArcCount(arc), _) => self.count(id, arc),
            (Op::Send { mailbox, message, behind }, _) => self.post(id, mailbox, message, behind),
            (Op::Receive { mailbox, .. }, Mode::Receive(Some(message))) => {
                self.deliver(id, mailbox, message);
            }
            (Op::Receive { .. }, _) => {}
            (Op::Destroy(object), _) => self.end(id, object),
            (Op::Spurious(_) | Op::Cancel | Op::Die, _) => {
                op.rare().into_iter().for_each(|rare| self.happened[rare as usize] += choice);
            }
            (Op::Kill(other), _) => self.threads[other.index()].life = Life::Killed,
            (Op::Deadline | Op::Choose(_) | Op::Idle | Op::Live, _) => {}
            _ => unreachable!("{op:?} is not a choice"),
        }
        answer
    }

    /// The thread, which was killed, waits nowhere any more, and goes no further.
    pub(super) fn die(&mut self, id: ThreadId, op: Op) {
        if let Op::Wake { object, .. } = op {
            self.threads[id.index()].permit = false;
            self.leave(object, ThreadSet::of(id));
        }
        self.threads[id.index()].life = Life::Over;
        if let Some(trace) = &mut self.trace {
            trace.killed(id);
        }
    }

    /// The thread learns what the object's message holds.
    fn receive(&mut self, id: ThreadId, object: ObjectId, order: Order) {
        let message = &self.objects[object.index()].as_ref().expect("an object of this execution").message;
        self.threads[id.index()].view.receive(message, order);
    }

    fn store(&mut self, id: ThreadId, object: ObjectId, order: Order) {
        let message = self.threads[id.index()].view.send(id, order);
        self.object_mut(object).message = message;
    }

    /// A read-modify-write continues the release sequence that it reads from.
    fn read_modify_write(&mut self, id: ThreadId, object: ObjectId, order: Order) {
        self.receive(id, object, order);
        let message = self.threads[id.index()].view.send(id, order);
        self.object_mut(object).message.join(&message);
    }

    /// The thread has read the object, and may wait for a change of it.
    fn notice(&mut self, id: ThreadId, object: ObjectId) {
        let look = self.look(object);
        self.threads[id.index()].notice(object, look);
    }

    fn lock(&mut self, id: ThreadId, object: ObjectId) {
        self.receive(id, object, Order::Acquire);
        let mut readers_past = None;
        match &mut self.object_mut(object).state {
            State::Mutex { owner, taken } => {
                *owner = Some(id);
                *taken += 1;
            }
            State::RwLock { writer, taken, read, .. } => {
                *writer = Some(id);
                *taken += 1;
                readers_past = Some(read.clone());
            }
            _ => unreachable!("a lock"),
        }
        if let Some(past) = readers_past {
            self.threads[id.index()].view.learn(&past);
        }
        self.hold(id, object, false);
        self.notice(id, object);
    }

    fn lock_shared(&mut self, id: ThreadId, object: ObjectId) {
        self.receive(id, object, Order::Acquire);
        if let State::RwLock { readers, .. } = &mut self.object_mut(object).state {
            *readers = readers.with(ThreadSet::of(id));
        }
        self.hold(id, object, true);
        self.notice(id, object);
    }

    pub(super) fn unlock(&mut self, id: ThreadId, object: ObjectId) {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        let lock = self.object_mut(object);
        lock.message.join(&message);
        match &mut lock.state {
            State::Mutex { owner, .. } => *owner = None,
            State::RwLock { writer, .. } => *writer = None,
            _ => unreachable!("a lock"),
        }
        self.let_go(id, object);
        self.notice(id, object);
    }

    fn unlock_shared(&mut self, id: ThreadId, object: ObjectId) {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        self.let_go(id, object);
        let still = self.holds(id, object);
        if let State::RwLock { readers, read, .. } = &mut self.object_mut(object).state {
            if !still {
                *readers = readers.without(ThreadSet::of(id));
            }
            read.join(&message);
        }
        self.notice(id, object);
    }

    /// Those who wait at a condition variable or at an atomic.
    fn waiters_mut(&mut self, object: ObjectId) -> &mut ThreadSet {
        match &mut self.object_mut(object).state {
            State::Condvar { waiters } | State::Atomic { waiters, .. } => waiters,
            _ => unreachable!("a condition variable or a futex"),
        }
    }

    fn enqueue(&mut self, id: ThreadId, object: ObjectId) {
        let waiters = self.waiters_mut(object);
        *waiters = waiters.with(ThreadSet::of(id));
    }

    /// The look at the word is no read of the program's: the thread learns nothing of the past by it.
    fn wait_if(&mut self, id: ThreadId, word: ObjectId, waits: bool) {
        self.notice(id, word);
        if waits {
            self.enqueue(id, word);
        }
    }

    fn leave(&mut self, object: ObjectId, leaving: ThreadSet) {
        let waiters = self.waiters_mut(object);
        *waiters = waiters.without(leaving);
    }

    fn notify(&mut self, object: ObjectId, woken: ThreadSet) {
        self.leave(object, woken);
        for waiter in woken {
            self.threads[waiter.index()].permit = true;
        }
    }

    fn park(&mut self, id: ThreadId) {
        let thread = &mut self.threads[id.index()];
        (thread.token, thread.own_token) = (false, false);
        let message = std::mem::replace(&mut thread.token_message, Clock::ZERO);
        thread.view.learn(&message);
    }

    /// 1 where nothing changes: the thread has left itself a token before, and has not parked since.
    fn unpark(&mut self, id: ThreadId, other: ThreadId) -> u64 {
        let thread = &mut self.threads[id.index()];
        let again = id == other && std::mem::replace(&mut thread.own_token, true);
        let message = thread.view.send(id, Order::Release);
        let other = &mut self.threads[other.index()];
        other.token = true;
        other.token_message.join(&message);
        u64::from(again)
    }

    fn letters_mut(&mut self, mailbox: ObjectId) -> &mut Vec<Letter> {
        match &mut self.object_mut(mailbox).state {
            State::Mailbox { in_flight } => in_flight,
            _ => unreachable!("a mailbox"),
        }
    }

    fn post(&mut self, id: ThreadId, mailbox: ObjectId, number: u8, behind: u64) {
        let knows = self.threads[id.index()].view.send(id, Order::Release);
        self.letters_mut(mailbox).push(Letter { number, behind, knows });
    }

    /// The receiver learns what the sender had seen.
    fn deliver(&mut self, id: ThreadId, mailbox: ObjectId, number: u8) {
        let letters = self.letters_mut(mailbox);
        let place = letters.iter().position(|letter| letter.number == number).expect("it is in flight");
        let letter = letters.swap_remove(place);
        self.threads[id.index()].view.learn(&letter.knows);
    }

    fn owners_mut(&mut self, arc: ObjectId) -> &mut u32 {
        match &mut self.object_mut(arc).state {
            State::Arc { owners, .. } => owners,
            _ => unreachable!("a reference count"),
        }
    }

    fn upgrade(&mut self, id: ThreadId, arc: ObjectId) {
        self.receive(id, arc, Order::Acquire);
        let owners = self.owners_mut(arc);
        *owners += u32::from(*owners > 0);
    }

    /// The last owner learns what the others did.
    fn disown(&mut self, id: ThreadId, arc: ObjectId) {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        self.object_mut(arc).message.join(&message);
        let owners = self.owners_mut(arc);
        *owners -= 1;
        if *owners == 0 {
            self.end(id, arc);
            self.receive(id, arc, Order::Acquire);
        }
    }

    fn count(&mut self, id: ThreadId, arc: ObjectId) {
        self.receive(id, arc, Order::Acquire);
        self.notice(id, arc);
    }
}
