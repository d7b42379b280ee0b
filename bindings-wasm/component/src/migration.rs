use alloc::{string::String, vec::Vec};

use keyfob::enrolment::{self, Enrolment};

use crate::{
    Component,
    exports::{
        enrolment::{Enrolment as Handle, EnrolmentBorrow},
        migration::{Guest, Migration, Skipped},
    },
    types::Fault,
};

impl Guest for Component {
    fn parse(uri: String) -> Result<Migration, Fault> {
        let migration = enrolment::Migration::parse(&uri)?;
        let skipped = migration.skipped.into_iter().map(|skipped| Skipped {
            index: skipped.index as u32,
            name: skipped.name,
            fault: skipped.reason.into(),
        });
        Ok(Migration {
            entries: migration.entries.into_iter().map(Handle::new).collect(),
            skipped: skipped.collect(),
            batch_size: migration.batch_size,
            batch_index: migration.batch_index,
            batch_id: migration.batch_id,
        })
    }

    fn write(enrolments: Vec<EnrolmentBorrow<'_>>, batch_id: i32) -> Result<Vec<String>, Fault> {
        let enrolments: Vec<Enrolment> =
            enrolments.iter().map(|handle| handle.get::<Enrolment>().clone()).collect();
        let uris = enrolment::Migration::export(&enrolments, batch_id)?;
        Ok(uris.iter().map(|uri| uri.as_str().into()).collect())
    }
}
