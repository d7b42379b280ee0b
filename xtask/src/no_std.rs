//! Proof that the core needs no std: it is built for a microcontroller that has none.

use crate::{
    compiler::Compiler,
    project::Project,
    report::{Tally, check},
};

/// Bare metal with atomics. A library needs no linker, so nothing else is needed.
pub(crate) const TARGET: &str = "thumbv7em-none-eabi";

pub(crate) fn prove(project: &Project) -> Result<Tally, String> {
    let compiler = Compiler::find(TARGET).ok_or("no compiler for a target without std")?;
    let words = format!("build -p keyfob --lib --target {TARGET}");
    println!("   cargo {words}");
    check(project, "no-std", compiler.cargo(project, "no-std", &words))
}
