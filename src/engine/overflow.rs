//! A stack that overflows: told apart from other faults, and turned into an end of the execution.
//!
//! Below each stack lies a page that nobody may touch. A signal handler, on a stack of its own, sees whether a
//! fault is an access to that page of the stack that the engine runs on. If so the coroutine is made to return,
//! with everything that is on its stack leaked, as in a deadlock; shuttle's coroutines are not ours to end, and
//! there the process dies with the name of the thread as its last words. Every other fault is for the handler
//! that was there before.
//!
//! A function of the C library that overflows in the middle of its work (an allocation, say) leaves behind what
//! it had locked. The operations of the facade look at the stack first, so that the engine itself never does.
//!
//! On Linux, for x86-64 and AArch64; elsewhere an overflow kills the process without words.

use corosensei::stack::{DefaultStack, Stack};

/// Bytes of stack of a thread that asks for no other size: std's default.
pub(super) const DEFAULT_SIZE: usize = 2 << 20;
/// Bytes below that, for the engine's own work on the stack of the thread that it serves.
pub(super) const SLACK: usize = 128 << 10;

/// A stack on which the program has so many bytes.
pub(super) fn stack(bytes: usize) -> DefaultStack {
    DefaultStack::new(bytes + SLACK).expect("memory for a stack")
}

/// Whether the stack is what [`stack`] gives for so many bytes.
pub(super) fn is_of(stack: &DefaultStack, bytes: usize) -> bool {
    // A guard page, and what fills up the last page.
    const BEYOND: usize = 2 * (64 << 10);
    let length = stack.base().get() - stack.limit().get();
    length.checked_sub(bytes + SLACK).is_some_and(|beyond| beyond < BEYOND)
}

/// Where the program's part of the stack ends.
pub(super) fn floor(stack: &DefaultStack) -> usize {
    stack.limit().get() + SLACK
}

/// About where the calling function's frame is.
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let here = 0u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

#[cfg(feature = "shuttle")]
pub(super) use sys::watch_foreign;
pub(super) use sys::{guard, overflowed, prepare};

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod sys {
    use corosensei::trap::{CoroutineTrapHandler, TrapHandlerRegs};
    use std::cell::Cell;
    use std::ffi::c_int;
    use std::mem::MaybeUninit;
    use std::ptr;
    #[cfg(feature = "loom")]
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

    type Trap = CoroutineTrapHandler<()>;

    thread_local! {
        /// The coroutine that runs on this OS thread.
        static RUNNING: Cell<Option<Trap>> = const { Cell::new(None) };
        /// It was made to return because its stack overflowed.
        static OVERFLOWED: Cell<bool> = const { Cell::new(false) };
        /// Who runs, where the coroutines are not ours.
        static FOREIGN: Cell<Option<fn() -> u32>> = const { Cell::new(None) };
    }

    /// A coroutine runs until this is dropped.
    #[must_use]
    pub(in super::super) struct Guarded {
        /// Runs on: the exploration is part of what another one explores.
        outer: Option<Trap>,
    }

    /// The coroutine is about to run on this OS thread.
    pub(in super::super) fn guard(trap: Trap) -> Guarded {
        Guarded { outer: RUNNING.replace(Some(trap)) }
    }

    impl Drop for Guarded {
        fn drop(&mut self) {
            RUNNING.set(self.outer);
        }
    }

    /// Whether the coroutine that has just returned was made to.
    pub(in super::super) fn overflowed() -> bool {
        OVERFLOWED.replace(false)
    }

    /// Coroutines that are not ours run on this OS thread, or no longer; the function names the thread of
    /// the model, and is called inside a signal handler.
    #[cfg_attr(not(feature = "shuttle"), expect(dead_code, reason = "shuttle's are not ours"))]
    pub(in super::super) fn watch_foreign(who: Option<fn() -> u32>) {
        FOREIGN.set(who);
    }

    /// Prepares the process and this OS thread for overflows. Whoever installed a handler since the last time
    /// comes after ours from now on.
    pub(in super::super) fn prepare() {
        #[cfg(feature = "loom")]
        let_loom_go_first();
        install();
        thread_local!(static SPARE: () = spare_stack());
        SPARE.with(|()| ());
    }

    /// loom's coroutines bring a handler, installed when the first one is made, which takes every fault for
    /// one on a coroutine of its own.
    #[cfg(feature = "loom")]
    fn let_loom_go_first() {
        static GONE: LazyLock<()> = LazyLock::new(|| {
            let mut builder = loom::model::Builder::new();
            (builder.log, builder.location, builder.checkpoint_file) = (false, false, None);
            // On a thread of its own: this one may be busy with a model.
            let first = std::thread::Builder::new().spawn(move || builder.check(|| ()));
            first.expect("a thread can be started").join().expect("nothing can go wrong in nothing");
        });
        LazyLock::force(&GONE);
    }

    /// A handler runs on another stack than the one that overflowed. std gives its threads one; a thread that
    /// somebody else started has none.
    fn spare_stack() {
        const SIZE: usize = 64 << 10;
        // SAFETY: the call only reads the present setting into `now`, and zero is a valid value of the type.
        let present = unsafe {
            let mut now = MaybeUninit::<libc::stack_t>::zeroed();
            libc::sigaltstack(ptr::null(), now.as_mut_ptr());
            now.assume_init()
        };
        if present.ss_flags & libc::SS_DISABLE == 0 {
            return;
        }
        // Never freed: the thread may fault until its very end.
        let memory = Box::leak(vec![0u8; SIZE].into_boxed_slice());
        let spare = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
        // SAFETY: the memory is valid for as long as the process lives, and nobody else uses it.
        unsafe { libc::sigaltstack(&raw const spare, ptr::null_mut()) };
    }

    /// The handler that was there before ours; null where there was none, or not yet.
    static PREVIOUS: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

    fn install() {
        // SAFETY: zero is a valid `sigaction`; the handler has the signature that SA_SIGINFO asks for.
        let previous = unsafe {
            let (mut action, mut previous): (libc::sigaction, libc::sigaction) = std::mem::zeroed();
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            action.sa_sigaction = handle as *const () as usize;
            libc::sigaction(libc::SIGSEGV, &raw const action, &raw mut previous);
            previous
        };
        if previous.sa_sigaction != handle as *const () as usize {
            // Never freed: a handler may be reading it. Ordering: pairs with the load in `pass_on`, which sees
            // what is behind the pointer.
            PREVIOUS.store(Box::into_raw(Box::new(previous)), Ordering::Release);
        }
    }

    unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut libc::ucontext_t) {
        // SAFETY: the system gives both to a handler with SA_SIGINFO, for as long as it runs.
        let (address, context) = unsafe { ((*info).si_addr().addr(), &mut *context) };
        let pointer = registers::stack_pointer(context);
        match RUNNING.get() {
            Some(trap) if trap.stack_ptr_in_bounds(pointer) && is_guard(&trap, address) => {
                // SAFETY: the stack pointer is within the coroutine, which is alive while it is `RUNNING`; the
                // registers are set as asked. What the coroutine was doing is never looked at again: its
                // execution is abandoned. The engine was not at work: it would have seen the end of the stack.
                let registers = unsafe { trap.setup_trap_handler(|| OVERFLOWED.set(true)) };
                registers::set(context, registers);
            }
            None if pointer.abs_diff(address) < NEAR => match FOREIGN.get() {
                Some(who) => die(who()),
                None => pass_on(signal),
            },
            _ => pass_on(signal),
        }
    }

    /// Whether this is an address in the guard page, which is the lowest one.
    fn is_guard(trap: &Trap, address: usize) -> bool {
        trap.stack_ptr_in_bounds(address) && !trap.stack_ptr_in_bounds(address.wrapping_sub(page()))
    }

    fn page() -> usize {
        // SAFETY: a query, which is allowed in a signal handler.
        unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
    }

    /// A stack grows down page by page: the access that overflows is near the stack pointer.
    const NEAR: usize = 64 << 10;

    /// The last words: no lock, no allocation.
    fn die(thread: u32) -> ! {
        let mut digits = [b'0'; 10];
        let (mut rest, mut first) = (thread, digits.len());
        while rest > 0 || first == digits.len() {
            first -= 1;
            digits[first] += (rest % 10) as u8;
            rest /= 10;
        }
        for words in
            [b"\nthread '".as_slice(), &digits[first..], b"' of the model has overflowed its stack\n"]
        {
            // SAFETY: the bytes are valid for the call. A failure to print changes nothing.
            unsafe { libc::write(2, words.as_ptr().cast(), words.len()) };
        }
        // SAFETY: ends the process, as std does at an overflow.
        unsafe { libc::abort() }
    }

    /// The fault is not for us: the handler that was there before is put back, and the access is done again. If
    /// that handler puts this one back in turn, nobody wants the fault, and the system ends the process.
    fn pass_on(signal: c_int) {
        static PASSED: AtomicBool = AtomicBool::new(false);
        // Ordering: the flag guards nothing; the two handlers run one after the other.
        let again = PASSED.swap(true, Ordering::Relaxed);
        // Ordering: pairs with the store in `install`.
        let previous = PREVIOUS.load(Ordering::Acquire);
        // SAFETY: zero is a valid `sigaction`, the default action; what PREVIOUS points to is never freed.
        unsafe {
            let default: libc::sigaction = std::mem::zeroed();
            let next = if again || previous.is_null() { &raw const default } else { previous };
            libc::sigaction(signal, next, ptr::null_mut());
        }
    }

    #[cfg(target_arch = "x86_64")]
    mod registers {
        use super::TrapHandlerRegs;

        pub(super) fn stack_pointer(context: &libc::ucontext_t) -> usize {
            context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize
        }

        pub(super) fn set(context: &mut libc::ucontext_t, registers: TrapHandlerRegs) {
            let TrapHandlerRegs { rip, rsp, rbp, rdi, rsi } = registers;
            let values = [
                (libc::REG_RIP, rip),
                (libc::REG_RSP, rsp),
                (libc::REG_RBP, rbp),
                (libc::REG_RDI, rdi),
                (libc::REG_RSI, rsi),
            ];
            for (register, value) in values {
                context.uc_mcontext.gregs[register as usize] = value as i64;
            }
        }
    }

    #[cfg(target_arch = "aarch64")]
    mod registers {
        use super::TrapHandlerRegs;

        pub(super) fn stack_pointer(context: &libc::ucontext_t) -> usize {
            context.uc_mcontext.sp as usize
        }

        pub(super) fn set(context: &mut libc::ucontext_t, registers: TrapHandlerRegs) {
            let TrapHandlerRegs { pc, sp, x0, x1, x29, lr } = registers;
            let machine = &mut context.uc_mcontext;
            (machine.pc, machine.sp) = (pc, sp);
            for (register, value) in [(0, x0), (1, x1), (29, x29), (30, lr)] {
                machine.regs[register] = value;
            }
        }
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod sys {
    use corosensei::trap::CoroutineTrapHandler;

    pub(in super::super) struct Guarded(());

    pub(in super::super) fn guard(_: CoroutineTrapHandler<()>) -> Guarded {
        Guarded(())
    }

    pub(in super::super) fn overflowed() -> bool {
        false
    }

    #[cfg_attr(not(feature = "shuttle"), expect(dead_code, reason = "shuttle's are not ours"))]
    pub(in super::super) fn watch_foreign(_: Option<fn() -> u32>) {}

    pub(in super::super) fn prepare() {}
}
