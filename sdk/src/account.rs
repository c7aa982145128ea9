//! `Account`: a principal that is signed in. The only handle that reaches keys.

mod access_pages;
mod accesses;
mod app_data;
pub mod audit;
mod change_password;
mod check_references;
mod commit;
mod contacts;
mod create_link;
mod defaults;
mod define;
mod describe;
mod devices;
mod epochs;
mod evidence;
mod grant;
mod group;
mod heads;
mod keys;
mod leave;
mod link_ontology;
mod maintain;
mod membership;
mod merge;
mod ontologies;
mod onward;
mod open;
mod records;
mod referring;
mod reindex;
mod renew;
mod resolve;
mod revoke;
mod rewrap;
mod rotate;
mod seen;
mod session;
mod slices;
mod stored;
mod terms;

pub use accesses::ReceivedAccess;
pub use app_data::AppDataError;
pub use change_password::ChangePasswordError;
pub use check_references::{FaultyReference, IntegrityReport};
pub use contacts::{Contact, FindError};
pub use create_link::{CreateLinkError, CreatedLink, NewLink};
pub use defaults::{EVENTS, STREAMS};
pub use define::{DefineError, Defining};
pub use describe::{DescribedCollection, Description, Records};
pub use devices::{Device, DeviceError, Enrolment, MAX_DEVICE_NAME};
pub use grant::{Grant, GrantError};
pub use group::{Group, GroupContact, GroupError};
pub use heads::{AccountHead, Agreement, CompareError, HeadOrder, InvalidHead};
pub use leave::LeaveError;
pub use maintain::Maintained;
pub use membership::{Membership, ReceivedByGroups};
pub use open::OpenError;
pub use renew::{RenewError, Rotated, Rotation};
pub use resolve::{Principal, ResolveError, Resolved};
pub use revoke::{RevokeError, Revoking};
pub use rotate::RotateError;
pub use stored::StoredSession;

pub(crate) use epochs::{Begun, Moving};
pub(crate) use keys::OwnKeys;
pub(crate) use records::newest_epoch;
pub(crate) use referring::Unnoted;

use crate::{
    client::Client,
    distrust::Distrust,
    failure::Failure,
    protocol::{
        audit::{Audit, Known},
        chain::Chain,
        contacts::Contacts,
        scope::ScopeState,
        versions::{Asked, Place, Versions},
    },
    text::Fingerprint,
};
use pryv_crypto::{DeviceKeys, VerifiedAccess};
use pryv_wire::{AccessId, Digest, PrincipalId, ScopeId, account::SessionOpened};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is awaited of a handle that says first how something is done.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type Running<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;
/// What is awaited of a handle that says first how something is done.
#[cfg(target_arch = "wasm32")]
pub(crate) type Running<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;

/// Whose scope, which one, and by which access.
pub(crate) type ScopeKey = (PrincipalId, ScopeId, Option<AccessId>);

/// A principal that is signed in. A cheap handle: clones share session, keys and what was seen of the server.
///
/// Keys are held in memory and wiped when the last clone is dropped.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    client: Client,
    username: String,
    me: PrincipalId,
    keys: Mutex<Arc<OwnKeys>>,
    /// The keys of this machine, once it is a device of the account.
    device: Mutex<Option<Arc<DeviceKeys>>>,
    /// The sequence of the card under which every scope was seen to have keys.
    keyed: Mutex<u32>,
    /// Who opens the account secret, as far as the person was shown it.
    seen: Mutex<Option<seen::Seen>>,
    session: Mutex<Option<session::Session>>,
    contacts: Mutex<Contacts>,
    chains: Mutex<HashMap<PrincipalId, Chain>>,
    audit: Mutex<Audit>,
    versions: Mutex<Versions>,
    scopes: Mutex<HashMap<ScopeKey, Arc<ScopeState>>>,
    /// The newest epoch of each scope that was seen or begun: nothing is written to an earlier one.
    epochs: Mutex<BTreeMap<(PrincipalId, ScopeId), u32>>,
    evidence: Mutex<HashMap<(PrincipalId, AccessId), records::Evidence>>,
    /// The accesses whose signed end was seen or sent, by account: none of them comes alive again.
    ended: Mutex<BTreeSet<(PrincipalId, AccessId)>>,
}

/// Locks a mutex. A panic elsewhere leaves nothing half done under any of ours: each section is one insertion or one read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    /// An account that signed in. `fresh` says that it was made just now, so that its chain of changes is empty.
    pub(crate) fn new(
        client: &Client,
        username: &str,
        keys: OwnKeys,
        session: &SessionOpened,
        fresh: bool,
    ) -> Result<Self, Failure> {
        let me = keys.identity.principal();
        if session.principal != me {
            return Err(Distrust::Substituted { what: "principal" }.into());
        }
        let chains = if fresh { HashMap::from([(me, Chain::genesis(me))]) } else { HashMap::new() };
        Ok(Self(Arc::new(Inner {
            client: client.clone(),
            username: username.to_owned(),
            me,
            seen: Mutex::new(seen::Seen::first(&keys)),
            keys: Mutex::new(Arc::new(keys)),
            device: Mutex::default(),
            keyed: Mutex::default(),
            session: Mutex::new(Some(session::Session::of(session))),
            contacts: Mutex::default(),
            chains: Mutex::new(chains),
            audit: Mutex::new(Audit::restore(me, Known::default())),
            versions: Mutex::default(),
            scopes: Mutex::default(),
            epochs: Mutex::default(),
            evidence: Mutex::default(),
            ended: Mutex::default(),
        })))
    }

    /// The account's id: the hash of its first card.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        self.0.me
    }

    /// The public handle; empty for an app.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.0.username
    }

    /// The account's id, to compare with another person.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.id())
    }

    /// Takes note that this machine is a device of the account.
    pub(crate) fn is_device(&self, keys: Arc<DeviceKeys>) {
        *lock(&self.0.device) = Some(keys);
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Takes note of a version that was written.
    pub(crate) fn note_version(&self, place: Place, version: u64, digest: Digest) -> Result<(), Failure> {
        let mut versions = lock(&self.0.versions);
        let asked = versions.asking();
        // Somebody may have written on top of it already, and another call have seen it.
        if version < versions.known(&place, asked) {
            return Ok(());
        }
        Ok(versions.note(place, version, digest, asked)?)
    }

    /// What it means that the server does not find a record: nothing was there, or something that this client knew of when
    /// it asked, and that leaves a trace even if it is deleted.
    pub(crate) fn missing(&self, place: &Place, asked: Asked) -> Option<Distrust> {
        let known = lock(&self.0.versions).known(place, asked);
        (known > 0).then_some(Distrust::RolledBack { what: "a record", known, answered: 0 })
    }

    /// Takes note of an epoch that was seen or begun.
    pub(crate) fn note_epoch(&self, owner: PrincipalId, scope: ScopeId, epoch: u32) {
        let mut epochs = lock(&self.0.epochs);
        let newest = epochs.entry((owner, scope)).or_default();
        *newest = epoch.max(*newest);
    }

    /// The newest epoch of a scope that was seen or begun; zero if none was.
    pub(crate) fn newest_epoch(&self, owner: PrincipalId, scope: ScopeId) -> u32 {
        self.known_epoch(owner, scope).unwrap_or_default()
    }

    /// The scopes of an account of which an epoch was seen or begun.
    pub(crate) fn known_scopes(&self, owner: PrincipalId) -> Vec<ScopeId> {
        let epochs = lock(&self.0.epochs);
        epochs.keys().filter(|(of, _)| *of == owner).map(|(_, scope)| *scope).collect()
    }

    /// The newest epoch of a scope that was seen or begun.
    pub(crate) fn known_epoch(&self, owner: PrincipalId, scope: ScopeId) -> Option<u32> {
        lock(&self.0.epochs).get(&(owner, scope)).copied()
    }

    /// The accesses whose end is known by now: what is asked for from here on must show it.
    pub(crate) fn ended(&self) -> BTreeSet<(PrincipalId, AccessId)> {
        lock(&self.0.ended).clone()
    }

    /// Takes note of the end of an access.
    pub(crate) fn note_end(&self, account: PrincipalId, access: AccessId) {
        lock(&self.0.ended).insert((account, access));
    }

    /// Holds an access that was verified against the ends that were known when it was asked for, and takes note of its own.
    pub(crate) fn check_end(
        &self,
        access: &VerifiedAccess,
        known: &BTreeSet<(PrincipalId, AccessId)>,
    ) -> Result<(), Distrust> {
        let (account, id) = (access.access().account, access.access().access);
        if access.revocation().is_some() {
            self.note_end(account, id);
        } else if known.contains(&(account, id)) {
            return Err(Distrust::RevocationDropped { access: id });
        }
        access.parent().map_or(Ok(()), |parent| self.check_end(parent, known))
    }

    /// What was verified of an access, kept for the records that name it.
    pub(crate) fn note_evidence(&self, account: PrincipalId, access: &Arc<VerifiedAccess>, as_of: u32) {
        let evidence = records::Evidence { access: Arc::clone(access), as_of };
        lock(&self.0.evidence).insert((account, access.access().access), evidence);
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id()).finish_non_exhaustive()
    }
}
