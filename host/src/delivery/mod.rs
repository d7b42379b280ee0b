//! Getting messages to people. A message is sealed and durable before the answer to
//! the request that caused it; a dispatcher sends it until its code ends.

mod dispatcher;
mod inbox;
mod smtp;

use std::sync::Arc;

use keyfob::service::{Channel, Message, PortError, Receipt};
use tokio::sync::Notify;

pub use dispatcher::dispatch;
pub use inbox::{Inbox, InboxMessage};
pub use smtp::{Smtp, SmtpConfig, SmtpError};

use crate::app::App;

/// The ways to reach people.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Email, if a relay is configured.
    pub smtp: Option<Smtp>,
    /// Where every message goes with `--dev`, and only then.
    pub inbox: Option<Arc<Inbox>>,
    /// Wakes the dispatcher.
    pub wake: Arc<Notify>,
}
