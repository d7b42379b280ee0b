//! The flows of a WebAssembly component. Every request has an instance of its own, so that nothing
//! one request left behind is there for the next, and every instance is stopped that traps, loops,
//! or grows without end. See docs/decisions/0018-component.md.

mod answers;
mod bindings;
mod error;
mod flows;
mod outside;
mod policy;
mod requests;
mod stopping;

use std::{fmt, fs, path::Path};

use keyfob::{
    UnixTime, Zeroizing,
    service::{Ports, Service, ServicePolicy},
};
use tokio::sync::{Semaphore, mpsc};
use wasmtime::{
    Engine, Store, Trap,
    component::{Component as Compiled, HasSelf, Linker, ResourceAny},
};

pub use self::error::ComponentError;
use self::{
    bindings::{
        Service as Instance, ServicePre,
        exports::keyfob::otp::flows::{Error as WitError, Keys, Policy, SealingKey},
    },
    outside::{Ended, Guest, Outside},
};
use super::FlowError;
use crate::master_key::{ExposedKeys, KeyFile};

/// A component that is ready to run.
pub struct Component {
    prepared: ServicePre<Guest>,
    policy: Policy,
    replay_floor: UnixTime,
    keys: KeyFile,
    places: Semaphore,
    operator_places: Semaphore,
}

/// One instance, for one call of a flow.
struct Running {
    store: Store<Guest>,
    instance: Instance,
    service: ResourceAny,
}

impl Component {
    /// Compiles the component in `file`, which takes a second or two, and tries it: it must
    /// import no more than it may, export what the world `service` says, and make of the keys in
    /// `key_file` what `service` makes of them.
    ///
    /// # Errors
    /// [`ComponentError`].
    pub async fn load(
        file: &Path,
        key_file: &Path,
        service: &Service,
        policy: &ServicePolicy,
    ) -> Result<Self, ComponentError> {
        let bytes = fs::read(file).map_err(ComponentError::Unreadable)?;
        let engine = Engine::new(&stopping::configure());
        let engine = engine.map_err(|error| ComponentError::Engine(root(&error)))?;
        let compiled = Compiled::new(&engine, bytes);
        let compiled = compiled.map_err(|error| ComponentError::NoComponent(root(&error)))?;
        let mut linker = Linker::new(&engine);
        Instance::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)
            .map_err(|error| ComponentError::Engine(root(&error)))?;
        let prepared = linker.instantiate_pre(&compiled).and_then(ServicePre::new);
        stopping::tick(&engine).map_err(|error| ComponentError::Engine(error.to_string()))?;
        let component = Self {
            prepared: prepared.map_err(|error| misfit(&error))?,
            policy: policy::of(policy),
            replay_floor: service.replay_floor(),
            keys: KeyFile::open(key_file).map_err(ComponentError::Keys)?,
            places: Semaphore::new(stopping::AT_ONCE as usize),
            operator_places: Semaphore::new(stopping::ASKING_OPERATORS as usize),
        };
        Box::pin(component.try_it(service)).await?;
        Ok(component)
    }

    /// A component that names things otherwise would find nothing in the store.
    async fn try_it(&self, service: &Service) -> Result<(), ComponentError> {
        let (questions, _nobody) = mpsc::channel(1);
        let guest = Guest::new(questions);
        let computed = guest.used.computed.clone();
        computed.time(self.try_as(guest, service)).await
    }

    async fn try_as(&self, guest: Guest, service: &Service) -> Result<(), ComponentError> {
        let mut store = self.store(guest);
        let failed = |error: wasmtime::Error| ComponentError::Trial(root(&error));
        let instance = self
            .prepared
            .instantiate_async(&mut store)
            .await
            .map_err(|error| if error.is::<Trap>() { failed(error) } else { misfit(&error) })?;
        let running = self.start(store, instance, &self.keys.current()).await.map_err(failed)?;
        let Running { mut store, instance, service: made } = running;
        let flows = instance.keyfob_otp_flows().service();
        let fingerprint = flows.call_fingerprint(&mut store, made).await.map_err(failed)?;
        if fingerprint == service.keys().fingerprint() {
            Ok(())
        } else {
            Err(ComponentError::OtherKeys)
        }
    }

    /// Runs a flow in an instance of its own. A flow that met a record under a key that was
    /// added a moment ago, and has written nothing yet, begins anew with that key.
    async fn run<P, T, F>(&self, ports: &P, flow: impl Fn(Running) -> F) -> Result<T, FlowError>
    where
        P: Ports,
        F: Future<Output = wasmtime::Result<Result<T, WitError>>>,
    {
        const TRIES: usize = 3;
        let _place = self.places.acquire().await; // never closed
        for _ in 0..TRIES {
            let keys = self.keys.current();
            let (questions, asked) = mpsc::channel(1);
            let guest = Guest::new(questions);
            let computed = guest.used.computed.clone();
            let call = computed.time(async {
                let mut store = self.store(guest);
                let instance = self.prepared.instantiate_async(&mut store).await?;
                flow(self.start(store, instance, &keys).await?).await
            });
            match Outside::new(ports, &keys).answer(asked, call).await {
                Ok(answer) => return answer.map_err(answers::error),
                Err(Ended::UnknownKey) => {}
                Err(Ended::Failed(error)) => {
                    // The root alone: what is around it may show arguments.
                    tracing::error!(reason = root(&error), "the component was stopped");
                    return Err(FlowError::Failed);
                }
            }
        }
        tracing::error!("the component met a record under a key that the key file does not have");
        Err(FlowError::Failed)
    }

    /// As [`run`](Self::run), for flows that may ask an operator.
    async fn run_asking<P, T, F>(
        &self,
        ports: &P,
        flow: impl Fn(Running) -> F,
    ) -> Result<T, FlowError>
    where
        P: Ports,
        F: Future<Output = wasmtime::Result<Result<T, WitError>>>,
    {
        let _place = self.operator_places.acquire().await; // never closed
        self.run(ports, flow).await
    }

    fn store(&self, guest: Guest) -> Store<Guest> {
        let mut store = Store::new(self.prepared.engine(), guest);
        stopping::limit(&mut store);
        store
    }

    async fn start(
        &self,
        mut store: Store<Guest>,
        instance: Instance,
        keys: &ExposedKeys,
    ) -> wasmtime::Result<Running> {
        let service = instance.keyfob_otp_flows().service();
        let keys = handed(keys);
        let made = service.call_create(&mut store, &keys, &self.policy, self.replay_floor).await;
        wipe(keys);
        match made? {
            Ok(service) => Ok(Running { store, instance, service }),
            Err(fault) => Err(wasmtime::format_err!(
                "the component refuses its keys or its policy: {}",
                fault.code
            )),
        }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").finish_non_exhaustive()
    }
}

/// The keys as the component takes them.
fn handed(keys: &ExposedKeys) -> Keys {
    let sealing = keys.sealing.iter();
    let sealing = sealing.map(|(id, key)| SealingKey { id: *id, key: key.expose_bytes().to_vec() });
    Keys { root: keys.root.expose_bytes().to_vec(), sealing: sealing.collect() }
}

fn wipe(keys: Keys) {
    drop(Zeroizing::new(keys.root));
    keys.sealing.into_iter().for_each(|key| drop(Zeroizing::new(key.key)));
}

/// A component whose imports or exports are not those of the service.
fn misfit(error: &wasmtime::Error) -> ComponentError {
    ComponentError::OtherWorld(format!("{error:#}"))
}

/// Why, without where: what the wasm was doing is nobody's business in a log.
fn root(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}
