//! `check`: whether a history that somebody has written down is one of an object.

mod input;

use self::input::{Consistency, Format, Input, Object};
use super::ending::{Ending, Stop};
use super::terminal;
use clap::Args;
use refectory::check::explain::Explanation;
use refectory::check::log::{self, Decidable, explained, overlapping};
use refectory::check::{Budget, Decision, Witness};
use refectory::history::format::{Header, Names, Value};
use refectory::history::log::Entry;
use refectory::report::{self, Interval, JudgedHistory};
use refectory::spec::written::{self, Entries, Logs, Written};
use refectory::spec::{KvCall, KvSpec, Order, QueueCall, QueueSpec, RegisterCall, SetCall, SetSpec};
use serde::Serialize;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Debug)]
pub(super) struct Check {
    /// The file of the history; `-` is standard input.
    file: PathBuf,
    /// The object that it should be a history of. Without it, the first line of the file says so.
    #[arg(long, value_enum)]
    spec: Option<Object>,
    /// How the file is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// When an operation may take place.
    #[arg(long, value_enum, default_value_t)]
    consistency: Consistency,
    /// Values are tuples of a key and a value, as those of Jepsen's `independent`: each key is an object.
    #[arg(long)]
    tuples: bool,
    /// The value with which a register begins [default: what the file says; else nothing, if anybody has
    /// found that, or 0].
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    initial: Option<String>,
    /// How many items a queue, a stack or a bag has room for: it may refuse more [default: there is always room].
    #[arg(long, value_name = "N")]
    capacity: Option<usize>,
    /// How long a check may take, as in `60s` or `5m` [default: a hundred million steps].
    #[arg(long, value_name = "TIME", value_parser = terminal::time)]
    budget: Option<Duration>,
    /// Draws what is wrong into this file, as a picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let input = Input::read(&self.file, self.format)?;
        let (object, header) = input.object(self.spec)?;
        let judged = self.judge(&input, object, &header)?;
        let ending = match judged.history.decision {
            Decision::Holds => Ending::AsExpected,
            Decision::Violated(_) => Ending::Violation,
            Decision::Unknown(_) => Ending::NotDecided,
        };
        terminal::print(&match self.json {
            true => judged.json(object, self.consistency, ending)?,
            false => report::judged_history(&judged.history, terminal::style()),
        })?;
        Ok(ending.and_kept(self.draw(&judged.history)))
    }

    fn judge(&self, input: &Input, object: Object, header: &Header<'_>) -> Result<Judged, Stop> {
        let order = match object {
            Object::Fifo => Order::Fifo,
            Object::Lifo => Order::Lifo,
            Object::Priority => Order::Priority,
            Object::Bag => Order::Unordered,
            Object::Set => return Ok(self.decide(object, &self.logs::<SetCall>(input)?, &SetSpec)),
            Object::Kv => return Ok(self.decide(object, &self.logs::<KvCall>(input)?, &KvSpec)),
            Object::Register => {
                let mut logs = self.logs::<RegisterCall>(input)?;
                let said = self.initial.as_deref().map(input::value);
                let initial: Option<&Value<'_>> = said.as_ref().or(header.initial.as_ref());
                let register =
                    written::begin_with(&mut logs, initial).map_err(|problem| input.unfit(&problem))?;
                return Ok(self.decide(object, &logs, &register));
            }
        };
        let mut logs = self.logs::<QueueCall>(input)?;
        if order == Order::Priority {
            written::in_order(&mut logs).map_err(|problem| input.unfit(&problem))?;
        }
        let capacity = self.capacity.unwrap_or(usize::MAX);
        let queue = QueueSpec { order, capacity, answers_at_once: true, fails_under_contention: false };
        Ok(self.decide(object, &logs, &queue))
    }

    fn logs<C: Written>(&self, input: &Input) -> Result<Logs<C>, Stop> {
        let read = written::read(input.format, input.text(), self.tuples);
        read.map(|(_, logs)| logs).map_err(|error| input.wrong(&error))
    }

    /// Decides the log of each object, and explains the first that is wrong.
    fn decide<C: Decidable>(&self, name: Object, logs: &Logs<C>, object: &C::Object) -> Judged {
        let budget = match self.budget {
            Some(time) => Budget { steps: u64::MAX, time: Some(time), ..Budget::default() },
            None => Budget::default(),
        };
        let consistency = log::Consistency::from(self.consistency);
        let mut judged = Judged::new(format!("{consistency} as {name}"), logs);
        for (key, log) in &logs.objects {
            match log::decide(object, consistency, log, budget) {
                Decision::Holds => {}
                Decision::Unknown(reason) if judged.history.decision == Decision::Holds => {
                    judged.history.decision = Decision::Unknown(reason);
                }
                Decision::Unknown(_) => {}
                Decision::Violated(witness) => {
                    let explanation = explained(object, consistency, log, &witness, budget);
                    judged.explain(log, &logs.names, *key, explanation);
                    break;
                }
            }
        }
        judged
    }

    /// The picture, if one is asked for and something is wrong.
    fn draw(&self, history: &JudgedHistory) -> Result<(), Stop> {
        match (&self.svg, &history.decision) {
            (Some(file), Decision::Violated(witness)) => {
                let picture = report::intervals_svg(&history.part, &witness.reason);
                std::fs::write(file, picture).map_err(|error| Stop::unwritten(file, error))
            }
            _ => Ok(()),
        }
    }
}

/// What came of a history.
struct Judged {
    history: JudgedHistory,
    /// The part of it that explains a violation, as JSON lines.
    lines: Vec<String>,
}

impl Judged {
    /// Of a history of which nothing wrong is known.
    fn new<C: Written>(property: String, logs: &Logs<C>) -> Self {
        let entries = || logs.objects.iter().flat_map(|(_, log)| log);
        let history = JudgedHistory {
            property,
            decision: Decision::Holds,
            operations: logs.operations(),
            processes: entries().map(|entry| entry.process).collect::<HashSet<u32>>().len(),
            overlapping: logs.objects.iter().map(|(_, log)| overlapping(log)).sum(),
            part: Vec::new(),
            is_minimal: false,
        };
        Self { history, lines: Vec::new() }
    }

    fn explain<C: Decidable>(
        &mut self,
        log: &Entries<C>,
        names: &Names,
        key: Option<u32>,
        explanation: Explanation,
    ) {
        let part: Vec<_> = explanation.entries.iter().map(|place| log[*place].clone()).collect();
        let of_key = key.map_or_else(String::new, |key| format!("under key {}: ", names.name(key)));
        let reason = of_key + &names.in_words(&explanation.reason);
        self.history.decision = Decision::Violated(Witness { reason, entries: explanation.entries });
        self.history.is_minimal = explanation.is_minimal;
        self.history.part = part.iter().map(|entry| interval(entry, names)).collect();
        let text = written::write::<C>(&Header::default(), &part, names);
        self.lines = text.lines().skip(1).map(str::to_owned).collect();
    }

    fn json(&self, object: Object, consistency: Consistency, ending: Ending) -> Result<String, Stop> {
        #[derive(Serialize)]
        struct Json<'a> {
            exit_code: u8,
            spec: String,
            consistency: String,
            verdict: &'static str,
            reason: Option<&'a str>,
            operations: usize,
            processes: usize,
            overlapping: usize,
            part: Vec<serde_json::Value>,
            part_is_minimal: bool,
        }
        let (verdict, reason) = match &self.history.decision {
            Decision::Holds => ("holds", None),
            Decision::Violated(witness) => ("violated", Some(witness.reason.as_str())),
            Decision::Unknown(reason) => ("not decided", Some(reason.as_str())),
        };
        let part = self.lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>();
        let json = Json {
            exit_code: ending.code(),
            spec: object.to_string(),
            consistency: consistency.to_string(),
            verdict,
            reason,
            operations: self.history.operations,
            processes: self.history.processes,
            overlapping: self.history.overlapping,
            part: part.map_err(Stop::infrastructure)?,
            part_is_minimal: self.history.is_minimal,
        };
        serde_json::to_string_pretty(&json).map(|text| text + "\n").map_err(Stop::infrastructure)
    }
}

fn interval<C: Written>(entry: &Entry<C, C::Answer>, names: &Names) -> Interval {
    Interval {
        process: entry.process,
        text: entry.call.show(entry.answer.as_ref(), names),
        begun: entry.begun,
        ended: entry.has_ended().then_some(entry.ended),
    }
}
