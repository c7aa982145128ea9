//! Ontologies, terms and slices as a client would write them. Keys inside envelopes are placeholders: the server opens none.

use crate::world::{Collection, Person, World};
use pryv_wire::{
    AccessId, Bytes, PrincipalId, RecordId, ScopeId, Suite,
    access::{LastEpoch, Level, Revocation},
    bytes::{Commitment, Signature, TermSalt},
    encode,
    record::{
        Envelope, MovedPlacement, Parent, Placement, Protected, Recipient, RecipientKind, RecordKind, Tokens,
    },
    scope::{CollectionKind, History, MovedTerm, NewEpoch, ScopeKind, Slice, SliceData, SliceEntry},
    term::{GetTerms, ListTerms, TermLink, Terms},
    transaction::{Committed, GrantAccess, Operation},
};

type Answer<T> = Result<T, pryv_server::service::Error>;

/// A term as whoever made it knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Term {
    pub(crate) id: RecordId,
    pub(crate) parent: Parent,
}

/// A version of a filed instance.
pub(crate) struct File<'a> {
    pub(crate) record: RecordId,
    pub(crate) version: u64,
    pub(crate) kind: RecordKind,
    pub(crate) access: Option<AccessId>,
    pub(crate) first: RecipientKind,
    pub(crate) terms: &'a [(ScopeId, RecordId, RecipientKind)],
    pub(crate) color: Option<u8>,
}

impl Default for File<'_> {
    fn default() -> Self {
        Self {
            record: RecordId::from_bytes([0; 16]),
            version: 1,
            kind: RecordKind::Instance,
            access: None,
            first: RecipientKind::Wrapped,
            terms: &[],
            color: None,
        }
    }
}

/// Ada's ontology with the collection that is linked to it: `body` over `heart` over `pulse`, and `mind` beside it.
pub(crate) struct Garden {
    pub(crate) ontology: Collection,
    pub(crate) collection: Collection,
    pub(crate) body: Term,
    pub(crate) heart: Term,
    pub(crate) pulse: Term,
    pub(crate) mind: Term,
}

impl Garden {
    pub(crate) async fn of(world: &World, ada: &Person) -> Self {
        let ontology = world.ontology(ada, "https://example.org/streams").await;
        let collection = world.linked(ada, "https://example.org/events", &[&ontology]).await;
        let body = world.plant(ada, &ontology, None).await;
        let heart = world.plant(ada, &ontology, Some(body.id)).await;
        let pulse = world.plant(ada, &ontology, Some(heart.id)).await;
        let mind = world.plant(ada, &ontology, None).await;
        Self { ontology, collection, body, heart, pulse, mind }
    }

    pub(crate) fn slice(&self, term: Option<Term>, data: SliceData, labels: bool) -> Slice {
        Slice { ontology: self.ontology.scope, term: term.map(|term| term.id), data, labels }
    }

    /// A new instance of the owner, filed under some terms.
    pub(crate) async fn filed(&self, world: &World, ada: &Person, terms: &[Term]) -> RecordId {
        let record = RecordId::from_bytes(world.id16());
        let terms: Vec<_> =
            terms.iter().map(|term| (self.ontology.scope, term.id, RecipientKind::Wrapped)).collect();
        let file = File { record, terms: &terms, ..File::default() };
        let put = world.file(ada, &self.collection, &file);
        world.commit(ada, ada.id(), vec![put]).await.unwrap();
        record
    }
}

fn opaque(length: usize) -> Bytes {
    Bytes::from(vec![0x5a; length])
}

impl World {
    pub(crate) async fn ontology(&self, owner: &Person, uri: &str) -> Collection {
        let scope = owner.identity.ontology_id(uri);
        let (create, ontology) = self.new_scope(owner, scope, ScopeKind::Ontology, vec![], vec![]);
        self.commit(owner, owner.id(), vec![create]).await.unwrap();
        ontology
    }

    pub(crate) async fn linked(&self, owner: &Person, uri: &str, ontologies: &[&Collection]) -> Collection {
        let mut ontologies: Vec<_> = ontologies.iter().map(|ontology| ontology.scope).collect();
        ontologies.sort_unstable();
        let kind = ScopeKind::Collection(CollectionKind { ontologies, history: History::None });
        let (create, collection) = self.new_scope(owner, owner.identity.scope_id(uri), kind, vec![], vec![]);
        self.commit(owner, owner.id(), vec![create]).await.unwrap();
        collection
    }

    /// A term that is not there yet.
    pub(crate) fn new_term(&self, ontology: &Collection, parent: Option<RecordId>) -> Term {
        let salt = TermSalt::from_bytes(self.id16());
        let since = ontology.present().0.epoch;
        Term {
            id: RecordId::term(ontology.scope, parent, salt),
            parent: Parent { term: parent, since, salt },
        }
    }

    /// A version of a term's record.
    pub(crate) fn term_record(
        &self,
        author: &Person,
        ontology: &Collection,
        term: Term,
        version: u64,
        access: Option<AccessId>,
    ) -> Bytes {
        let recipients = [(ontology.scope, Some(term.id), RecipientKind::Wrapped)];
        let placement = placement(ontology, &recipients, None, Some(term.parent));
        let protected = self.protected(author, ontology, term.id, version, RecordKind::Term, access);
        Bytes::from(encode(&sign(author, protected, &placement)))
    }

    pub(crate) fn put_term(
        &self,
        author: &Person,
        ontology: &Collection,
        term: Term,
        version: u64,
        access: Option<AccessId>,
    ) -> Operation {
        Operation::PutRecord { record: self.term_record(author, ontology, term, version, access) }
    }

    pub(crate) fn delete_term(
        &self,
        author: &Person,
        ontology: &Collection,
        term: Term,
        version: u64,
        access: Option<AccessId>,
    ) -> Operation {
        let recipients = [(ontology.scope, Some(term.id), RecipientKind::Wrapped)];
        let placement = placement(ontology, &recipients, None, None);
        let protected = self.protected(author, ontology, term.id, version, RecordKind::Tombstone, access);
        Operation::PutRecord { record: Bytes::from(encode(&sign(author, protected, &placement))) }
    }

    pub(crate) async fn plant(
        &self,
        owner: &Person,
        ontology: &Collection,
        parent: Option<RecordId>,
    ) -> Term {
        let term = self.new_term(ontology, parent);
        let put = self.put_term(owner, ontology, term, 1, None);
        self.commit(owner, owner.id(), vec![put]).await.unwrap();
        term
    }

    pub(crate) fn filed_envelope(
        &self,
        author: &Person,
        collection: &Collection,
        file: &File<'_>,
    ) -> Envelope {
        let mut recipients = vec![(collection.scope, None, file.first)];
        recipients.extend(file.terms.iter().map(|(ontology, term, kind)| (*ontology, Some(*term), *kind)));
        let placement = placement(collection, &recipients, file.color, None);
        let protected = self.protected(author, collection, file.record, file.version, file.kind, file.access);
        sign(author, protected, &placement)
    }

    pub(crate) fn file(&self, author: &Person, collection: &Collection, file: &File<'_>) -> Operation {
        let record = Bytes::from(encode(&self.filed_envelope(author, collection, file)));
        Operation::PutRecord { record }
    }

    /// Places a stored version anew.
    pub(crate) fn place(
        &self,
        mover: &Person,
        collection: &Collection,
        stored: &[u8],
        access: Option<AccessId>,
        change: impl FnOnce(&mut Placement),
    ) -> Operation {
        let mut envelope: Envelope = pryv_wire::decode(stored).unwrap();
        let protected: Protected = pryv_wire::decode(&envelope.protected).unwrap();
        let mut placement: Placement = pryv_wire::decode(&envelope.placement).unwrap();
        let epoch = collection.present().0.epoch;
        placement.recipients.iter_mut().for_each(|recipient| recipient.epoch = epoch);
        placement.tokens.iter_mut().for_each(|tokens| tokens.epoch = epoch);
        change(&mut placement);
        envelope.placement = Bytes::from(encode(&placement));
        let mut moved = MovedPlacement {
            mover: mover.id(),
            access,
            number: envelope.moved.map_or(1, |moved| moved.number + 1),
            moved_at: self.now(),
            signature: Signature::from_bytes([0; 64]),
        };
        let signed = moved.signed_bytes(envelope.digest(), Placement::digest(&envelope.placement));
        moved.signature = mover.identity.sign_bytes(&signed);
        envelope.moved = Some(moved);
        let Protected { scope, record, version, .. } = protected;
        Operation::PlaceRecord { scope, record, version, envelope: Bytes::from(encode(&envelope)) }
    }

    fn protected(
        &self,
        author: &Person,
        scope: &Collection,
        record: RecordId,
        version: u64,
        kind: RecordKind,
        access: Option<AccessId>,
    ) -> Protected {
        Protected {
            suite: Suite::CLASSIC,
            account: scope.account,
            scope: scope.scope,
            epoch: scope.present().0.epoch,
            record,
            version,
            kind,
            definition: (kind != RecordKind::Term).then_some(scope.definition),
            commitment: Commitment::from_bytes([1; 32]),
            placement: Placement::digest(&[]),
            author: author.id(),
            access,
            written_at: self.now(),
        }
    }

    /// An entry of a slice for every epoch of some scopes.
    pub(crate) fn entries(slice: &Collection, covered: &[&Collection]) -> Vec<SliceEntry> {
        let all =
            covered.iter().flat_map(|scope| scope.epochs.iter().map(|(epoch, _)| (scope.scope, epoch.epoch)));
        all.map(|(scope, epoch)| entry(slice, scope, epoch)).collect()
    }

    /// The operation that makes a slice, and the slice.
    pub(crate) fn new_slice(
        &self,
        owner: &Person,
        slice: &Slice,
        covered: &[&Collection],
    ) -> (Operation, Collection) {
        let scope = owner.identity.slice_id(slice);
        let kind = ScopeKind::Slice(slice.clone());
        let (mut create, made) = self.new_scope(owner, scope, kind, vec![], vec![]);
        let Operation::CreateScope { entries, .. } = &mut create else { panic!("a scope") };
        *entries = Self::entries(&made, covered);
        (create, made)
    }

    pub(crate) async fn slice(&self, owner: &Person, slice: &Slice, covered: &[&Collection]) -> Collection {
        let (create, made) = self.new_slice(owner, slice, covered);
        self.commit(owner, owner.id(), vec![create]).await.unwrap();
        made
    }

    /// A grant of a slice, or of another scope from some epoch on.
    pub(crate) fn new_slice_grant(
        &self,
        owner: &Person,
        grantee: &Person,
        scope: &mut Collection,
        slice: Option<&Slice>,
        level: Level,
        from_epoch: u32,
    ) -> GrantAccess {
        let mut grant = self.new_grant(owner, grantee, scope, level);
        grant.shares.retain(|share| share.epoch >= from_epoch);
        grant.lockboxes.retain(|lockbox| lockbox.epoch >= from_epoch);
        let mut access = grant.statement.unverified().unwrap();
        access.grants[0].slice = slice.cloned();
        access.grants[0].from_epoch = from_epoch;
        grant.statement = owner.identity.sign(&access);
        grant
    }

    /// Makes a slice and grants it.
    pub(crate) async fn slice_for(
        &self,
        owner: &Person,
        grantee: &Person,
        slice: &Slice,
        covered: &[&Collection],
        level: Level,
    ) -> (Collection, AccessId) {
        let mut made = self.slice(owner, slice, covered).await;
        let access = self.regrant(owner, grantee, &mut made, slice, level).await;
        (made, access)
    }

    /// Grants a slice that is there.
    pub(crate) async fn regrant(
        &self,
        owner: &Person,
        grantee: &Person,
        made: &mut Collection,
        slice: &Slice,
        level: Level,
    ) -> AccessId {
        let grant = self.new_slice_grant(owner, grantee, made, Some(slice), level, 0);
        let access = grant.statement.unverified().unwrap().access;
        self.commit(owner, owner.id(), vec![Operation::Grant(Box::new(grant))]).await.unwrap();
        access
    }

    /// The next epoch of a scope, with entries for slices.
    pub(crate) fn next_epoch(
        &self,
        owner: &Person,
        scope: &mut Collection,
        readers: &[(AccessId, &Person)],
        slices: &[&Collection],
    ) -> NewEpoch {
        let mut epoch = self.new_epoch(owner, scope, readers);
        let number = scope.present().0.epoch;
        epoch.entries = slices.iter().map(|slice| entry(slice, scope.scope, number)).collect();
        epoch
    }

    /// A revocation with the epochs that it brings, each of the scope at the same place.
    pub(crate) fn end(
        &self,
        owner: &Person,
        access: AccessId,
        last: &[(ScopeId, u32)],
        epochs: Vec<NewEpoch>,
    ) -> Operation {
        let last_epochs =
            last.iter().map(|(scope, epoch)| LastEpoch { scope: *scope, epoch: *epoch }).collect();
        let revocation = Revocation {
            access,
            account: owner.id(),
            revoker: owner.id(),
            last_epochs,
            signed_at: self.now(),
        };
        Operation::Revoke { statement: owner.identity.sign(&revocation), below: vec![], epochs }
    }

    /// The operations that move a term, and where it is then.
    pub(crate) fn moving(
        &self,
        owner: &Person,
        garden: &mut Garden,
        term: Term,
        version: u64,
        to: Option<RecordId>,
        slices: &[&Collection],
    ) -> (Vec<Operation>, Term) {
        let mut of_ontology = self.next_epoch(owner, &mut garden.ontology, &[], slices);
        let mut statement = of_ontology.statement.unverified().unwrap();
        statement.moved = Some(MovedTerm { term: term.id, parent: to });
        of_ontology.statement = owner.identity.sign(&statement);
        let of_collection = self.next_epoch(owner, &mut garden.collection, &[], slices);
        let since = garden.ontology.present().0.epoch;
        let moved = Term { id: term.id, parent: Parent { term: to, since, salt: term.parent.salt } };
        let record = self.term_record(owner, &garden.ontology, moved, version, None);
        let link = |scope: &Collection| TermLink {
            scope: scope.scope,
            term: term.id,
            epoch: scope.present().0.epoch,
            sealed: opaque(80),
        };
        let links = vec![link(&garden.ontology), link(&garden.collection)];
        let operations = vec![
            Operation::BeginEpoch { epoch: of_ontology },
            Operation::BeginEpoch { epoch: of_collection },
            Operation::MoveTerm { record, links },
        ];
        (operations, moved)
    }

    pub(crate) async fn list_terms(
        &self,
        by: &Person,
        account: PrincipalId,
        ontology: ScopeId,
    ) -> Answer<Terms> {
        let list = ListTerms { account, ontology, under: None, after: None, limit: 1_000 };
        self.service.list_terms(by.caller.clone(), list).await
    }

    pub(crate) async fn get_terms(
        &self,
        by: &Person,
        account: PrincipalId,
        ontology: ScopeId,
        terms: &[RecordId],
    ) -> Answer<Terms> {
        let get = GetTerms { account, ontology, terms: terms.to_vec() };
        self.service.get_terms(by.caller.clone(), get).await
    }

    pub(crate) async fn as_owner(&self, ada: &Person, operation: Operation) -> Answer<Committed> {
        self.commit(ada, ada.id(), vec![operation]).await
    }
}

fn entry(slice: &Collection, scope: ScopeId, epoch: u32) -> SliceEntry {
    let slice_epoch = slice.present().0.epoch;
    SliceEntry { slice: slice.scope, slice_epoch, scope, epoch, sealed: opaque(92) }
}

fn placement(
    scope: &Collection,
    recipients: &[(ScopeId, Option<RecordId>, RecipientKind)],
    color: Option<u8>,
    parent: Option<Parent>,
) -> Placement {
    let epoch = scope.present().0.epoch;
    let recipients = recipients
        .iter()
        .map(|(scope, term, kind)| Recipient {
            scope: *scope,
            term: *term,
            epoch,
            kind: *kind,
            key: opaque(60),
        })
        .collect();
    let tokens = color.map(|color| Tokens {
        scope: scope.scope,
        epoch,
        version: 1,
        index: vec![Bytes::from(vec![color; 16])],
        unique: vec![],
    });
    Placement { recipients, tokens: tokens.into_iter().collect(), parent }
}

fn sign(author: &Person, mut protected: Protected, placement: &Placement) -> Envelope {
    let placement = encode(placement);
    protected.placement = Placement::digest(&placement);
    let mut envelope = Envelope {
        protected: Bytes::from(encode(&protected)),
        placement: Bytes::from(placement),
        ciphertext: opaque(80),
        signature: Signature::from_bytes([0; 64]),
        moved: None,
    };
    envelope.signature = author.identity.sign_bytes(&envelope.signed_bytes());
    envelope
}

/// The ids of the terms of an answer, in its order.
pub(crate) fn term_ids(terms: &Terms) -> Vec<RecordId> {
    terms.terms.iter().map(|node| node.term).collect()
}
