//! What criterion does, as far as `refectory bench` knows it: it lists what there is, takes a regular expression, prints a line for each function,
//! and writes two files for it.

use std::env;
use std::fs;
use std::path::PathBuf;

/// A group, a function in it, and the nanoseconds that it is said to take.
pub type Function = (&'static str, &'static str, u32);

/// Lists the functions, or pretends to measure those that are asked for, and calls `after` when one is done.
pub fn main(functions: &[Function], after: impl Fn(&str)) {
    let arguments: Vec<String> = env::args().collect();
    let asked = arguments.last().expect("a program has a name");
    for (group, function, time) in functions {
        let id = format!("{group}/{function}");
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{id}: benchmark");
        } else if asked.contains(group) {
            assert!(arguments.iter().any(|argument| argument == "--measurement-time"), "{arguments:?}");
            write(group, function, *time);
            println!("test {id} ... bench: {time:>11} ns/iter (+/- 0)");
            after(&id);
        }
    }
}

fn write(group: &str, function: &str, time: u32) {
    let results = PathBuf::from(env::var_os("CRITERION_HOME").expect("it is told where"));
    let new = results.join(group.replace('/', "_")).join(function.replace('/', "_")).join("new");
    fs::create_dir_all(&new).expect("it can be made");
    let point = format!(
        r#"{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":{time},"upper_bound":{time}}},"point_estimate":{time}}}"#
    );
    let what = format!(
        r#"{{"group_id":"{group}","function_id":"{function}","value_str":null,"throughput":null,"full_id":"{group}/{function}"}}"#
    );
    fs::write(new.join("estimates.json"), format!(r#"{{"median":{point}}}"#)).expect("it can be written");
    fs::write(new.join("benchmark.json"), what).expect("it can be written");
}
