//! Runs every file of `tests/vectors` through the component, in wasmtime, by the component's own
//! interfaces: nothing of the host is in between.
#![allow(clippy::print_stdout)] // a test reports by printing

mod bindings;
mod cases;
mod codes;
mod enrolment;
mod flows;
mod guest;
mod messages;
mod outside;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};

use self::{
    bindings::exports::keyfob::otp::{flows::Error, types::Fault},
    guest::Guest,
};

/// What the types of `wit/` leave no way to write, by file: a channel is one of an enum, so nobody
/// can name one that there is not.
const UNWRITABLE: [(&str, [&str; 2]); 1] =
    [("messages.json", ["channel-upper-case", "channel-unknown"])];

/// Whatever a case may expect, as the vectors write it.
type Found = Result<Value, Refusal>;

/// Why a case found no value.
enum Refusal {
    Fault(Fault),
    Flow(Error),
    /// The component trapped.
    Trap(wasmtime::Error),
    /// The case cannot be put into the types of `wit/`: see [`UNWRITABLE`].
    Unwritable,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Flow(error)
    }
}

impl From<wasmtime::Error> for Refusal {
    fn from(trap: wasmtime::Error) -> Self {
        Self::Trap(trap)
    }
}

/// What became of a case.
enum Verdict {
    AsWritten,
    Otherwise(String),
    Unwritable,
}

#[test]
fn every_vector_is_answered_as_written() {
    let mut complaints = Vec::new();
    for (file, total) in manifest() {
        let run = Run::of(&file, &cases(&file));
        println!("{file} {}/{total}{}", run.ran, run.left_out_because());
        complaints.extend(run.complaints(total));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_vector_that_is_written_otherwise_is_found_whichever_it_is() {
    for (file, total) in manifest() {
        let mut cases = cases(&file);
        for case in &mut cases {
            change(expectation(case));
        }
        let run = Run::of(&file, &cases);
        assert_eq!(run.otherwise.len(), run.ran, "{file}: one passes, whatever it expects");
        assert_eq!(run.complaints(total).len(), run.ran);
    }
}

#[test]
fn a_vector_that_is_missing_is_missed() {
    for (file, total) in manifest() {
        let mut cases = cases(&file);
        cases.pop();
        assert_eq!(Run::of(&file, &cases).complaints(total).len(), 1, "{file}");
    }
}

/// What became of the cases of a file.
#[derive(Default)]
struct Run {
    file: String,
    ran: usize,
    /// Those that the types leave no way to write.
    left_out: BTreeSet<String>,
    /// Those that found something else than is written, and what.
    otherwise: Vec<String>,
}

impl Run {
    fn of(file: &str, cases: &[Value]) -> Self {
        let mut run = Self { file: file.to_owned(), ..Self::default() };
        for case in cases {
            let verdict = judge(file, case);
            match verdict {
                Verdict::Unwritable => drop(run.left_out.insert(id(case))),
                Verdict::AsWritten | Verdict::Otherwise(_) => run.ran += 1,
            }
            if let Verdict::Otherwise(wrong) = verdict {
                run.otherwise.push(format!("{file}: {}: {wrong}", case["id"]));
            }
        }
        run
    }

    fn left_out_because(&self) -> String {
        match self.left_out.len() {
            0 => String::new(),
            some => format!(", {some} that the types leave no way to write"),
        }
    }

    /// What is wrong, where there are to be `total` cases.
    fn complaints(&self, total: usize) -> Vec<String> {
        let Self { file, ran, left_out, otherwise } = self;
        let mut complaints = otherwise.clone();
        let expected = unwritable(file);
        complaints.extend(
            left_out.difference(&expected).map(|id| format!("{file}: {id} was not to be left out")),
        );
        complaints.extend(
            expected.difference(left_out).map(|id| format!("{file}: {id} is not left out")),
        );
        if ran + left_out.len() != total {
            complaints
                .push(format!("{file}: {ran} ran and {} were left out of {total}", left_out.len()));
        }
        complaints
    }
}

/// The cases of a file that are to be left out.
fn unwritable(file: &str) -> BTreeSet<String> {
    let named = UNWRITABLE.iter().filter(|(name, _)| *name == file);
    named.flat_map(|(_, ids)| ids).map(ToString::to_string).collect()
}

fn id(case: &Value) -> String {
    case["id"].as_str().unwrap().to_owned()
}

/// Runs a case in an instance of its own.
fn judge(file: &str, case: &Value) -> Verdict {
    let guest = &mut Guest::new();
    let found = match file {
        "base32.json" => codes::base32(guest, case),
        "codes.json" => codes::codes(guest, case),
        "flows.json" => return flows::judge(guest, case),
        "hotp.json" => codes::hotp(guest, case),
        "messages.json" => messages::messages(guest, case),
        "migration.json" => enrolment::migration(guest, case),
        "steam.json" => codes::steam(guest, case),
        "totp.json" => codes::totp(guest, case),
        "uri.json" => enrolment::uri(guest, case),
        other => panic!("nothing here runs {other}"),
    };
    let found = match found {
        Ok(found) => found,
        Err(Refusal::Fault(fault)) => written(&fault),
        Err(Refusal::Flow(error)) => return Verdict::Otherwise(format!("{error:?}")),
        Err(Refusal::Trap(trap)) => return Verdict::Otherwise(format!("{trap:?}")),
        Err(Refusal::Unwritable) => return Verdict::Unwritable,
    };
    if found == case["expect"] {
        return Verdict::AsWritten;
    }
    Verdict::Otherwise(format!("{} but found {found}", case["expect"]))
}

fn written(fault: &Fault) -> Value {
    match fault.position {
        Some(position) => json!({ "error": fault.code, "position": position }),
        None => json!({ "error": fault.code }),
    }
}

/// The files that there are, and how many cases each has.
fn manifest() -> BTreeMap<String, usize> {
    serde_json::from_value(read("manifest.json")).unwrap()
}

fn cases(file: &str) -> Vec<Value> {
    read(file)["cases"].as_array().unwrap().clone()
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What a case expects; at its last step that expects anything, if it has steps.
fn expectation(case: &mut Value) -> &mut Value {
    if case.get("expect").is_some() {
        return &mut case["expect"];
    }
    let mut steps = case["steps"].as_array_mut().unwrap().iter_mut().rev();
    steps.find_map(|step| step.get_mut("expect")).unwrap()
}

/// Another value of the same kind: one word, one number in it is changed.
fn change(value: &mut Value) {
    match value {
        Value::Null => *value = json!("otherwise"),
        Value::Bool(it) => *it = !*it,
        Value::Number(it) => *value = json!(it.as_u64().map_or(0, |number| number ^ 1)),
        Value::String(it) => it.push('x'),
        Value::Array(items) => match items.last_mut() {
            Some(item) => change(item),
            None => items.push(Value::Null),
        },
        Value::Object(fields) => match fields.values_mut().next_back() {
            Some(field) => change(field),
            None => drop(fields.insert("error".into(), json!("otherwise"))),
        },
    }
}
