//! What the commands on a data folder share: which folder, which account, and a
//! runtime for the flows.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;
use keyfob::service::{AccountId, DomainId, PortError, Ports as _, Service, ServicePolicy};
use keyfob_host::{
    audit::{AuditEvent, Subjects},
    data_folder::DataFolder,
    storage::{
        Sqlite,
        sqlite::{ApiKeyRow, AuditEntry},
    },
};
use tokio::runtime::{Builder, Runtime};

use super::{CliError, ports::CommandPorts};

/// Which data folder.
#[derive(Debug, Args)]
pub(super) struct DataArguments {
    /// The data folder of the service, which may be running
    #[arg(long, value_name = "DIR", env = "KEYFOB_DATA", default_value = "keyfob-data")]
    pub(super) data: PathBuf,
}

/// Which account of which data folder.
#[derive(Debug, Args)]
pub(super) struct AccountArguments {
    #[command(flatten)]
    pub(super) data: DataArguments,

    /// The account [default: the only one there is; `keyfob key list` shows them]
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(super) account: Option<AccountId>,
}

/// An open data folder and what runs flows on it.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) store: Sqlite,
    pub(super) service: Service,
    pub(super) ports: CommandPorts,
    pub(super) runtime: Runtime,
}

impl DataArguments {
    pub(super) fn open(&self) -> Result<Data, CliError> {
        let folder = DataFolder::open(&self.data, ServicePolicy::default())?;
        let runtime = Builder::new_current_thread().enable_time().build().map_err(|error| {
            CliError::new("runtime-failed", format!("cannot start the runtime: {error}"))
        })?;
        let DataFolder { store, service } = folder;
        Ok(Data { ports: CommandPorts::new(store.clone()), store, service, runtime })
    }
}

impl AccountArguments {
    pub(super) fn open(&self) -> Result<(Data, AccountId), CliError> {
        let data = self.data.open()?;
        let account = data.account(self.account)?;
        Ok((data, account))
    }
}

impl Data {
    /// The account that is meant: the one given, or the only one.
    pub(super) fn account(&self, given: Option<AccountId>) -> Result<AccountId, CliError> {
        let accounts = self.accounts()?;
        if let Some(given) = given {
            if accounts.contains(&given) {
                return Ok(given);
            }
            return Err(CliError::new(
                "account-not-found",
                "no API key belongs to this account; `keyfob key list` shows the accounts there are",
            ));
        }
        let mut accounts = accounts.into_iter();
        match (accounts.next(), accounts.next()) {
            (Some(account), None) => Ok(account),
            (None, _) => Err(CliError::new(
                "account-missing",
                "there is no account yet; make one with `keyfob key create`",
            )),
            _ => Err(CliError::new(
                "account-ambiguous",
                "there is more than one account; name one with --account, `keyfob key list` shows them",
            )),
        }
    }

    /// Every account that has or had an API key.
    pub(super) fn accounts(&self) -> Result<BTreeSet<AccountId>, PortError> {
        let rows = self.store.api_key_list()?;
        Ok(rows.iter().map(|row: &ApiKeyRow| AccountId(row.account)).collect())
    }

    /// What the audit trail is to say of this command.
    pub(super) fn entry(&self, event: AuditEvent) -> AuditEntry {
        AuditEntry::new(self.ports.now(), event)
    }

    /// How the audit trail names users and recipients.
    pub(super) fn subjects(&self) -> Subjects {
        Subjects::new(self.service.keys())
    }

    /// Ends the store's threads, so that the database is one tidy file again where
    /// nobody else has it open.
    pub(super) fn close(self) -> Result<(), CliError> {
        Ok(self.store.close()?)
    }
}

/// For clap.
pub(super) fn account_id(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).map_err(|_| not_an_id("an account"))
}

/// For clap.
pub(super) fn domain_id(text: &str) -> Result<DomainId, String> {
    DomainId::parse(text).map_err(|_| not_an_id("a domain"))
}

fn not_an_id(what: &str) -> String {
    format!("the id of {what} has the form 00000000-0000-4000-8000-000000000000")
}
