//! Without an engine in the build each type has the size and alignment of std's.

macro_rules! same_layout {
    ($($name:ident: $ours:ty = $std:ty;)+) => {$(
        #[test]
        fn $name() {
            assert_eq!(size_of::<$ours>(), size_of::<$std>());
            assert_eq!(align_of::<$ours>(), align_of::<$std>());
        }
    )+};
}

use crate::sync as ours;

same_layout! {
    mutex: ours::Mutex<u8> = std::sync::Mutex<u8>;
    mutex_guard: ours::MutexGuard<'static, u8> = std::sync::MutexGuard<'static, u8>;
    rwlock: ours::RwLock<u8> = std::sync::RwLock<u8>;
    rwlock_read_guard: ours::RwLockReadGuard<'static, u8> = std::sync::RwLockReadGuard<'static, u8>;
    rwlock_write_guard: ours::RwLockWriteGuard<'static, u8> = std::sync::RwLockWriteGuard<'static, u8>;
    condvar: ours::Condvar = std::sync::Condvar;
    once: ours::Once = std::sync::Once;
    once_lock: ours::OnceLock<u8> = std::sync::OnceLock<u8>;
    barrier: ours::Barrier = std::sync::Barrier;
    tracked: ours::Tracked<u8> = u8;
    tracked_of_no_size: ours::Tracked<()> = ();
    unsafe_cell: ours::UnsafeCell<u8> = std::cell::UnsafeCell<u8>;
    arc: ours::Arc<u8> = std::sync::Arc<u8>;
    arc_of_a_slice: ours::Arc<[u8]> = std::sync::Arc<[u8]>;
    optional_arc: Option<ours::Arc<u8>> = Option<std::sync::Arc<u8>>;
    weak: ours::Weak<u8> = std::sync::Weak<u8>;
    atomic_bool: ours::atomic::AtomicBool = std::sync::atomic::AtomicBool;
    atomic_u8: ours::atomic::AtomicU8 = std::sync::atomic::AtomicU8;
    atomic_u16: ours::atomic::AtomicU16 = std::sync::atomic::AtomicU16;
    atomic_u32: ours::atomic::AtomicU32 = std::sync::atomic::AtomicU32;
    atomic_u64: ours::atomic::AtomicU64 = std::sync::atomic::AtomicU64;
    atomic_usize: ours::atomic::AtomicUsize = std::sync::atomic::AtomicUsize;
    atomic_i8: ours::atomic::AtomicI8 = std::sync::atomic::AtomicI8;
    atomic_i16: ours::atomic::AtomicI16 = std::sync::atomic::AtomicI16;
    atomic_i32: ours::atomic::AtomicI32 = std::sync::atomic::AtomicI32;
    atomic_i64: ours::atomic::AtomicI64 = std::sync::atomic::AtomicI64;
    atomic_isize: ours::atomic::AtomicIsize = std::sync::atomic::AtomicIsize;
    atomic_pointer: ours::atomic::AtomicPtr<u8> = std::sync::atomic::AtomicPtr<u8>;
    futex: ours::Futex = std::sync::atomic::AtomicU32;
    thread: ours::thread::Thread = std::thread::Thread;
    thread_id: ours::thread::ThreadId = std::thread::ThreadId;
    label: ours::Label = ();
    awaits: ours::future::Awaits = ();
    join_handle: ours::thread::JoinHandle<u8> = std::thread::JoinHandle<u8>;
}

/// `new` is const where std's is.
#[test]
fn statics_are_made_with_new() {
    static COUNT: ours::Mutex<u32> = ours::Mutex::new(1);
    static WORD: ours::Futex = ours::Futex::new(0);
    static FLAG: ours::atomic::AtomicBool = ours::atomic::AtomicBool::new(true);
    static VALUE: ours::OnceLock<u32> = ours::OnceLock::new();
    assert_eq!(*COUNT.lock().unwrap(), *VALUE.get_or_init(|| 1));
    WORD.wake_all();
    assert!(FLAG.load(ours::atomic::Ordering::Relaxed));
}

/// What nobody would read is not written.
#[test]
fn notes_are_nothing() {
    struct Unread;

    impl std::fmt::Display for Unread {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            unreachable!("nobody records")
        }
    }

    ours::note(format_args!("{Unread}"));
    ours::acting_as(format_args!("{Unread}"), || ());
    ours::future::Awaits::new(format_args!("{Unread}")).begin();
    assert_eq!(ours::Label::new(format_args!("{Unread}")).to_string(), "");
}
