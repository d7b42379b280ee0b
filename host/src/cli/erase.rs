use clap::Args;
use keyfob::service::{KeyKind, Recipient, UserId};
use keyfob_host::audit::{AuditEvent, Audited};
use keyfob_host::phone_numbers;

use super::{
    CliError,
    terminal::{Sensitive, note},
    user::DomainArguments,
};

/// Erase what is stored of a phone number or email address (wrong codes, blocks, codes
/// that were sent), or of a user
#[derive(Debug, Args)]
pub(super) struct EraseArguments {
    #[command(flatten)]
    domain: DomainArguments,

    /// The number, as in +447700900123, or the address; - reads it from standard input
    #[arg(required_unless_present = "user", conflicts_with = "user")]
    recipient: Option<Sensitive>,

    /// The id of a user, in place of a number or address; - reads it from standard input
    #[arg(long, value_name = "ID")]
    user: Option<Sensitive>,
}

pub(super) fn run(arguments: EraseArguments) -> Result<(), CliError> {
    let EraseArguments { domain, recipient: to, user: id } = arguments;
    match (to, id) {
        (Some(to), None) => recipient(&domain, to),
        (None, Some(id)) => user(&domain, id),
        _ => Err(CliError::new("one-to-erase", "give a number or address, or --user")),
    }
}

fn recipient(domain: &DomainArguments, to: Sensitive) -> Result<(), CliError> {
    let text = to.read("the number or address")?;
    let located = Recipient::parse_any(&text).and_then(phone_numbers::locate);
    let (recipient, _) = located.map_err(keyfob::Error::from)?;
    let (data, account, domain) = domain.open()?;
    let entry = data.entry(AuditEvent::RecipientErased).of(account).within(domain);
    let entry = entry.about(data.subjects().recipient(account, domain, &recipient));
    let ports = Audited::writing(&data.ports, KeyKind::Recipient, entry);
    let erasure = data.service.erase_recipient(&ports, account, domain, &recipient);
    data.runtime.block_on(erasure)?;
    note("erased; a disabled recipient can be sent codes again");
    data.close()
}

fn user(domain: &DomainArguments, id: Sensitive) -> Result<(), CliError> {
    let user = UserId::parse(&id.read("the user id")?)?;
    let (data, account, domain) = domain.open()?;
    let entry = data.entry(AuditEvent::UserErased).of(account).within(domain);
    let entry = entry.about(data.subjects().user(account, domain, &user));
    let ports = Audited::writing(&data.ports, KeyKind::User, entry);
    data.runtime.block_on(data.service.erase_user(&ports, account, domain, &user))?;
    note("erased");
    data.close()
}
