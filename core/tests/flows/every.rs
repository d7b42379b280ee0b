//! No flow of the service is without a scripted case, nor missing from a binding. The flows are
//! those that core's sources have: nothing here lists them.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

/// What is no flow of an application: who needs it instead.
const OF_HOSTS: [&str; 4] = [
    "begin_idempotent", // a server, which has the bytes of the request and of the answer
    "finish_idempotent",
    "release_idempotent",
    "is_imported_user", // the import of keyfob's own server
];

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
    assert!(missing.is_empty(), "tests/oracle/flows.py has no step that does {missing:?}");
}

#[test]
fn every_binding_has_every_flow() {
    let python = |flow: &str| format!("def {flow}(");
    let script = |flow: &str| format!("  {}(", camel(flow));
    let interface = |flow: &str| format!("        {}: func(", flow.replace('_', "-"));
    let bindings: [(&str, &dyn Fn(&str) -> String); 4] = [
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

/// Every flow of the service: a public method that runs over ports.
fn flows() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut found = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(source).unwrap();
        let methods = text.split("    pub async fn ").skip(1);
        let flows = methods.filter_map(|method| method.split_once("<P: Ports>("));
        let names = flows.map(|(name, _)| name).filter(|name| !name.contains(['(', '<', ' ']));
        found.extend(names.map(str::to_owned));
    }
    found
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}
