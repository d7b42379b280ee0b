//! The Python and the Ruby of the engine for phones: generated to be tested, and not shipped.

use std::path::Path;

use crate::{
    mobile,
    project::Project,
    report::{Step, Tally},
    suite,
};

pub(crate) const STEP: Step = Step {
    name: "mobile",
    title: "the vectors through the Python and the Ruby of the libraries for phones",
    tools: &["cc", "python3", "ruby"],
    run: |project| vectors(project, &mobile::engine(project)?),
};

/// Runs every file of vectors in both languages.
pub(crate) fn vectors(project: &Project, engine: &Path) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for (language, program, script) in [
        ("python", "python3", "bindings-mobile/tests/vectors.py"),
        ("ruby", "ruby", "bindings-mobile/tests/vectors.rb"),
    ] {
        let folder = mobile::generate(project, engine, language)?;
        mobile::strip(project, engine, &folder.join("libkeyfob_mobile.so"))?;
        println!("   {program} {script}");
        let mut command = project.command(program);
        command.env("PYTHONPATH", &folder).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("RUBYLIB", &folder).env("LD_LIBRARY_PATH", &folder);
        command.arg(script).arg(project.path("tests/vectors"));
        let shown = |line: &str| line.contains(".json ");
        tally.add_check(suite::run(project, &format!("mobile-{language}"), command, shown));
    }
    Ok(tally)
}
