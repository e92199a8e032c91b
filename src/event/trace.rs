//! What one execution did, step by step: the raw material of a counterexample.
//!
//! Engines record only while they repeat the execution that failed, so that exploring stays fast.
//! The recorder is plain data: one that used the facade would add happens-before edges and hide the
//! bugs that it is to show.

use super::op::{Class, ObjectId, Op, Site, ThreadId};
use std::collections::BTreeMap;
use std::fmt;

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// The file's path, as the compiler was given it.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u32,
}

impl From<Site> for Place {
    fn from(site: Site) -> Self {
        Self { file: site.file().to_owned(), line: site.line() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The file's name is enough for a reader who knows the tree; the path would fill the table.
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or(&self.file);
        match self.line {
            0 => f.write_str(name),
            line => write!(f, "{name}:{line}"),
        }
    }
}

/// What a thread does that waits for a lock that it holds, since then and for reading or not.
#[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "engines say it"))]
pub(crate) fn relocks(op: Op, here: Site, since: Site, shared: bool) -> String {
    let (here, since) = (Place::from(here), Place::from(since));
    let (does, lock) = match op {
        Op::Read(_) => ("reads", "an RwLock"),
        Op::Write(_) => ("writes", "an RwLock"),
        _ => ("locks", "a Mutex"),
    };
    let has = match op {
        Op::Lock(_) => "locked",
        _ if shared => "read-locked",
        _ => "write-locked",
    };
    let then = match op {
        Op::Read(_) if shared => "may deadlock (a writer in between) or panic",
        _ => "deadlocks or panics",
    };
    format!("{does} {lock} at {here} that it has {has} at {since}: std {then}")
}

/// An object of the execution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Object {
    /// The id that steps refer to.
    pub id: ObjectId,
    /// What it is.
    pub class: Class,
    /// The name that the program gave it, if it did.
    pub name: Option<String>,
    /// Where it was made.
    pub born: Place,
}

/// One operation of the execution, or a [note](Op::Note).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Who.
    pub thread: ThreadId,
    /// As whom, where the thread acts for somebody else: for a task that it polls, say.
    pub actor: Option<String>,
    /// What.
    pub op: Op,
    /// Where in the source.
    pub place: Place,
    /// Whether the operation took place. A step that did not is what its thread waits for at the
    /// end of the execution.
    pub done: bool,
    /// What the operation gave: the value that an atomic operation read, 1 or 0 for an attempt that
    /// succeeded or failed (`try_lock`, `compare_exchange`), 1 for a timed wait that timed out.
    pub answer: Option<u64>,
    /// What an atomic operation wrote.
    pub wrote: Option<u64>,
}

impl Step {
    /// Whether it is an operation, and no note.
    pub const fn is_operation(&self) -> bool {
        !matches!(self.op, Op::Note(_))
    }
}

/// Everything that one execution did, in the order in which it did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Trace {
    /// The names of the threads, by [`ThreadId`]. An unnamed thread is `thread N`, the first `main`.
    pub threads: Vec<String>,
    /// The objects, in no particular order.
    pub objects: Vec<Object>,
    /// The steps.
    pub steps: Vec<Step>,
    /// The texts of the [notes](Op::Note), by their numbers.
    pub notes: Vec<String>,
    /// As whom threads act, at this point of the recording.
    #[cfg_attr(feature = "cli", serde(skip))]
    acting: BTreeMap<ThreadId, String>,
}

impl Trace {
    /// A trace of nothing.
    pub const fn new() -> Self {
        Self {
            threads: Vec::new(),
            objects: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            acting: BTreeMap::new(),
        }
    }

    /// The same execution, shown by these steps of it.
    #[must_use]
    pub fn with_steps(&self, steps: Vec<Step>) -> Self {
        let Self { threads, objects, notes, .. } = self;
        let (threads, objects, notes) = (threads.clone(), objects.clone(), notes.clone());
        Self { threads, objects, steps, notes, acting: BTreeMap::new() }
    }

    /// How many steps are operations.
    pub fn operations(&self) -> usize {
        self.steps.iter().filter(|step| step.is_operation()).count()
    }

    /// The object with this id, if an operation on it was recorded.
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.iter().find(|object| object.id == id)
    }

    /// The name of an object, as tables print it: the given name, or its class and birthplace.
    pub fn object_name(&self, id: ObjectId) -> String {
        match self.object(id) {
            Some(Object { name: Some(name), .. }) => name.clone(),
            Some(Object { class, born, .. }) => format!("{class}@{born}"),
            None => format!("object {}", id.0),
        }
    }

    /// The name of a thread.
    pub fn thread_name(&self, id: ThreadId) -> &str {
        self.threads.get(id.index()).map_or("?", String::as_str)
    }

    /// Adds a thread; an unnamed one is named by its number.
    pub fn add_thread(&mut self, id: ThreadId, name: Option<&str>) {
        while self.threads.len() <= id.index() {
            let unnamed = match self.threads.len() {
                0 => "main".to_owned(),
                n => format!("thread {n}"),
            };
            self.threads.push(unnamed);
        }
        if let Some(name) = name {
            name.clone_into(&mut self.threads[id.index()]);
        }
    }

    /// Adds an object.
    pub fn add_object(&mut self, id: ObjectId, class: Class, born: Site) {
        self.objects.push(Object { id, class, name: None, born: born.into() });
    }

    /// Names an object.
    pub fn name_object(&mut self, id: ObjectId, name: String) {
        if let Some(object) = self.objects.iter_mut().find(|object| object.id == id) {
            object.name = Some(name);
        }
    }

    /// Adds a step that has begun and has not yet taken place; gives its index.
    pub fn begin(&mut self, thread: ThreadId, op: Op, site: Site) -> usize {
        let (actor, place) = (self.acting.get(&thread).cloned(), site.into());
        self.steps.push(Step { thread, actor, op, place, done: false, answer: None, wrote: None });
        self.steps.len() - 1
    }

    /// Adds a line of the program's own.
    pub fn note(&mut self, thread: ThreadId, text: String, site: Site) {
        let number = self.notes.len() as u32;
        self.notes.push(text);
        self.begin(thread, Op::Note(number), site);
        self.finish(thread, None);
    }

    /// As whom the thread acts from now on, if not as itself; gives as whom it did.
    pub fn act_as(&mut self, thread: ThreadId, actor: Option<String>) -> Option<String> {
        match actor {
            Some(actor) => self.acting.insert(thread, actor),
            None => self.acting.remove(&thread),
        }
    }

    /// The begun step takes place now: it moves to the end, so that the order of the steps is the
    /// order of their effects.
    pub fn finish(&mut self, thread: ThreadId, answer: Option<u64>) {
        let begun = self.steps.iter().rposition(|step| step.thread == thread && !step.done);
        if let Some(index) = begun {
            let mut step = self.steps.remove(index);
            step.done = true;
            step.answer = answer;
            self.steps.push(step);
        }
    }

    /// The begun step does not take place: its thread is killed there.
    pub fn killed(&mut self, thread: ThreadId) {
        if let Some(step) = self.steps.iter_mut().rfind(|step| step.thread == thread && !step.done) {
            step.op = Op::Die;
        }
    }

    /// The last finished step of the thread gave this.
    pub fn answer(&mut self, thread: ThreadId, bits: u64) {
        if let Some(step) = self.steps.iter_mut().rfind(|step| step.thread == thread && step.done) {
            step.answer = Some(bits);
        }
    }

    /// The last finished step of the thread wrote this.
    pub fn wrote(&mut self, thread: ThreadId, bits: u64) {
        if let Some(step) = self.steps.iter_mut().rfind(|step| step.thread == thread && step.done) {
            step.wrote = Some(bits);
        }
    }
}
