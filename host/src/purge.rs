//! Clearing away what has expired, so that tables stay as small as what is in use.

use std::time::Duration;

use keyfob::service::PortError;

use crate::app::App;

/// How often expired records are cleared away, and how many at a time.
const PURGE_PAUSE: Duration = Duration::from_mins(1);
const PURGE_ROWS: usize = 10_000;

/// After how many purges the head of the audit trail is logged.
const HEADS: u32 = 60;

/// Expired records are absent whether or not they are there; this gives the room back.
pub(crate) async fn purge(app: App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    for round in 1_u32.. {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(PURGE_PAUSE) => {}
        }
        tokio::select! {
            () = &mut stop => return,
            purged = purge_all(&app) => match purged {
                Ok(rows) => tracing::debug!(rows, "purged expired records"),
                Err(error) => tracing::warn!(%error, "cannot purge expired records; trying again"),
            }
        }
        if round.is_multiple_of(HEADS) {
            log_head(&app);
        }
    }
}

/// All that has expired, however much it is: more may expire in a minute than is purged at once.
///
/// # Errors
/// [`PortError::Unavailable`]; what was purged until then stays so.
pub async fn purge_all(app: &App) -> Result<usize, PortError> {
    let now = app.clock.now();
    let mut purged =
        app.store.audit_cut(now.saturating_sub(u64::from(app.audit.days) * 86_400)).await?;
    loop {
        let rows = app.store.purge(now, PURGE_ROWS).await?;
        purged += rows;
        if rows < PURGE_ROWS {
            return Ok(purged);
        }
    }
}

/// Who notes it elsewhere can tell later whether the trail was cut off at its end.
pub(crate) fn log_head(app: &App) {
    match app.store.audit_head() {
        Ok(head) => tracing::info!(%head, "audit trail"),
        Err(error) => tracing::warn!(%error, "cannot read the head of the audit trail"),
    }
}
