//! Owns the whole state at one moment, read part by part as somebody takes it. Must not hold more of it than a part, nor the
//! moment longer than it is read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_api::object::EventSettings;
use claviger_api::{Account, Event, Key, Scope};

use super::{Error, Service};
use crate::store::{Moment, Rows, StoreError};

/// How many keys and accounts a part of a snapshot has at most.
const PART: usize = 1000;

/// How many accounts the scopes of a part name at most, so that a part stays some hundred kilobytes.
const PART_GRANTS: usize = 20_000;

/// How long one moment is read in. The store's file keeps what is written over meanwhile, so it must not be for ever; a million
/// keys take a local reader some seconds.
const LONGEST: Duration = Duration::from_mins(1);

/// Where in the order the next part begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Place {
    /// With the accounts, after a folded name and an id.
    #[default]
    First,
    Accounts(String, String),
    /// With the keys, after a folded name.
    Keys(Option<String>),
    /// There is no further part.
    End,
}

/// The whole state at one moment, in parts. Where that moment cannot be held and the state has changed since, it begins
/// again, with the first part of a newer state.
pub struct Snapshot {
    service: Arc<Service>,
    moment: Moment,
    begun: Instant,
    /// The revision of the parts that were read; none before the first.
    revision: Option<u64>,
    place: Place,
}

impl Service {
    /// The whole state, to be read in parts.
    #[must_use]
    pub fn snapshot(self: &Arc<Self>) -> Snapshot {
        Snapshot {
            service: Arc::clone(self),
            moment: self.store.hold(),
            begun: Instant::now(),
            revision: None,
            place: Place::First,
        }
    }
}

impl Snapshot {
    /// Reads the next part; none after the last. One with another revision than those before begins a new snapshot.
    ///
    /// # Errors
    /// The store failed.
    pub fn next_part(&mut self) -> Result<Option<Event>, Error> {
        if self.place == Place::End {
            return Ok(None);
        }
        if self.begun.elapsed() > LONGEST {
            self.let_go();
        }
        let (part, state) = self.service.store.read_on(&self.moment, |rows| {
            let state = rows.state()?;
            if self.revision.replace(state.revision) != Some(state.revision) {
                (self.place, self.begun) = (Place::First, Instant::now());
            }
            Ok((Part::read(&self.service, rows, &mut self.place)?, state))
        })?;
        let more = self.place != Place::End;
        if !more {
            self.let_go();
        }
        Ok(Some(Event::Snapshot {
            revision: state.revision,
            keys: part.keys,
            accounts: part.accounts,
            settings: EventSettings { storage_mode: state.storage_mode },
            more,
        }))
    }

    /// Lets the moment go, because whoever reads it takes his time. Reading on costs nothing where nothing has changed.
    pub fn let_go(&self) {
        self.moment.let_go();
    }
}

#[derive(Default)]
struct Part {
    keys: Vec<Key>,
    accounts: Vec<Account>,
    grants: usize,
}

impl Part {
    /// Reads as much as one part takes, from a place on, and says where the next one begins.
    fn read(service: &Service, rows: &impl Rows, place: &mut Place) -> Result<Self, StoreError> {
        let mut part = Self::default();
        let after = match place {
            Place::First => None,
            Place::Accounts(name, id) => Some((name.as_str(), id.as_str())),
            Place::Keys(_) | Place::End => {
                part.read_keys(service, rows, place)?;
                return Ok(part);
            }
        };
        let mut accounts = rows.accounts_after(after, PART + 1)?;
        if accounts.len() > PART {
            accounts.truncate(PART);
            if let Some((name, account)) = accounts.last() {
                *place = Place::Accounts(name.clone(), account.id.to_string());
            }
            part.accounts = accounts.into_iter().map(|(_, account)| account).collect();
            return Ok(part);
        }
        part.accounts = accounts.into_iter().map(|(_, account)| account).collect();
        *place = Place::Keys(None);
        part.read_keys(service, rows, place)?;
        Ok(part)
    }

    fn read_keys(
        &mut self,
        service: &Service,
        rows: &impl Rows,
        place: &mut Place,
    ) -> Result<(), StoreError> {
        let Place::Keys(after) = place else { return Ok(()) };
        let (mut last, mut is_whole) = (after.clone(), true);
        rows.walk_keys(after.as_deref(), |name, key, used| {
            let named = if let Scope::Only(accounts) = &key.scope { accounts.len() } else { 0 };
            if !self.fits(named) {
                is_whole = false;
                return ControlFlow::Break(());
            }
            let used = used.merged(service.usage.unsaved(&key.id));
            self.grants += named;
            self.keys.push(key.shown(used));
            last = Some(name.to_owned());
            ControlFlow::Continue(())
        })?;
        *place = if is_whole { Place::End } else { Place::Keys(last) };
        Ok(())
    }

    /// Whether one more key that names so many accounts goes into it.
    fn fits(&self, grants: usize) -> bool {
        let items = self.keys.len() + self.accounts.len();
        items < PART && (items == 0 || self.grants + grants <= PART_GRANTS)
    }
}
