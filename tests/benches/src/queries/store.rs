//! The server's side: its store and its rules in this process, over a real data directory.

use super::data::{Event, envelope, record};
use async_trait::async_trait;
use pryv_engine::{FreeFloor, Reader as _, Scan, StoreError, StoreOptions};
use pryv_sdk::transport::{Answer, Request, Transport, TransportError};
use pryv_server::{
    SystemClock,
    permission::{self, By, Caller},
    service::{Error, Rules, Service},
    store::{Behind, CountRequest, NewRecord, NodeKey, PageRequest, Store, Wanted},
    telemetry::ServiceMetrics,
};
use pryv_test_kit::light::LightAccount;
use pryv_wire::{
    Bytes, Clock as _, PrincipalId, ScopeId,
    account::{FinishSignUp, StartSignUp},
    decode, encode,
    operation::Call,
    record::{Filter, IndexState, RecordKind, RecordState, Unindexed},
    transaction::Commit,
};
use std::{collections::BTreeMap, ops::ControlFlow, path::Path, sync::Arc, time::Duration};

/// The rules, asked without HTTP.
#[derive(Clone, Debug)]
pub(super) struct Direct(pub(super) Service);

#[async_trait]
impl Transport for Direct {
    async fn send(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let caller = || self.0.caller(request.token.expect("a session")).expect("it is open");
        let body = match request.path {
            path if path == StartSignUp::PATH => {
                encode(&self.0.start_sign_up(decode(request.body).expect("sound")).await.expect("taken"))
            }
            path if path == FinishSignUp::PATH => {
                encode(&self.0.finish_sign_up(decode(request.body).expect("sound")).await.expect("taken"))
            }
            path if path == Commit::PATH => {
                encode(&self.0.commit(caller(), decode(request.body).expect("sound")).await.expect("taken"))
            }
            path => panic!("{path} is not served here"),
        };
        Ok(Answer { status: 200, body, heads: None })
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A store in a folder.
pub(super) fn open(folder: &Path) -> Service {
    let mut options = StoreOptions::default();
    options.free_floor = FreeFloor::NONE;
    let store = Store::open(folder, &options, &NodeKey::generate()).expect("a store");
    Service::start(store, Arc::new(SystemClock), Rules::default(), ServiceMetrics::default())
        .expect("the rules")
}

/// Bytes of keys and values in each table, and in all of them.
pub(super) fn stored(service: &Service) -> (BTreeMap<u8, u64>, u64) {
    let mut tables: BTreeMap<u8, u64> = BTreeMap::new();
    let read = service.store().engine().read::<_, StoreError>(|view| {
        view.scan(&Scan::all(), &mut |key, value| {
            *tables.entry(key[0]).or_default() += (key.len() + value.len()) as u64;
            ControlFlow::Continue(())
        })
    });
    read.expect("a scan");
    let sum = tables.values().sum();
    (tables, sum)
}

/// An account with a collection.
pub(super) struct Held {
    pub(super) service: Service,
    pub(super) caller: Caller,
    pub(super) account: PrincipalId,
    pub(super) scope: ScopeId,
}

const PRESENT: Unindexed = Unindexed { before: IndexState { epoch: 0, version: 1 }, at_most: 1_000 };

impl Held {
    /// A new account.
    pub(super) async fn sign_up(service: &Service, username: &str) -> (LightAccount, Caller) {
        let transport = Arc::new(Direct(service.clone()));
        let account = LightAccount::sign_up(transport, username, "correct horse battery").await;
        let caller = service.caller(&account.token).expect("an open session");
        (account, caller)
    }

    /// A new collection of an account.
    pub(super) async fn create(service: &Service, owner: &(LightAccount, Caller), uri: &str) -> Self {
        let scope = owner.0.create_collection(uri, b"\xa0").await.scope;
        Self { service: service.clone(), caller: owner.1.clone(), account: owner.0.id(), scope }
    }

    /// Writes events with their tokens in one durable transaction, signatures aside.
    pub(super) fn write(&self, events: &[Event], tokens: impl Fn(Event) -> Vec<Vec<u8>>) {
        let rows: Vec<_> = events
            .iter()
            .map(|one| (one.number, envelope((self.account, self.scope), one.number, tokens(*one))))
            .collect();
        let (caller, account, scope) = (self.caller.clone(), self.account, self.scope);
        let job = move |tx: &mut pryv_server::store::Tx<'_>| {
            for (number, (envelope, placement)) in &rows {
                let create = permission::create(tx, &caller, account, scope, None, SystemClock.now())?;
                let (record, kind) = (record(*number), RecordKind::Instance);
                let new = NewRecord { record, version: 1, kind, envelope, placement };
                tx.create_record(&create, &new, (number + 10) << 10)?;
            }
            Ok::<_, Error>(())
        };
        self.service.store().update_blocking(job).expect("written");
    }

    /// What the rules do for a page, from the permission to the envelopes; gives how many.
    pub(super) fn page(&self, filter: Filter, newest_first: bool, limit: usize) -> usize {
        let asked = self.service.store().read(|view| {
            let place = (self.account, self.scope);
            let grant = permission::read(&view, &self.caller, place, By::Any, SystemClock.now())?;
            let Behind::These { states, .. } = view.behind(&grant, None, &PRESENT, false)? else {
                panic!("nothing is behind")
            };
            let wanted = Wanted { filter, behind: states, filed: None, state: RecordState::Active };
            let request = PageRequest { wanted, newest_first, limit, bytes: 4 << 20, from: 0 };
            Ok::<_, Error>(view.query(&grant, &request)?.records)
        });
        std::hint::black_box(asked.expect("a page")).len()
    }

    /// What the rules do for a count.
    pub(super) fn count(&self, filter: Filter, buckets: Vec<Vec<Bytes>>, enough: u64) -> Vec<u64> {
        let asked = self.service.store().read(|view| {
            let place = (self.account, self.scope);
            let grant = permission::read(&view, &self.caller, place, By::Any, SystemClock.now())?;
            let wanted = Wanted { filter, behind: Vec::new(), filed: None, state: RecordState::Active };
            let request = CountRequest { wanted, buckets, enough, from: 0 };
            Ok::<_, Error>(view.count(&grant, &request)?.counts)
        });
        asked.expect("a count")
    }

    /// Rows and descents since the store was opened.
    pub(super) fn reads(&self) -> u64 {
        let reads = self.service.store().reads();
        reads.rows + reads.seeks
    }
}
