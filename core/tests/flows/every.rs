//! No flow of the service is without a scripted case, nor missing from a binding. The flows are
//! those that core's sources have: nothing here lists them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// What is no flow of an application: who needs it instead.
const OF_HOSTS: [&str; 4] = [
    "begin_idempotent", // a server, which has the bytes of the request and of the answer
    "finish_idempotent",
    "release_idempotent",
    "is_imported_user", // the import of keyfob's own server
];

/// What is declared almost as a flow and is none.
const OTHERS: [&str; 2] = [
    "pub async fn storage<S: Storage, O: Future<Output = S>>(", // the contract of stores
    "pub fn seal_imported_user<P: Ports>(", // the import, as above; it waits for nothing
];

/// How a language declares a flow.
type Declaration<'a> = &'a dyn Fn(&str) -> String;

/// The same flow with more to say; the others have one for both.
const WITH_SETTINGS: &str = "create_domain_with";

#[test]
fn every_flow_is_a_step_of_some_case() {
    let flows: Value = serde_json::from_str(&read("tests/vectors/flows.json")).unwrap();
    let cases = flows["cases"].as_array().unwrap().iter();
    let steps = cases.flat_map(|case| case["steps"].as_array().unwrap());
    let done: BTreeSet<String> =
        steps.map(|step| step["do"].as_str().unwrap().replace('-', "_")).collect();
    let missing: Vec<String> = flows_of_applications().difference(&done).cloned().collect();
    assert!(missing.is_empty(), "tests/oracle/scripted has no step that does {missing:?}");
}

#[test]
fn every_binding_has_every_flow() {
    let python = |flow: &str| format!("def {flow}(");
    let script = |flow: &str| format!("  {}(", camel(flow));
    let interface = |flow: &str| format!("        {}: func(", flow.replace('_', "-"));
    let rust = |flow: &str| format!(" fn {flow}(");
    let bindings: [(&str, Declaration<'_>); 5] = [
        ("bindings-mobile/src/service/flows.rs", &rust),
        ("wit/flows.wit", &interface),
        ("bindings-python/python/keyfob/_service.py", &python),
        ("bindings-python/python/keyfob/_async_service.py", &python),
        ("bindings-js/index.d.ts", &script),
    ];
    for (file, declaration) in bindings {
        let text = read(file);
        let flows = flows_of_applications();
        let missing: Vec<_> =
            flows.iter().filter(|flow| !text.contains(&declaration(flow))).collect();
        assert!(missing.is_empty(), "{file} has no {missing:?}");
    }
}

/// The flows that any application may use.
fn flows_of_applications() -> BTreeSet<String> {
    let mut flows = flows();
    for name in OF_HOSTS.into_iter().chain([WITH_SETTINGS]) {
        assert!(flows.remove(name), "{name} is no flow any more");
    }
    flows
}

/// Every flow of the service: a public method that runs over ports. Whatever else is public and
/// asynchronous or over ports may be one that is written in another way: it fails unless it is known.
fn flows() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for source in sources(&folder) {
        for line in fs::read_to_string(&source).unwrap().lines() {
            let line = line.trim_start();
            if !is_asynchronous(line) || OTHERS.iter().any(|known| line.starts_with(known)) {
                continue;
            }
            let flow = flow(line).unwrap_or_else(|| panic!("{}: {line}", source.display()));
            found.insert(flow.to_owned());
        }
    }
    found
}

/// The sources in a folder and in those within it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let within = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(is_source).chain(within).collect()
}

/// Whether a line declares what everybody may call and has to wait for.
fn is_asynchronous(line: &str) -> bool {
    let is_public = line.starts_with("pub ") && line.contains("fn ");
    let is_over_ports = line.contains("Ports>(") || line.contains("impl Ports");
    is_public && (line.contains("async ") || line.contains("impl Future") || is_over_ports)
}

/// The name of a flow as they are all declared.
fn flow(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("pub async fn ")?.split_once("<P: Ports>(")?;
    name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_').then_some(name)
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}
