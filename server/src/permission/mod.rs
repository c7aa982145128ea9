//! Permission as a value: proofs that somebody may do something, made in the transaction that uses them.
//!
//! A proof is made by the functions of this module alone, from what the store holds at that moment, and lives no
//! longer than the transaction (`'t`): a revocation cannot slip in between the check and the deed.
//!
//! | proof | its holder may |
//! |---|---|
//! | [`Caller`] | act as a principal: the token of a session was shown |
//! | [`Owner`] | do what only the owner of an account may |
//! | [`Granter`] | grant on scopes of an account, and end what it granted |
//! | [`Ender`] | end an access: who granted it, its owner, or who holds it |
//! | [`Writer`] | write something to an account: what, the operations' own proofs say |
//! | [`Grant<See>`](See) | know that a scope exists, and read its definition |
//! | [`Grant<Read>`](Read) | read a scope's records |
//! | [`Grant<Create>`](Create) | create records in a scope |
//! | [`Grant<Change>`](Change) | update and delete records in a scope |
//! | [`Grant<Manage>`](Manage) | create, change and delete terms of an ontology |
//! | [`Shape`] | know of terms of an ontology |
//!
//! A grant has a [`Reach`]: all records of the scope, those under some terms, those from some epoch on. Store functions
//! that take one keep to it.
//!
//! What a caller may not know of is [`Denied::NotFound`], absent or not.

mod authorize;
mod caller;
mod member;
mod reach;
mod shape;

pub use authorize::{
    By, change, create, granter, holder, manage, owner, read, reads_any, see, see_own, writer,
};
pub use caller::{Caller, authenticate};
pub use member::Member;
pub use reach::{Reach, Top, Way};
pub use shape::{Shape, View, shape};

use crate::store::{self, Moment};
use pryv_wire::{AccessId, PrincipalId, ScopeId};
use std::marker::PhantomData;

/// May know that a scope exists.
#[derive(Debug)]
pub enum See {}

/// May read a scope's records.
#[derive(Debug)]
pub enum Read {}

/// May create records in a scope.
#[derive(Debug)]
pub enum Create {}

/// May update and delete records in a scope.
#[derive(Debug)]
pub enum Change {}

/// May create, change and delete terms of an ontology.
#[derive(Debug)]
pub enum Manage {}

/// Proof that a caller may do `A` to one scope, at moment `'t`.
#[derive(Debug)]
pub struct Grant<'t, A> {
    account: PrincipalId,
    scope: ScopeId,
    reach: Reach,
    at: PhantomData<(Moment<'t>, fn() -> A)>,
}

impl<A> Grant<'_, A> {
    const fn certify(account: PrincipalId, scope: ScopeId, reach: Reach) -> Self {
        Self { account, scope, reach, at: PhantomData }
    }

    /// Whose scope it is.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// The scope.
    #[must_use]
    pub const fn scope(&self) -> ScopeId {
        self.scope
    }

    /// The access that allows it; none for the owner.
    #[must_use]
    pub const fn access(&self) -> Option<AccessId> {
        self.reach.lead().access
    }

    /// The membership by which the access is held, if it is that of a group.
    #[must_use]
    pub const fn member(&self) -> Option<Member> {
        self.reach.lead().member
    }

    /// How far into the scope it goes.
    #[must_use]
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The first epoch of the scope that its holder is shown: that of whose keys it may have, if it reads the scope as a
    /// whole; otherwise the first one of which it reaches anything.
    #[must_use]
    pub fn from_epoch(&self) -> u32 {
        if self.reads() { self.reach.lead().from_epoch } else { self.reach.from_epoch() }
    }

    /// Whether the holder reads the scope as a whole, that is, may have the keys of its epochs.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.reach.is_whole() && self.reach.lead().reads()
    }
}

/// Proof that the caller owns an account, at moment `'t`.
#[derive(Debug)]
pub struct Owner<'t> {
    account: PrincipalId,
    at: Moment<'t>,
}

impl Owner<'_> {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }
}

impl<'t> Owner<'t> {
    /// An owner grants on every scope.
    #[must_use]
    pub const fn granter(&self) -> Granter<'t> {
        Granter { account: self.account, by: None, at: PhantomData }
    }
}

/// Proof that the caller may grant on scopes of an account and end what it granted, at moment `'t`: its owner, or a manager
/// by an access of its own. What exactly a manager may grant is in the statement of that access.
#[derive(Debug)]
pub struct Granter<'t> {
    account: PrincipalId,
    by: Option<AccessId>,
    at: Moment<'t>,
}

impl Granter<'_> {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// The manager's access; none for the owner.
    #[must_use]
    pub const fn by(&self) -> Option<AccessId> {
        self.by
    }
}

impl<'t> Granter<'t> {
    /// Who grants ends what it granted.
    #[must_use]
    pub const fn ender(&self) -> Ender<'t> {
        Ender { account: self.account, at: PhantomData }
    }
}

/// Proof that the caller may end an access to an account, at moment `'t`: who granted it, its owner, or who holds it.
#[derive(Debug)]
pub struct Ender<'t> {
    account: PrincipalId,
    at: Moment<'t>,
}

impl Ender<'_> {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }
}

/// Proof that the caller may write something to an account, at moment `'t`.
#[derive(Debug)]
pub struct Writer<'t> {
    account: PrincipalId,
    author: PrincipalId,
    at: Moment<'t>,
}

impl Writer<'_> {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// Who writes.
    #[must_use]
    pub const fn author(&self) -> PrincipalId {
        self.author
    }
}

/// Why a proof was not made.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// There is no such thing, or the caller may not know of it.
    #[error("there is no such thing for this caller")]
    NotFound,
    /// The caller sees the thing, but may not do this.
    #[error("the access does not allow this")]
    NotAllowed,
    /// The access that would allow it is outside its dates.
    #[error("the access is outside its dates")]
    AccessNotValid,
    /// The store could not say.
    #[error("the store could not be asked")]
    Store(#[from] store::Error),
}
