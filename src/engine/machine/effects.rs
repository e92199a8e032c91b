//! What each operation does to the machine's state, once it is granted.

use super::clock::{Clock, ThreadSet};
use super::object::State;
use super::{Machine, notified};
use crate::event::op::{ObjectId, Op, Order, ThreadId};

impl Machine {
    /// The operation takes place, in this way; gives its answer.
    pub(super) fn perform(&mut self, id: ThreadId, op: Op, choice: u8) -> u64 {
        match op {
            Op::Load(object, order) => self.load(id, object, order),
            Op::Store(object, order) => self.store(id, object, order),
            Op::Rmw(object, order) => self.read_modify_write(id, object, order),
            Op::CompareExchange { object, expected, success, failure, .. } => {
                if self.value(object) == expected {
                    self.read_modify_write(id, object, success)
                } else {
                    self.load(id, object, failure)
                }
            }
            Op::Lock(object) | Op::Write(object) => self.lock(id, object),
            Op::Read(object) => self.lock_shared(id, object),
            Op::TryLock(object) | Op::TryWrite(object) => {
                if self.is_free(object) {
                    self.lock(id, object)
                } else {
                    self.look(id, object)
                }
            }
            Op::TryRead(object) => {
                if self.is_readable(object) {
                    self.lock_shared(id, object)
                } else {
                    self.look(id, object)
                }
            }
            Op::Unlock(object) | Op::UnlockWrite(object) => self.unlock(id, object),
            Op::UnlockRead(object) => self.unlock_shared(id, object),
            Op::Wait { condvar, mutex } => {
                self.enqueue(id, condvar);
                self.unlock(id, mutex)
            }
            Op::WaitIf { word, expected } => self.enqueue_if(id, word, expected),
            Op::Wake { object, .. } => self.wake(id, object),
            Op::NotifyOne(object) => self.notify(object, notified(choice).into_iter().collect()),
            Op::NotifyAll(object) => self.notify(object, self.waiters(object)),
            Op::Park { .. } => self.park(id),
            Op::Unpark(other) => self.unpark(id, other),
            Op::ArcClone(object) => self.own(object),
            Op::ArcUpgrade(object) => self.upgrade(id, object),
            Op::ArcDrop(object) => self.disown(id, object),
            Op::ArcCount(object) => self.count(id, object),
            Op::Destroy(object) => {
                self.end(id, object);
                0
            }
            Op::Spurious(_) => {
                self.spurious += choice;
                u64::from(choice)
            }
            _ => unreachable!("{op:?} is not a choice"),
        }
    }

    /// The thread learns what the object's message holds.
    fn receive(&mut self, id: ThreadId, object: ObjectId, order: Order) {
        let message = &self.objects[object.index()].as_ref().expect("an object of this execution").message;
        self.threads[id.index()].view.receive(message, order);
    }

    fn load(&mut self, id: ThreadId, object: ObjectId, order: Order) -> u64 {
        self.receive(id, object, order);
        self.value(object)
    }

    fn store(&mut self, id: ThreadId, object: ObjectId, order: Order) -> u64 {
        let message = self.threads[id.index()].view.send(id, order);
        self.object_mut(object).message = message;
        0
    }

    /// A read-modify-write continues the release sequence that it reads from.
    fn read_modify_write(&mut self, id: ThreadId, object: ObjectId, order: Order) -> u64 {
        self.receive(id, object, order);
        let message = self.threads[id.index()].view.send(id, order);
        self.object_mut(object).message.join(&message);
        self.value(object)
    }

    /// A failed attempt tells the thread that the lock was held.
    fn look(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        let look = self.object(object).look();
        self.threads[id.index()].notice(object, look);
        0
    }

    fn lock(&mut self, id: ThreadId, object: ObjectId) -> u64 {
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
        self.look(id, object);
        1
    }

    fn lock_shared(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        self.receive(id, object, Order::Acquire);
        if let State::RwLock { readers, .. } = &mut self.object_mut(object).state {
            *readers = readers.with(ThreadSet::of(id));
        }
        self.hold(id, object, true);
        self.look(id, object);
        1
    }

    pub(super) fn unlock(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        let lock = self.object_mut(object);
        lock.message.join(&message);
        match &mut lock.state {
            State::Mutex { owner, .. } => *owner = None,
            State::RwLock { writer, .. } => *writer = None,
            _ => unreachable!("a lock"),
        }
        self.let_go(id, object);
        self.look(id, object)
    }

    fn unlock_shared(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        self.let_go(id, object);
        let still = self.holds(id, object);
        if let State::RwLock { readers, read, .. } = &mut self.object_mut(object).state {
            if !still {
                *readers = readers.without(ThreadSet::of(id));
            }
            read.join(&message);
        }
        self.look(id, object)
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

    /// 1 where the word is what was expected, so that the thread waits. It is no read of the program's: the
    /// thread learns nothing of the past by it.
    fn enqueue_if(&mut self, id: ThreadId, word: ObjectId, expected: u64) -> u64 {
        let value = self.value(word);
        self.threads[id.index()].notice(word, value);
        if value == expected {
            self.enqueue(id, word);
        }
        u64::from(value == expected)
    }

    /// 0 with a permit, 1 without one.
    fn wake(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        if std::mem::take(&mut self.threads[id.index()].permit) {
            return 0;
        }
        let waiters = self.waiters_mut(object);
        *waiters = waiters.without(ThreadSet::of(id));
        1
    }

    fn notify(&mut self, object: ObjectId, woken: ThreadSet) -> u64 {
        let waiters = self.waiters_mut(object);
        *waiters = waiters.without(woken);
        for waiter in woken {
            self.threads[waiter.index()].permit = true;
        }
        0
    }

    /// 0 with a token, 1 without one.
    fn park(&mut self, id: ThreadId) -> u64 {
        let thread = &mut self.threads[id.index()];
        thread.own_token = false;
        let found = std::mem::take(&mut thread.token);
        let message = std::mem::replace(&mut thread.token_message, Clock::ZERO);
        thread.view.learn(&message);
        u64::from(!found)
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

    fn own(&mut self, object: ObjectId) -> u64 {
        if let State::Arc { owners, .. } = &mut self.object_mut(object).state {
            *owners += 1;
        }
        0
    }

    fn upgrade(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        self.receive(id, object, Order::Acquire);
        match &mut self.object_mut(object).state {
            State::Arc { owners: 0, .. } => 0,
            State::Arc { owners, .. } => {
                *owners += 1;
                1
            }
            _ => unreachable!("a reference count"),
        }
    }

    /// 1 where this was the last owner, which learns what the others did.
    fn disown(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        let message = self.threads[id.index()].view.send(id, Order::Release);
        let arc = self.object_mut(object);
        arc.message.join(&message);
        let State::Arc { owners, .. } = &mut arc.state else { unreachable!("a reference count") };
        *owners -= 1;
        let last = *owners == 0;
        if last {
            self.end(id, object);
            self.receive(id, object, Order::Acquire);
        }
        u64::from(last)
    }

    fn count(&mut self, id: ThreadId, object: ObjectId) -> u64 {
        self.receive(id, object, Order::Acquire);
        let owners = self.object(object).look();
        self.threads[id.index()].notice(object, owners);
        owners
    }
}
