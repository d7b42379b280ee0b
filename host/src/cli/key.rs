use clap::{Args, Subcommand};
use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, PortError},
};
use keyfob_host::{api_key, entropy::SystemEntropy, storage::sqlite::ApiKeyRow};
use serde::Serialize;

use super::{
    CliError,
    data::{AccountArguments, Data, DataArguments},
    sealing::{self, RetireArguments, RotateArguments, SealingArguments},
    table::Table,
    terminal::{note, print, print_raw},
    time,
};

const CREATE_EXAMPLES: &str = "\
Examples:
  keyfob key create --label 'web shop'
  KEY=$(keyfob key create --data /var/lib/keyfob --expires-in 90)
  keyfob key create --new-account --label 'second tenant'

Standard output holds the key alone. It is shown this once: only a hash is kept.";

/// Make, list and revoke API keys; rotate the keys that seal the records
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    Create(CreateArguments),
    List(ListArguments),
    Revoke(RevokeArguments),
    Rotate(RotateArguments),
    Sealing(SealingArguments),
    Retire(RetireArguments),
}

/// Make an API key and print it
#[derive(Debug, Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(super) struct CreateArguments {
    #[command(flatten)]
    account: AccountArguments,

    /// Make the key for a new account, which sees nothing of the others
    #[arg(long, conflicts_with = "account")]
    new_account: bool,

    /// What the key is for, to tell it from others
    #[arg(long, value_name = "TEXT", default_value = "")]
    label: String,

    /// In how many days the key stops working [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    expires_in: Option<u32>,
}

/// List the API keys
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    data: DataArguments,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Revoke an API key, at once and for good
#[derive(Debug, Args)]
pub(super) struct RevokeArguments {
    #[command(flatten)]
    data: DataArguments,

    /// The id of the key, as `keyfob key list` shows it
    id: String,
}

pub(super) fn run(command: &KeyCommand) -> Result<(), CliError> {
    match command {
        KeyCommand::Create(arguments) => create(arguments),
        KeyCommand::List(arguments) => list(arguments),
        KeyCommand::Revoke(arguments) => revoke(arguments),
        KeyCommand::Rotate(arguments) => sealing::rotate(arguments),
        KeyCommand::Sealing(arguments) => sealing::list(arguments),
        KeyCommand::Retire(arguments) => sealing::retire(arguments),
    }
}

fn create(arguments: &CreateArguments) -> Result<(), CliError> {
    check_label(&arguments.label)?;
    let (data, account) = open_for(arguments)?;
    let (text, key) = api_key::create(account)?;
    let created_at = time::now();
    let row = ApiKeyRow {
        id: key.id,
        account: account.0,
        hash: key.hash,
        label: arguments.label.clone(),
        created_at,
        expires_at: arguments.expires_in.map(|days| created_at + u64::from(days) * 86_400),
        revoked_at: None,
    };
    if !data.store.api_key_insert(&row)? {
        // 40 random bits met; another try draws others.
        return Err(CliError::new("key-exists", "no free key id was drawn; run the command again"));
    }
    print(text.as_str())?;
    note(format_args!("key     {}\naccount {account}", row.id));
    if let Some(end) = row.expires_at {
        note(format_args!("expires {}", time::write(end)));
    }
    note("The key is shown this once. Send it as the header x-api-key.");
    data.close()
}

/// The folder, and the account that the key is for: a new one where there is none.
fn open_for(arguments: &CreateArguments) -> Result<(Data, AccountId), CliError> {
    let data = arguments.account.data.open()?;
    let is_first = arguments.account.account.is_none() && data.accounts()?.is_empty();
    if !arguments.new_account && !is_first {
        let account = data.account(arguments.account.account)?;
        return Ok((data, account));
    }
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random).map_err(PortError::from)?;
    Ok((data, AccountId::from_random(random)))
}

fn check_label(label: &str) -> Result<(), CliError> {
    if label.chars().count() > 64 || label.chars().any(char::is_control) {
        let text = "use at most 64 characters and no control characters for --label";
        return Err(CliError::new("invalid-label", text));
    }
    Ok(())
}

fn list(arguments: &ListArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    let (rows, now) = (data.store.api_key_list()?, time::now());
    if arguments.json {
        print(json(&rows, now)?)?;
        return data.close();
    }
    let mut table = Table::new(["ID", "ACCOUNT", "STATUS", "CREATED", "EXPIRES", "LABEL"]);
    for row in &rows {
        table.row([
            row.id.clone(),
            AccountId(row.account).to_string(),
            status(row, now).to_owned(),
            time::write(row.created_at),
            row.expires_at.map_or_else(|| "never".to_owned(), time::write),
            row.label.clone(),
        ]);
    }
    print_raw(table.to_string())?;
    if rows.is_empty() {
        note("there is no key yet; make one with `keyfob key create`");
    }
    data.close()
}

fn revoke(arguments: &RevokeArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    if !data.store.api_key_revoke(&arguments.id, time::now())? {
        let text = "there is no key with this id; `keyfob key list` shows the ids";
        return Err(CliError::new("key-not-found", text));
    }
    note(format_args!("revoked {}; the service refuses it within a second", arguments.id));
    data.close()
}

fn status(row: &ApiKeyRow, now: UnixTime) -> &'static str {
    match row {
        _ if row.revoked_at.is_some() => "revoked",
        _ if row.expires_at.is_some_and(|end| now >= end) => "expired",
        _ => "active",
    }
}

#[derive(Serialize)]
struct KeyView<'a> {
    id: &'a str,
    account: String,
    status: &'static str,
    label: &'a str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

fn json(rows: &[ApiKeyRow], now: UnixTime) -> Result<String, CliError> {
    let views = rows.iter().map(|row| KeyView {
        id: &row.id,
        account: AccountId(row.account).to_string(),
        status: status(row, now),
        label: &row.label,
        created_at: time::write(row.created_at),
        expires_at: row.expires_at.map(time::write),
        revoked_at: row.revoked_at.map(time::write),
    });
    super::json(&views.collect::<Vec<_>>())
}
