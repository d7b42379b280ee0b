use super::{
    Key, Ports, Record, Service, ServiceError, Storage, Stored, Swap, Version, records::Body,
};
use crate::UnixTime;

/// What a rule decided about a record.
pub(super) enum Change<R, T> {
    /// Leave it as it is.
    Keep(T),
    /// Write it anew, to be absent from the given second on.
    Put(R, Option<UnixTime>, T),
    /// Remove it.
    Remove(T),
}

/// How often a swap is tried anew. Every lost swap means that another one won, and
/// blocks end a storm of wrong codes after a few, so more would only hide a fault.
const TRIES: usize = 64;

impl Service {
    /// Loads the record at `key`, lets `decide` judge it, and swaps in what it
    /// decided. The answer of `decide` leaves this function only after the swap has
    /// succeeded; if another writer was first, `decide` judges again from scratch.
    pub(super) async fn transact<P, R, T>(
        &self,
        ports: &P,
        key: &Key,
        mut decide: impl FnMut(Option<R>, UnixTime) -> Result<Change<R, T>, ServiceError>,
    ) -> Result<T, ServiceError>
    where
        P: Ports,
        R: Body,
    {
        for _ in 0..TRIES {
            let now = ports.now();
            let stored = ports.storage().load(key, now).await?;
            let found = stored.as_ref().map(|stored| stored.version);
            let record = stored.map(|stored| self.open(key, &stored)).transpose()?;
            let (record, answer) = match decide(record, now)? {
                Change::Keep(answer) => return Ok(answer),
                Change::Put(record, expires_at, answer) => {
                    (Some(self.seal(ports, key, found, &record, expires_at)?), answer)
                }
                Change::Remove(answer) => (None, answer),
            };
            if ports.storage().swap(key, found, record, now).await? == Swap::Swapped {
                return Ok(answer);
            }
        }
        Err(ServiceError::Contention)
    }

    /// Reads the record at `key` without changing it.
    pub(super) async fn read<P: Ports, R: Body>(
        &self,
        ports: &P,
        key: &Key,
    ) -> Result<Option<R>, ServiceError> {
        let stored = ports.storage().load(key, ports.now()).await?;
        stored.map(|stored| self.open(key, &stored)).transpose()
    }

    /// Removes the record at `key`, whatever it holds.
    pub(super) async fn remove<P: Ports>(&self, ports: &P, key: &Key) -> Result<(), ServiceError> {
        for _ in 0..TRIES {
            let now = ports.now();
            let Some(found) = ports.storage().load(key, now).await? else { return Ok(()) };
            if ports.storage().swap(key, Some(found.version), None, now).await? == Swap::Swapped {
                return Ok(());
            }
        }
        Err(ServiceError::Contention)
    }

    /// Seals a record to follow the version that was found, or as a new one.
    pub(super) fn seal<R: Body>(
        &self,
        ports: &impl Ports,
        key: &Key,
        found: Option<Version>,
        record: &R,
        expires_at: Option<UnixTime>,
    ) -> Result<Record, ServiceError> {
        let version = if let Some(version) = found {
            Version(version.0.wrapping_add(1))
        } else {
            let mut random = [0; 8];
            ports.fill_random(&mut random)?;
            Version(u64::from_le_bytes(random))
        };
        let bytes = self.keys.seal_record(ports, key, version, record)?;
        Ok(Record { version, bytes, expires_at })
    }

    fn open<R: Body>(&self, key: &Key, stored: &Stored) -> Result<R, ServiceError> {
        self.keys.open_record(key, stored.version, &stored.bytes)
    }
}
