//! Defining a collection.

use super::{Account, OpenError, RenewError, Running, referring::Unnoted};
use crate::{
    collection::Collection,
    definition::{Definition, InvalidDefinition, StoredDefinition},
    failure::Failure,
    protocol::{
        entry::{self, Under},
        epoch,
        scope::{Role, ScopeState},
        tree::Tree,
    },
};
use pryv_crypto::{
    EpochKeys, Identity,
    record::{Draft, NewTokens, RecordSealer},
};
use pryv_wire::{
    Bytes, ErrorCode, RecordId, ScopeId, Suite, Timestamp, encode,
    record::RecordKind,
    scope::{CollectionKind, Epoch, ScopeKind, Slice},
    transaction::Operation,
};
use rand::{CryptoRng, RngCore};
use std::{collections::BTreeSet, sync::Arc};

/// Why a collection was not defined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefineError {
    /// The definition is not accepted.
    #[error("the definition is not accepted")]
    Invalid(#[from] InvalidDefinition),
    /// The account has a collection of this URI, with another definition.
    #[error(
        "this account has a collection of this URI with another definition; use another URI, or the definition that is there"
    )]
    Different,
    /// The account has this collection, in another suite than the one asked for.
    #[error(
        "this account has this collection in suite `{}`; migrate it, or leave the suite out",
        .present.name().unwrap_or("unknown")
    )]
    OtherSuite {
        /// Its suite.
        present: Suite,
    },
    /// A relation leads to a collection that this account does not have.
    #[error("a relation leads to `{uri}`, which this account has no collection of; define that one first")]
    UnknownTarget {
        /// The URI of its definition.
        uri: String,
    },
    /// Managers granted terms onwards, under which the collection would come to stand in a suite of another curve.
    #[error(
        "managers have granted terms of a linked ontology onwards, which does not go to another curve; end or adopt those accesses first"
    )]
    GrantedOnwards,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<Unnoted> for DefineError {
    fn from(unnoted: Unnoted) -> Self {
        match unnoted {
            Unnoted::UnknownTarget(uri) => Self::UnknownTarget { uri },
            Unnoted::Invalid(invalid) => Self::Invalid(invalid),
            Unnoted::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<RenewError> for DefineError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Failed(failure) => Self::Failed(failure),
            // Slices of this account go to a suite that is not weaker than theirs.
            RenewError::NotOwner | RenewError::SuiteDowngrade { .. } | RenewError::GrantedOnwards => {
                Self::GrantedOnwards
            }
        }
    }
}

impl DefineError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(invalid) => invalid.code(),
            Self::Different => "different-definition",
            Self::OtherSuite { .. } => "different-suite",
            Self::UnknownTarget { .. } => "unknown-target",
            Self::GrantedOnwards => "kept-by-managers",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// A collection to be made; await it.
#[derive(Clone, Debug)]
#[must_use = "a collection is made when this is awaited"]
pub struct Defining {
    account: Account,
    definition: Definition,
    suite: Option<Suite>,
}

impl Defining {
    /// Which algorithms protect it; without this [`Suite::CLASSIC`].
    ///
    /// [`Suite::HYBRID`] also withstands a later quantum computer, and seals 1,168 bytes where others seal 80.
    /// [`Suite::LIGHT`] is for small machines: its re-encryption is five times as fast, on a curve of about 100-bit security.
    pub const fn suite(mut self, suite: Suite) -> Self {
        self.suite = Some(suite);
        self
    }

    async fn run(self) -> Result<Collection, DefineError> {
        let Self { account, definition, suite } = self;
        let collection = account.run_define(definition, suite.unwrap_or(Suite::CLASSIC)).await?;
        match suite {
            Some(suite) if collection.suite() != suite => {
                Err(DefineError::OtherSuite { present: collection.suite() })
            }
            _ => Ok(collection),
        }
    }
}

impl IntoFuture for Defining {
    type Output = Result<Collection, DefineError>;
    type IntoFuture = Running<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Account {
    /// Makes the collection of a definition, or opens it if this account has made it already, on whichever device. Await
    /// what it answers; [`Defining::suite`] chooses other algorithms than the default before.
    ///
    /// # Errors
    ///
    /// See [`DefineError`].
    pub fn define(&self, definition: Definition) -> Defining {
        Defining { account: self.clone(), definition, suite: None }
    }

    async fn run_define(&self, definition: Definition, suite: Suite) -> Result<Collection, DefineError> {
        definition.check()?;
        let scope = self.identity().scope_id(&definition.uri);
        let stored = self.leading(scope, StoredDefinition::first(definition.clone()));
        let content = stored.encoded()?;
        if let Some(collection) = self.existing(scope, &definition).await? {
            return Ok(collection);
        }
        self.renew_scopes().await?;
        self.note_relations(scope, &stored).await?;
        let operation = self.create_collection(scope, suite, &definition, &content).await?;
        match self.commit(self.id(), vec![operation]).await {
            Ok(_) => self.note_epoch(self.id(), scope, 0),
            // Another device was faster.
            Err(failure) if failure.refusal() == Some(ErrorCode::AlreadyExists) => {}
            Err(failure) => return Err(failure.into()),
        }
        match self.existing(scope, &definition).await? {
            Some(collection) => Ok(collection),
            None => Err(Failure::from(crate::Distrust::RolledBack {
                what: "the chain of changes",
                known: self.known_head().map_or(0, |head| head.sequence),
                answered: 0,
            })
            .into()),
        }
    }

    async fn existing(
        &self,
        scope: ScopeId,
        definition: &Definition,
    ) -> Result<Option<Collection>, DefineError> {
        match self.open_own(scope).await {
            Ok(collection) if *collection.definition() == *definition => Ok(Some(collection)),
            Ok(_) => Err(DefineError::Different),
            Err(OpenError::NotFound) => Ok(None),
            Err(OpenError::Failed(failure)) => Err(failure.into()),
        }
    }

    /// The operation that makes an ontology with its definition.
    pub(super) fn create_ontology(&self, scope: ScopeId, content: &[u8]) -> Result<Operation, Failure> {
        let mut rng = self.client().rng();
        let now = self.client().now();
        let me = self.identity();
        let (statement, keys, epoch) = epoch::first(&me, scope, now, &mut rng)?;
        let definition = first_definition(&me, &statement, &keys, content, now, &mut rng)?;
        Ok(Operation::CreateScope { epoch, definition, kind: ScopeKind::Ontology, entries: Vec::new() })
    }

    /// The operation that makes a collection with its definition, and with an entry for each slice that opens every
    /// collection of an ontology that it is linked to.
    async fn create_collection(
        &self,
        scope: ScopeId,
        suite: Suite,
        definition: &Definition,
        content: &[u8],
    ) -> Result<Operation, DefineError> {
        let me = self.identity();
        let ontologies: BTreeSet<ScopeId> =
            definition.ontologies.iter().map(|uri| me.ontology_id(uri)).collect();
        let mut covering = self.slices_of(&ontologies, scope).await?;
        let slices: Vec<ScopeId> = covering.iter().map(|(state, _)| state.scope).collect();
        if self.lift(slices, suite).await? {
            covering = self.slices_of(&ontologies, scope).await?;
        }
        let mut rng = self.client().rng();
        let now = self.client().now();
        let (statement, keys, mut epoch) = epoch::first_in(suite, &me, scope, now, &mut rng)?;
        for (state, slice) in &covering {
            let ontology = self.open_scope(self.id(), slice.ontology, &Role::Owner).await?;
            self.know_terms(&ontology, slice.term.map(|term| (slice.ontology, term))).await?;
            let trees = ontology.trees();
            let none = Tree::default();
            let tree = trees.get(&slice.ontology).unwrap_or(&none);
            let number = state.last_epoch();
            let under = Under { scope: state.scope, slice, epoch: number, keys: state.keys_of(number)? };
            let made = entry::make_first(&me, under, tree, scope, &keys, &mut rng);
            epoch.entries.push(made.map_err(Failure::from)?);
        }
        let history = definition.history;
        let definition = first_definition(&me, &statement, &keys, content, now, &mut rng)?;
        let kind = CollectionKind { ontologies: ontologies.into_iter().collect(), history };
        let kind = ScopeKind::Collection(kind);
        Ok(Operation::CreateScope { epoch, definition, kind, entries: Vec::new() })
    }

    /// The slices of these ontologies that open a collection which is linked to them, each under the present account secret.
    pub(super) async fn slices_of(
        &self,
        ontologies: &BTreeSet<ScopeId>,
        collection: ScopeId,
    ) -> Result<Vec<(Arc<ScopeState>, Slice)>, Failure> {
        if ontologies.is_empty() {
            return Ok(Vec::new());
        }
        let slice = |state: Arc<ScopeState>| {
            let slice = state.kind.slice()?.clone();
            let covers = ontologies.contains(&slice.ontology) && slice.covers(collection);
            covers.then_some((state, slice))
        };
        let card = self.own_cards().current().sequence;
        let covering: Vec<_> = self.own_scopes().await?.into_iter().filter_map(slice).collect();
        // Whoever took an earlier account secret knows the id that a slice would have, and can make one up.
        covering.iter().try_for_each(|(state, _)| state.is_under(card))?;
        Ok(covering)
    }
}

/// The envelope of the first version of a definition.
pub(super) fn first_definition(
    me: &Identity,
    statement: &Epoch,
    keys: &EpochKeys,
    content: &[u8],
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Bytes, Failure> {
    let draft = Draft {
        record: RecordId::definition(statement.scope),
        version: 1,
        kind: RecordKind::Definition,
        definition: None,
        content,
        tokens: NewTokens::default(),
        written_at: now,
    };
    let sealed = RecordSealer::for_reader(me, statement, keys, None)
        .and_then(|sealer| sealer.seal(&draft, rng))
        .map_err(|_| crate::Distrust::WrongKeys { epoch: statement.epoch })?;
    Ok(encode(&sealed.envelope).into())
}
