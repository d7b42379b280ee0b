//! `keyfob-bindgen MODULE.wasm FOLDER NAME`: writes the JavaScript beside a module that
//! wasm-bindgen's macros were used in.

use std::{env, path::Path, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, folder, name] = arguments.as_slice() else {
        eprintln!("keyfob-bindgen MODULE.wasm FOLDER NAME");
        return ExitCode::from(2);
    };
    match generate(Path::new(module), Path::new(folder), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One build for every runtime: the entries of the package hand the module over.
fn generate(
    module: &Path,
    folder: &Path,
    name: &str,
) -> Result<(), impl std::fmt::Display + use<>> {
    Bindgen::new().input_path(module).out_name(name).web(true).and_then(|bindgen| {
        bindgen.omit_default_module_path(true).typescript(false).generate(folder)
    })
}
