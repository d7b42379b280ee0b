//! An operator that does not answer keeps instances for as long as it is waited for.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::future::join_all;
use keyfob::{
    EntropyUnavailable, UnixTime,
    service::{
        DomainId, Message, Phone, PortError, Ports, Receipt, ServiceError, SimSwap,
        contract::Memory,
    },
};
use keyfob_host::engine::FlowError;
use tokio::{sync::mpsc, time::timeout};

use super::{
    components::{ACCOUNT, component, component_world},
    support::START,
};

/// More than there are instances.
const ASKING: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_does_not_answer_keeps_no_instance_from_those_who_ask_none() {
    let world = component_world(&component()).await;
    let engine = &world.app.engine;
    let (heard, mut asked) = mpsc::unbounded_channel();
    let ports = Arc::new(Silent { store: Memory::default(), heard });
    let asking = join_all((0..ASKING).map(|number| {
        let (ports, phone) = (ports.clone(), Phone::parse(&format!("+4477009{number:05}")));
        async move { engine.check_sim_swap(&*ports, ACCOUNT, &phone.unwrap(), None).await }
    }));
    let others = async {
        let mut waiting = 0;
        while timeout(Duration::from_secs(1), asked.recv()).await.is_ok() {
            waiting += 1;
        }
        let nowhere = DomainId([9; 16]);
        let found = engine.view_domain(&*ports, ACCOUNT, nowhere);
        (waiting, timeout(Duration::from_secs(10), found).await)
    };
    let (waiting, found) = tokio::select! {
        _ = asking => unreachable!("nobody answers"),
        done = others => done,
    };
    assert!((1..ASKING).contains(&waiting), "{waiting} wait at once");
    let found = found.expect("there is an instance for who asks no operator");
    assert!(matches!(found, Err(FlowError::Service(ServiceError::DomainNotFound))), "{found:?}");
}

/// An operator that says nothing, and a store.
struct Silent {
    store: Memory,
    heard: mpsc::UnboundedSender<()>,
}

impl Ports for Silent {
    type Storage = Memory;

    fn storage(&self) -> &Memory {
        &self.store
    }

    fn now(&self) -> UnixTime {
        START
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        bytes.fill(5);
        Ok(())
    }

    async fn deliver(&self, _: Message) -> Result<Receipt, PortError> {
        Err(PortError::NotConfigured)
    }

    async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
        let _ = self.heard.send(());
        pending().await
    }
}
