//! The operator as the service asks it: one question at a time about one number, none
//! while it fails, and never an error.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use keyfob::{
    Entropy as _, UnixTime,
    service::{Phone, SimSwap},
};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use super::{Camara, Fault, SimSwapConfig, SimSwapError, Told};
use crate::{app::App, delivery::Breaker, entropy::SystemEntropy};

/// An operator, and how it does.
#[derive(Debug)]
pub struct Operator {
    camara: Camara,
    time_limit: Duration,
    health: Mutex<Health>,
    asked: Mutex<HashMap<Question, watch::Receiver<Option<SimSwap>>>>,
}

type Question = (Phone, u16);

#[derive(Debug, Default)]
struct Health {
    breaker: Breaker,
    last_fault: Option<Fault>,
}

impl Operator {
    /// The operator of this configuration.
    ///
    /// # Errors
    /// [`SimSwapError`].
    pub fn new(config: &SimSwapConfig) -> Result<Self, SimSwapError> {
        let (camara, time_limit) = (Camara::new(config)?, config.time_limit()?);
        Ok(Self { camara, time_limit, health: Mutex::default(), asked: Mutex::default() })
    }

    /// Whether the SIM changed within the last `max_age_hours`. Whoever asks while the same
    /// question is open waits for its answer.
    ///
    /// The question is put in a task of its own: a client that hangs up would otherwise
    /// take away what others wait for, and what the breaker waits to hear.
    pub async fn ask(self: &Arc<Self>, phone: &Phone, max_age_hours: u16, app: &App) -> SimSwap {
        let question = (phone.clone(), max_age_hours);
        let mut answer = {
            let mut asked = lock(&self.asked);
            match asked.get(&question).filter(|open| open.has_changed().is_ok()) {
                Some(open) => open.clone(),
                None if !lock(&self.health).breaker.admits(app.clock.now()) => {
                    return SimSwap::Unknown;
                }
                None => {
                    let (teller, open) = watch::channel(None);
                    asked.insert(question.clone(), open.clone());
                    let (operator, app) = (Arc::clone(self), app.clone());
                    tokio::spawn(async move {
                        let answer = operator.put(&question, &app).await;
                        lock(&operator.asked).remove(&question);
                        teller.send_replace(Some(answer));
                    });
                    open
                }
            }
        };
        let told = answer.wait_for(Option::is_some).await;
        told.ok().and_then(|answer| *answer).unwrap_or(SimSwap::Unknown)
    }

    /// Whether a token is to be had. Asks about no number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn check(&self) -> Result<(), Fault> {
        self.camara.check(Instant::now() + self.time_limit).await
    }

    /// What an operator of the service should know, for anybody to read.
    pub fn trouble(&self, now: UnixTime) -> Option<String> {
        let health = lock(&self.health);
        let until = health.breaker.rests_until()?;
        let fault = health.last_fault.map_or("it failed".to_owned(), |fault| fault.to_string());
        let next = match until.saturating_sub(now) {
            0 => "with the next question".to_owned(),
            wait => format!("in {wait} s"),
        };
        Some(format!("sim_swap: {fault}; it is asked again {next}"))
    }

    async fn put(&self, question: &Question, app: &App) -> SimSwap {
        let (phone, max_age_hours) = question;
        let (began, correlator) = (Instant::now(), correlator());
        let deadline = began + self.time_limit;
        let asking = self.camara.ask(phone, *max_age_hours, app.clock.now(), correlator, deadline);
        let answer = asking.await;
        app.metrics.sim_swap_took(began.elapsed());
        self.note(answer.as_ref().err().copied(), correlator, app.clock.now());
        match answer {
            Ok(Told { sim_swap: SimSwap::Unknown, status }) => {
                tracing::info!(%correlator, status, "the operator does not know whether a SIM changed");
                SimSwap::Unknown
            }
            Ok(Told { sim_swap, .. }) => sim_swap,
            Err(_) => SimSwap::Unknown,
        }
    }

    fn note(&self, fault: Option<Fault>, correlator: Uuid, now: UnixTime) {
        let mut health = lock(&self.health);
        let rested = health.breaker.rests_until().is_some();
        match fault {
            Some(_) => health.breaker.failed(now),
            None => health.breaker.succeeded(),
        }
        health.last_fault = fault;
        let rests = health.breaker.rests_until().is_some();
        drop(health);
        if let Some(reason) = fault {
            tracing::warn!(%correlator, %reason, "an operator did not say whether a SIM changed");
        }
        if rests && !rested {
            tracing::error!("the operator fails; SIMs are unknown without asking it for a while");
        }
        if rested && !rests {
            tracing::info!("the operator works again");
        }
    }
}

/// Tells our requests apart in the operator's log, and nothing else.
fn correlator() -> Uuid {
    let mut random = [0; 16];
    let _ = SystemEntropy.fill(&mut random); // without it the request goes out all the same
    uuid::Builder::from_random_bytes(random).into_uuid()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
