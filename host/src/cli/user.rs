use clap::{Args, Subcommand};
use keyfob::{
    Algorithm, Digits, Period, Secret, TotpParameters,
    service::{
        AccountId, Created, DomainId, KeyKind, NewEnrolment, NewUser, OpenEnrolment, ServiceError,
        UserId, UserStatus, UserView,
    },
};
use serde::Serialize;

use super::{
    CliError,
    credential::{digits, period},
    data::{AccountArguments, Data, domain_id},
    terminal::{Sensitive, note, print, print_raw},
    time, user_import,
    values::public_url,
};
use keyfob_host::audit::{AuditEvent, Audited};

const ADD_EXAMPLES: &str = "\
Examples:
  keyfob user add --domain $D user-4711                    print the link to enrol at
  keyfob user add --domain $D user-4711 --return-secret    print the otpauth:// URI
  keyfob user add --domain $D user-4711 --secret - <secret.txt";

/// Make, show, enrol, import and delete the users of a domain
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    Add(AddArguments),
    Show(ShowArguments),
    Enrol(EnrolArguments),
    Delete(DeleteArguments),
    Import(user_import::ImportArguments),
}

/// Whose users.
#[derive(Debug, Args)]
pub(super) struct DomainArguments {
    #[command(flatten)]
    account: AccountArguments,

    /// The id of the domain; `keyfob domain list` shows them
    #[arg(long, value_name = "ID", value_parser = domain_id)]
    domain: DomainId,
}

/// Which user.
#[derive(Debug, Args)]
struct UserArguments {
    #[command(flatten)]
    domain: DomainArguments,

    /// The id your application knows the user by
    user_id: String,
}

/// What the device is told and how.
#[derive(Debug, Args)]
struct EnrolmentArguments {
    /// What apps show beside the issuer [default: the user id]
    #[arg(long, value_name = "NAME")]
    account_name: Option<String>,

    /// Where people's browsers reach the service; the link begins with it
    #[arg(
        long,
        value_name = "URL",
        env = "KEYFOB_PUBLIC_URL",
        value_parser = public_url,
        default_value = "http://127.0.0.1:8080"
    )]
    public_url: String,

    /// How many digits a code has: 6, 7 or 8 [default: 6]
    #[arg(long, value_name = "N", value_parser = digits)]
    digits: Option<Digits>,

    /// How many seconds a code lasts: 1 to 120 [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = period)]
    period: Option<Period>,

    /// SHA1, SHA256 or SHA512 [default: SHA1, the only one that every app knows]
    #[arg(long, value_name = "NAME")]
    algorithm: Option<Algorithm>,
}

/// Make a user and print the link to enrol at
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(super) struct AddArguments {
    #[command(flatten)]
    user: UserArguments,

    #[command(flatten)]
    enrolment: EnrolmentArguments,

    /// The secret that the user has already, in base32; - reads it from standard
    /// input, which other users of this machine cannot see
    #[arg(long, value_name = "BASE32", allow_hyphen_values = true)]
    secret: Option<Sensitive>,

    /// Take a secret under 128 bits, too
    #[arg(long, requires = "secret")]
    accept_short_secrets: bool,

    /// Enrol at once: print the otpauth:// URI with the new secret instead of a link
    #[arg(long, conflicts_with = "secret")]
    return_secret: bool,
}

/// Show how a user stands
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    user: UserArguments,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Open a new enrolment for a lost or new device and print the link
#[derive(Debug, Args)]
pub(super) struct EnrolArguments {
    #[command(flatten)]
    user: UserArguments,

    #[command(flatten)]
    enrolment: EnrolmentArguments,

    /// End the old secret at once instead of when the new one is confirmed
    #[arg(long)]
    revoke: bool,
}

/// Delete a user with the secret
#[derive(Debug, Args)]
pub(super) struct DeleteArguments {
    #[command(flatten)]
    user: UserArguments,
}

pub(super) fn run(command: UserCommand) -> Result<std::process::ExitCode, CliError> {
    match command {
        UserCommand::Add(arguments) => add(arguments)?,
        UserCommand::Show(arguments) => show(&arguments)?,
        UserCommand::Enrol(arguments) => enrol(arguments)?,
        UserCommand::Delete(arguments) => delete(&arguments)?,
        UserCommand::Import(arguments) => return user_import::run(&arguments),
    }
    Ok(std::process::ExitCode::SUCCESS)
}

impl DomainArguments {
    pub(super) fn open(&self) -> Result<(Data, AccountId, DomainId), CliError> {
        let (data, account) = self.account.open()?;
        Ok((data, account, self.domain))
    }
}

impl UserArguments {
    fn open(&self) -> Result<(Data, AccountId, DomainId, UserId), CliError> {
        let user_id = UserId::parse(&self.user_id)?;
        let (data, account, domain) = self.domain.open()?;
        Ok((data, account, domain, user_id))
    }
}

impl EnrolmentArguments {
    /// What was asked for, if anything was; the rest is as every app understands it.
    fn parameters(&self) -> Option<TotpParameters> {
        let asked = self.algorithm.is_some() || self.digits.is_some() || self.period.is_some();
        asked.then(|| TotpParameters {
            algorithm: self.algorithm.unwrap_or_default(),
            digits: self.digits.unwrap_or_default(),
            period: self.period.unwrap_or_default(),
        })
    }

    fn user(&self, user_id: UserId) -> NewUser {
        NewUser {
            parameters: self.parameters().unwrap_or_default(),
            account_name: self.account_name.clone(),
            ..NewUser::new(user_id)
        }
    }

    /// Prints what the user needs next: a link, or the URI for an app.
    fn print(&self, created: &Created) -> Result<(), CliError> {
        match created {
            Created::Enrolled { uri, .. } => print(uri.as_str()),
            Created::Pending(open) => self.print_link(open),
        }
    }

    fn print_link(&self, open: &OpenEnrolment) -> Result<(), CliError> {
        let base = self.public_url.trim_end_matches('/');
        print(format_args!("{base}/enrol/{}", open.ticket.expose()))?;
        note(format_args!("valid once, until {}", time::write(open.expires_at)));
        Ok(())
    }
}

fn add(arguments: AddArguments) -> Result<(), CliError> {
    let secret = arguments.secret.map(|given| given.read("the secret")).transpose()?;
    let secret = secret.map(|text| Secret::from_base32(&text)).transpose()?;
    let (data, account, domain, user_id) = arguments.user.open()?;
    let is_known = secret.is_some();
    let user = NewUser {
        secret,
        accept_short_secret: arguments.accept_short_secrets,
        return_secret: is_known || arguments.return_secret,
        ..arguments.enrolment.user(user_id)
    };
    let subject = data.subjects().user(account, domain, &user.user_id);
    let entry = data.entry(AuditEvent::UserCreated).of(account).within(domain).about(subject);
    let ports = Audited::writing(&data.ports, KeyKind::User, entry);
    let creation = data.service.create_user(&ports, account, domain, &user);
    let created = data.runtime.block_on(creation).map_err(explain_short)?;
    if is_known {
        note("enrolled with the secret given");
    } else {
        arguments.enrolment.print(&created)?;
    }
    data.close()
}

/// The field is named for requests; here it is an option.
fn explain_short(error: ServiceError) -> CliError {
    match &error {
        ServiceError::Invalid { field: "set_secret", error } => CliError::new(
            error.code(),
            format!("{error}, or add --accept-short-secrets to take it as it is"),
        ),
        _ => error.into(),
    }
}

fn enrol(arguments: EnrolArguments) -> Result<(), CliError> {
    let (data, account, domain, user_id) = arguments.user.open()?;
    let new = NewEnrolment {
        parameters: arguments.enrolment.parameters(),
        account_name: arguments.enrolment.account_name.clone(),
        revoke: arguments.revoke,
        ..NewEnrolment::new(user_id)
    };
    let subject = data.subjects().user(account, domain, &new.user_id);
    let entry = data.entry(AuditEvent::EnrolmentOpened).of(account).within(domain).about(subject);
    let ports = Audited::writing(&data.ports, KeyKind::User, entry);
    let opening = data.service.open_enrolment(&ports, account, domain, &new);
    arguments.enrolment.print_link(&data.runtime.block_on(opening)?)?;
    if !arguments.revoke {
        note("the old secret works until the new one is confirmed; --revoke ends it at once");
    }
    data.close()
}

fn delete(arguments: &DeleteArguments) -> Result<(), CliError> {
    let (data, account, domain, user_id) = arguments.user.open()?;
    let subject = data.subjects().user(account, domain, &user_id);
    let entry = data.entry(AuditEvent::UserDeleted).of(account).within(domain).about(subject);
    let ports = Audited::writing(&data.ports, KeyKind::User, entry);
    let deletion = data.service.delete_user(&ports, account, domain, &user_id);
    data.runtime.block_on(deletion)?;
    note("deleted");
    data.close()
}

fn show(arguments: &ShowArguments) -> Result<(), CliError> {
    let (data, account, domain, user_id) = arguments.user.open()?;
    let view = data.service.view_user(&data.ports, account, domain, &user_id);
    let shown = Shown::new(&data.runtime.block_on(view)?);
    if arguments.json {
        print(super::json(&shown)?)?;
    } else {
        print_raw(shown.describe())?;
    }
    data.close()
}

#[derive(Serialize)]
struct Shown {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_until: Option<String>,
    failures: u16,
    created_at: String,
    #[serde(rename = "type")]
    kind: &'static str,
    algorithm: &'static str,
    digits: u8,
    interval: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolment_expires_at: Option<String>,
}

impl Shown {
    fn new(view: &UserView) -> Self {
        let TotpParameters { algorithm, digits, period } = view.parameters;
        let blocked_until = match view.status {
            UserStatus::Blocked { until } => Some(time::write(until)),
            _ => None,
        };
        Self {
            status: view.status.code(),
            blocked_until,
            failures: view.failures,
            created_at: time::write(view.created_at),
            kind: "totp",
            algorithm: algorithm.name(),
            digits: digits.value(),
            interval: period.seconds(),
            enrolment_expires_at: view.enrolment_expires_at.map(time::write),
        }
    }

    fn describe(&self) -> String {
        let mut lines = vec![format!("status     {}", self.status)];
        lines.extend(self.blocked_until.iter().map(|until| format!("until      {until}")));
        let codes = if self.failures == 1 { "code" } else { "codes" };
        lines.push(format!("failures   {} wrong {codes} in a row", self.failures));
        lines.push(format!("created    {}", self.created_at));
        lines.push(format!(
            "codes      {}, {} digits, {} s",
            self.algorithm, self.digits, self.interval
        ));
        lines.extend(
            self.enrolment_expires_at.iter().map(|end| format!("enrolment  open until {end}")),
        );
        lines.join("\n") + "\n"
    }
}
