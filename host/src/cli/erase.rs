use clap::Args;
use keyfob::service::{KeyKind, Recipient};
use keyfob_host::audit::{AuditEvent, Audited};
use keyfob_host::phone_numbers;

use super::{
    CliError,
    terminal::{Sensitive, note},
    user::DomainArguments,
};

/// Erase what is stored of a phone number or email address: wrong codes, blocks, codes
/// that were sent
#[derive(Debug, Args)]
pub(super) struct EraseArguments {
    #[command(flatten)]
    domain: DomainArguments,

    /// The number, as in +447700900123, or the address; - reads it from standard input
    recipient: Sensitive,
}

pub(super) fn run(arguments: EraseArguments) -> Result<(), CliError> {
    let text = arguments.recipient.read("the number or address")?;
    let located = Recipient::parse_any(&text).and_then(phone_numbers::locate);
    let (recipient, _) = located.map_err(keyfob::Error::from)?;
    let (data, account, domain) = arguments.domain.open()?;
    let entry = data.entry(AuditEvent::RecipientErased).of(account).within(domain);
    let entry = entry.about(data.subjects().recipient(account, domain, &recipient));
    let ports = Audited::writing(&data.ports, KeyKind::Recipient, entry);
    let erasure = data.service.erase_recipient(&ports, account, domain, &recipient);
    data.runtime.block_on(erasure)?;
    note("erased; a disabled recipient can be sent codes again");
    data.close()
}
