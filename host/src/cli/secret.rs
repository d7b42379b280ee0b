use clap::Args;
use keyfob::Secret;
use keyfob_host::entropy::SystemEntropy;

use super::{CliError, terminal::print, values::whole_number};

/// Make a new secret and print it in base32
#[derive(Debug, Args)]
pub(super) struct SecretArguments {
    /// Its length in bytes, 16 to 256; 20 are 160 bits, as RFC 4226 recommends
    #[arg(long, value_name = "N", value_parser = whole_number::<usize>, default_value_t = Secret::DEFAULT_BYTES)]
    bytes: usize,
}

pub(super) fn run(arguments: &SecretArguments) -> Result<(), CliError> {
    let secret = generate(arguments.bytes)?;
    print(secret.expose_base32().as_str())
}

/// A new secret from the operating system's generator.
pub(super) fn generate(bytes: usize) -> Result<Secret, CliError> {
    Ok(Secret::generate_sized(&mut SystemEntropy, bytes)?)
}
