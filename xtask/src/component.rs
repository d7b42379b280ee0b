//! The WebAssembly components: built from nothing, held against their worlds, and run.

use std::{
    path::{Path, PathBuf},
    slice,
};

use crate::{
    files,
    npm::Modules,
    project::Project,
    python::Python,
    report::{Step, Tally, check},
    shipped, suite, wasm_toolchain,
};

pub(crate) const STEP: Step = Step {
    name: "component",
    title: "the WebAssembly components: their worlds, the vectors, an application in Python",
    tools: &["cc", "wasm", "python3", "node", "npm"],
    run,
};

/// The components, by their worlds, and what cargo is asked for.
const WORLDS: [(&str, &str); 3] = [
    ("generator", ""),
    ("authenticator", "--features authenticator"),
    ("service", "--features service"),
];

/// As small as it gets, as the web package: see the workspace's manifest.
const PROFILE: &str = "wasm";

/// Builds the components into `dist/component`, then runs the vectors and the example through
/// them. Scripts say at their end how many passed and failed.
fn run(project: &Project) -> Result<Tally, String> {
    let built = Components::build(project)?;
    let python = Python::provide(project)?;
    let mut tally = shipped::names_no_folder(project, slice::from_ref(&built.folder))?;
    let mut run = |name: &str, script: &str, argument: &Path| {
        tally.add_check(python.command(project, "python").and_then(|mut command| {
            command.arg(script).arg(argument);
            suite::run(project, &format!("component-{name}"), command, |_| true)
        }));
    };
    run("worlds", "tests/component/worlds.py", &built.folder);
    for (world, _) in WORLDS {
        let component = built.component(world);
        run(&format!("vectors-{world}"), "tests/component/vectors.py", &component);
        run(&format!("arguments-{world}"), "tests/component/arguments.py", &component);
    }
    run("example", "examples/python-component/main.py", &built.service());
    Ok(tally)
}

/// The components in `dist/component`, as built from this source.
pub(crate) struct Components<'a> {
    project: &'a Project,
    /// What makes a component of a core module.
    tools: Modules,
    folder: PathBuf,
}

impl<'a> Components<'a> {
    pub(crate) fn build(project: &'a Project) -> Result<Self, String> {
        let scripts = ["component.mjs", "hostile.mjs"];
        let source = "bindings-wasm/component/build";
        let tools = Modules::provide(project, source, "component", &scripts)?;
        let components = Self { project, tools, folder: project.path("dist/component") };
        let folder = &components.folder;
        files::make(folder)?;
        for (world, features) in WORLDS {
            components.make(world, features)?;
        }
        Ok(components)
    }

    /// The component with the whole service.
    pub(crate) fn service(&self) -> PathBuf {
        self.component("service")
    }

    /// Components that misbehave, made of the one with the whole service.
    pub(crate) fn hostile(&self) -> Result<PathBuf, String> {
        let folder = self.tools.folder().join("hostile");
        self.script("hostile.mjs", &self.core("service"), &folder)?;
        Ok(folder)
    }

    fn make(&self, world: &str, features: &str) -> Result<(), String> {
        let words = format!("build -p keyfob-component {features}");
        println!("   cargo {words}");
        let build = wasm_toolchain::command(self.project, PROFILE, &words)?;
        check(self.project, "component", build)?;
        let built = wasm_toolchain::built(self.project, PROFILE).join("keyfob_component.wasm");
        files::copy(&built, &self.core(world))?;
        self.script("component.mjs", &self.core(world), &self.component(world))
    }

    fn script(&self, name: &str, from: &Path, to: &Path) -> Result<(), String> {
        let mut make = self.project.command("node");
        make.arg(self.tools.folder().join(name)).arg(from).arg(to);
        check(self.project, name, make).map(drop)
    }

    fn component(&self, world: &str) -> PathBuf {
        self.folder.join(format!("keyfob-{world}.wasm"))
    }

    /// What the compiler made, before it is a component.
    fn core(&self, world: &str) -> PathBuf {
        self.tools.folder().join(format!("{world}.core.wasm"))
    }
}
