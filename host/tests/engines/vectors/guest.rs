//! An instance of the component.

use std::sync::OnceLock;

use wasmtime::{
    Config, Engine, Store,
    component::{Component, HasSelf, Linker},
};

use super::{
    bindings::{Service, ServicePre},
    outside::Outside,
};

/// An instance, and what it runs over.
pub(super) struct Guest {
    pub(super) store: Store<Outside>,
    pub(super) exports: Service,
}

impl Guest {
    pub(super) fn new() -> Self {
        let prepared = prepared();
        let mut store = Store::new(prepared.engine(), Outside::new());
        let exports = prepared.instantiate(&mut store).unwrap();
        Self { store, exports }
    }
}

/// The component, compiled once for all tests.
fn prepared() -> &'static ServicePre<Outside> {
    static PREPARED: OnceLock<ServicePre<Outside>> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let engine = Engine::new(&Config::new()).unwrap();
        let component = Component::from_file(&engine, crate::component()).unwrap();
        let mut linker = Linker::new(&engine);
        Service::add_to_linker::<_, HasSelf<Outside>>(&mut linker, |outside| outside).unwrap();
        ServicePre::new(linker.instantiate_pre(&component).unwrap()).unwrap()
    })
}
