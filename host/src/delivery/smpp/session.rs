//! A session that comes back when it is lost.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{config::Account, connect, link, link::Link};
use crate::delivery::{Receipts, SendError};

/// One session with an SMSC, kept up by a task for as long as this is there.
#[derive(Debug)]
pub(super) struct Session {
    state: watch::Receiver<State>,
    stop: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

/// How a session is.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// Nothing is known of the SMSC yet.
    New,
    /// It takes messages.
    Up(Link),
    /// There is none, and why.
    Down(SendError),
}

impl Session {
    pub(super) fn start(account: Arc<Account>, receipts: Receipts, number: usize) -> Self {
        let (sender, state) = watch::channel(State::New);
        let (stop, stopped) = watch::channel(false);
        let keeping = keep(account, receipts, number, sender, stopped);
        Self { state, stop, keeper: tokio::spawn(keeping) }
    }

    /// Has it say goodbye. The session does not come back.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns when goodbye is said.
    pub(super) async fn stopped(&self) {
        let mut state = self.state.clone();
        while state.changed().await.is_ok() {} // the keeper has the other end
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// How it is once something is known of the SMSC.
    pub(super) async fn settled(&self) -> State {
        let mut state = self.state.clone();
        match state.wait_for(|state| !matches!(state, State::New)).await {
            Ok(state) => state.clone(),
            Err(_) => State::Down(SendError::Transient("the service ends".to_owned())),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(
    account: Arc<Account>,
    receipts: Receipts,
    session: usize,
    state: watch::Sender<State>,
    mut stop: watch::Receiver<bool>,
) {
    let (provider, mut pause) = (&account.name, FIRST_PAUSE);
    loop {
        let reached = tokio::select! {
            reached = connect::reach(&account) => reached,
            () = stopped(&mut stop) => return,
        };
        let bound = match reached {
            Ok(stream) => connect::bind(&account, stream).await,
            Err(error) => Err(error),
        };
        let reason = match bound {
            Ok(bound) => {
                tracing::info!(provider, session, "a session with the SMSC has begun");
                let (link, running) = link::open(&account, &receipts, bound);
                state.send_replace(State::Up(link));
                let began = Instant::now();
                let reason = running.run(stopped(&mut stop)).await;
                if began.elapsed() >= LONGEST_PAUSE {
                    pause = FIRST_PAUSE; // shorter ones are failures of the same kind
                }
                SendError::Transient(reason.to_owned())
            }
            Err(error) => error,
        };
        if *stop.borrow() {
            return;
        }
        tracing::warn!(provider, session, %reason, "there is no session with the SMSC");
        state.send_replace(State::Down(reason));
        tokio::select! {
            () = sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Or the session is no longer there.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// How long is waited before another attempt.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
