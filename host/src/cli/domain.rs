use clap::{Args, Subcommand};
use keyfob::service::{AccountId, DomainView, Key, KeyKind, ServiceError, SimSwapPolicy};
use keyfob_host::audit::AuditEvent;
use serde::Serialize;

use super::{
    CliError,
    data::{AccountArguments, Data},
    table::Table,
    terminal::{note, print, print_raw},
    time,
};

/// Make and list domains, which hold the users of an account
#[derive(Debug, Subcommand)]
pub(super) enum DomainCommand {
    Create(CreateArguments),
    List(ListArguments),
}

/// Make a domain and print its id
#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    #[command(flatten)]
    account: AccountArguments,

    /// What authenticator apps show as the issuer, such as 'Example Bank'
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
}

/// List the domains of an account
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    account: AccountArguments,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &DomainCommand) -> Result<(), CliError> {
    match command {
        DomainCommand::Create(arguments) => create(arguments),
        DomainCommand::List(arguments) => list(arguments),
    }
}

fn create(arguments: &CreateArguments) -> Result<(), CliError> {
    let (data, account) = arguments.account.open()?;
    let creation = data.service.create_domain(&data.ports, account, arguments.name.as_deref());
    let domain = data.runtime.block_on(creation)?;
    let entry = data.entry(AuditEvent::DomainCreated).of(account).within(domain);
    data.store.audit_blocking(entry)?;
    print(domain)?;
    note(format_args!("account {account}"));
    data.close()
}

fn list(arguments: &ListArguments) -> Result<(), CliError> {
    let (data, account) = arguments.account.open()?;
    let domains = domains(&data, account)?;
    if arguments.json {
        print(json(&domains)?)?;
        return data.close();
    }
    let mut table = Table::new(["DOMAIN", "CREATED", "NAME"]);
    for domain in &domains {
        let name = domain.name.clone().unwrap_or_default();
        table.row([domain.domain.to_string(), time::write(domain.created_at), name]);
    }
    print_raw(table.to_string())?;
    data.close()
}

fn domains(data: &Data, account: AccountId) -> Result<Vec<DomainView>, CliError> {
    const PAGE: usize = 256;
    let prefix = Key::prefix(KeyKind::Domain, account.0);
    let mut domains = Vec::new();
    let mut after: Option<[u8; Key::LENGTH]> = None;
    loop {
        let keys = data.store.keys_with_prefix(&prefix, PAGE, after.as_ref(), time::now())?;
        for id in keys.iter().filter_map(Key::domain_id) {
            match data.runtime.block_on(data.service.view_domain(&data.ports, account, id)) {
                Err(ServiceError::DomainNotFound) => {} // removed since it was listed
                view => domains.push(view?),
            }
        }
        match keys.last() {
            Some(last) if keys.len() == PAGE => after = Some(*last),
            _ => return Ok(domains),
        }
    }
}

#[derive(Serialize)]
struct View<'a> {
    domain: String,
    name: Option<&'a str>,
    created_at: String,
    sim_swap: Option<SimSwap>,
    fallback_after: Option<u64>,
}

/// A policy in the words of the API.
#[derive(Serialize)]
struct SimSwap {
    max_age_hours: u16,
    on_swap: &'static str,
    on_unknown: &'static str,
}

impl From<SimSwapPolicy> for SimSwap {
    fn from(policy: SimSwapPolicy) -> Self {
        Self {
            max_age_hours: policy.max_age_hours,
            on_swap: policy.on_swapped.code(),
            on_unknown: policy.on_unknown.code(),
        }
    }
}

fn json(domains: &[DomainView]) -> Result<String, CliError> {
    let views = domains.iter().map(|domain| View {
        domain: domain.domain.to_string(),
        name: domain.name.as_deref(),
        created_at: time::write(domain.created_at),
        sim_swap: domain.settings.sim_swap.map(SimSwap::from),
        fallback_after: domain.settings.fallback_after,
    });
    super::json(&views.collect::<Vec<_>>())
}
