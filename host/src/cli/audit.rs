use clap::{Args, Subcommand};
use keyfob::service::{AccountId, DomainId, Recipient, UserId};
use keyfob_host::{
    audit::AuditEvent,
    storage::sqlite::{AuditRow, Link},
};
use serde::Serialize;

use super::{
    CliError,
    data::{Data, DataArguments, account_id, domain_id},
    table::Table,
    terminal::{Sensitive, note, print, print_raw, warn},
    time,
};

const LIST_EXAMPLES: &str = "\
Examples:
  keyfob audit list --since 2026-01-31T00:00:00Z --event key-created
  keyfob audit list --account $A --domain $D --user user-4711
  keyfob audit list --json | jq 'select(.outcome == \"mismatch\")'";

const VERIFY_EXAMPLES: &str = "\
Examples:
  keyfob audit verify
  keyfob audit verify --head 4711:8e03…

Names the first row that was altered, removed or put in. Rows cut off at the end by somebody
who also put an older head back show only against a head that was noted elsewhere: this
command prints it, and the service logs it every hour.";

/// Show and verify the audit trail
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    List(ListArguments),
    Verify(VerifyArguments),
}

/// List the rows of the audit trail, oldest first
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(super) struct ListArguments {
    #[command(flatten)]
    data: DataArguments,

    /// Only rows of this account
    #[arg(long, value_name = "ID", value_parser = account_id)]
    account: Option<AccountId>,

    /// Only rows of this domain
    #[arg(long, value_name = "ID", value_parser = domain_id)]
    domain: Option<DomainId>,

    /// Only rows of this user
    #[arg(long, value_name = "ID", requires = "account", requires = "domain")]
    user: Option<String>,

    /// Only rows of this number or address; - reads it from standard input
    #[arg(
        long,
        value_name = "RECIPIENT",
        requires = "account",
        requires = "domain",
        conflicts_with = "user"
    )]
    recipient: Option<Sensitive>,

    /// Only rows of this event, such as code-sent
    #[arg(long, value_name = "NAME", value_parser = event)]
    event: Option<AuditEvent>,

    /// Only rows from this time on, as in 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<u64>,

    /// Only rows from before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<u64>,

    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

/// Check that no row was altered, removed or put in
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    data: DataArguments,

    /// A head that was noted before, NUMBER:MAC, which must still be in the trail
    #[arg(long, value_name = "HEAD", value_parser = link)]
    head: Option<Link>,
}

pub(super) fn run(command: AuditCommand) -> Result<(), CliError> {
    match command {
        AuditCommand::List(arguments) => list(arguments),
        AuditCommand::Verify(arguments) => verify(&arguments),
    }
}

fn verify(arguments: &VerifyArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    match data.store.audit_verify(arguments.head)? {
        Ok(intact) => {
            print(intact.head)?;
            note(format_args!(
                "{} rows hang together; above is the head, to be noted elsewhere",
                intact.rows
            ));
            if intact.start.seq > 0 {
                note(format_args!(
                    "rows up to {} were cut because they were old",
                    intact.start.seq
                ));
            }
            data.close()
        }
        Err(broken) => {
            data.close()?;
            Err(CliError::new("audit-broken", broken.to_string()))
        }
    }
}

fn list(arguments: ListArguments) -> Result<(), CliError> {
    const PAGE: usize = 1_000;
    let data = arguments.data.open()?;
    let filter = Filter::new(arguments, &data)?;
    let mut table = Table::new(["ROW", "TIME", "EVENT", "OUTCOME", "ACTOR", "DETAIL"]);
    let mut after = 0;
    loop {
        let rows = data.store.audit_after(after, PAGE)?;
        for row in rows.iter().filter(|row| filter.takes(row)) {
            if filter.json {
                print(json_line(row)?)?;
            } else {
                table.row(cells(row));
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.seq,
            _ => break,
        }
    }
    if !filter.json {
        print_raw(table.to_string())?;
    }
    if data.store.audit_verify(None)?.is_err() {
        warn("the trail does not hang together; see `keyfob audit verify`");
    }
    data.close()
}

struct Filter {
    account: Option<[u8; 16]>,
    domain: Option<[u8; 16]>,
    subject: Option<[u8; 16]>,
    event: Option<AuditEvent>,
    since: u64,
    until: u64,
    json: bool,
}

impl Filter {
    fn new(arguments: ListArguments, data: &Data) -> Result<Self, CliError> {
        let recipient = arguments.recipient.map(|text| text.read("the number or address"));
        let recipient = recipient.transpose()?.map(|text| Recipient::parse_any(&text));
        let recipient = recipient.transpose().map_err(keyfob::Error::from)?;
        let user = arguments.user.map(|text| UserId::parse(&text)).transpose()?;
        let place = arguments.account.zip(arguments.domain);
        let subjects = data.subjects();
        let subject = place.and_then(|(account, domain)| match (user, recipient) {
            (Some(user), _) => Some(subjects.user(account, domain, &user)),
            (_, Some(recipient)) => Some(subjects.recipient(account, domain, &recipient)),
            _ => None,
        });
        Ok(Self {
            account: arguments.account.map(|id| id.0),
            domain: arguments.domain.map(|id| id.0),
            subject,
            event: arguments.event,
            since: arguments.since.unwrap_or(0),
            until: arguments.until.unwrap_or(u64::MAX),
            json: arguments.json,
        })
    }

    fn takes(&self, row: &AuditRow) -> bool {
        let entry = &row.entry;
        let is = |wanted: Option<[u8; 16]>, found| wanted.is_none() || wanted == found;
        is(self.account, entry.account)
            && is(self.domain, entry.domain)
            && is(self.subject, entry.subject)
            && self.event.is_none_or(|event| event.name() == entry.event)
            && (self.since..self.until).contains(&entry.at)
    }
}

#[derive(Serialize)]
struct View<'a> {
    row: u64,
    at: String,
    event: &'a str,
    outcome: &'a str,
    actor: &'a str,
    account: Option<String>,
    domain: Option<String>,
    /// A keyed hash.
    subject: Option<String>,
    detail: &'a str,
}

fn json_line(row: &AuditRow) -> Result<String, CliError> {
    let entry = &row.entry;
    let view = View {
        row: row.seq,
        at: time::write(entry.at),
        event: &entry.event,
        outcome: &entry.outcome,
        actor: &entry.actor,
        account: entry.account.map(|id| AccountId(id).to_string()),
        domain: entry.domain.map(|id| DomainId(id).to_string()),
        subject: entry.subject.map(|name| format!("{:032x}", u128::from_be_bytes(name))),
        detail: &entry.detail,
    };
    serde_json::to_string(&view)
        .map_err(|error| CliError::new("json-failed", format!("cannot write JSON: {error}")))
}

fn cells(row: &AuditRow) -> [String; 6] {
    let entry = &row.entry;
    let [event, outcome, actor, detail] =
        [&entry.event, &entry.outcome, &entry.actor, &entry.detail].map(|text| visible(text));
    [row.seq.to_string(), time::write(entry.at), event, outcome, actor, detail]
}

/// A row that somebody else wrote must not write to the terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn event(text: &str) -> Result<AuditEvent, String> {
    let names: Vec<_> = AuditEvent::ALL.iter().map(|event| event.name()).collect();
    AuditEvent::parse(text).ok_or_else(|| format!("an event is one of {}", names.join(", ")))
}

fn instant(text: &str) -> Result<u64, String> {
    let time = text.parse::<jiff::Timestamp>().ok();
    let seconds = time.and_then(|time| u64::try_from(time.as_second()).ok());
    seconds.ok_or_else(|| "a time has the form 2026-01-31T12:00:00Z".to_owned())
}

fn link(text: &str) -> Result<Link, String> {
    Link::parse(text).ok_or_else(|| {
        "a head has the form NUMBER:MAC, as `keyfob audit verify` prints it".to_owned()
    })
}
