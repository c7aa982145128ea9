//! `pryv://` URIs: one text for each thing that can be named, in apps, mails and the command line.
//!
//! ```text
//! pryv://{account}
//! pryv://{account}/ontologies/{scope}
//! pryv://{account}/ontologies/{scope}/terms/{term}
//! pryv://{account}/collections/{scope}
//! pryv://{account}/collections/{scope}/instances/{record}
//! pryv://{account}/collections/{scope}/instances/{record}/versions/{number}
//! pryv://{account}/accesses/{access}
//! ```
//!
//! A URI names and never opens: it holds ids, and no key. The one text that holds a key, a share link, has a fragment and is
//! refused here, so that none is stored or shown as a mere name.

use crate::id::{AccessId, PrincipalId, RecordId, ScopeId};
use std::{fmt, str::FromStr};

/// How every URI begins.
pub const SCHEME: &str = "pryv://";

/// The longest URI, in bytes: that of a version.
const MAX_LENGTH: usize = 256;

/// What a URI names. Whose it is stands in each.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Uri {
    /// An account, or another principal.
    Account {
        /// Its id.
        account: PrincipalId,
    },
    /// An ontology.
    Ontology {
        /// Whose.
        account: PrincipalId,
        /// Which.
        ontology: ScopeId,
    },
    /// A term of an ontology.
    Term {
        /// Whose.
        account: PrincipalId,
        /// The ontology.
        ontology: ScopeId,
        /// The term.
        term: RecordId,
    },
    /// A collection.
    Collection {
        /// Whose.
        account: PrincipalId,
        /// Which.
        collection: ScopeId,
    },
    /// An instance of a collection, in whatever version it is now.
    Instance {
        /// Whose.
        account: PrincipalId,
        /// The collection.
        collection: ScopeId,
        /// The instance.
        instance: RecordId,
    },
    /// One version of an instance.
    Version {
        /// Whose.
        account: PrincipalId,
        /// The collection.
        collection: ScopeId,
        /// The instance.
        instance: RecordId,
        /// The version, from 1.
        version: u64,
    },
    /// An access that an account granted.
    Access {
        /// Whose scopes it grants.
        account: PrincipalId,
        /// Which.
        access: AccessId,
    },
}

impl Uri {
    /// Whose the thing is.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        match self {
            Self::Account { account }
            | Self::Ontology { account, .. }
            | Self::Term { account, .. }
            | Self::Collection { account, .. }
            | Self::Instance { account, .. }
            | Self::Version { account, .. }
            | Self::Access { account, .. } => *account,
        }
    }
}

/// Why a text is not a URI of this kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUri {
    /// It begins otherwise.
    #[error("a URI of this kind begins with `{SCHEME}`")]
    Scheme,
    /// It has a fragment: it is a share link, which holds a key, or none of ours.
    #[error("this has a `#`: it is a share link, which holds a key, and no name; open it as a link")]
    Fragment,
    /// It is longer than any.
    #[error("a URI of this kind has at most {MAX_LENGTH} characters")]
    TooLong,
    /// The part behind the scheme is not the id of an account.
    #[error("behind `{SCHEME}` stands the id of an account: 52 characters of a-z and 2-7")]
    Account,
    /// A part that says what follows is not known.
    #[error("an account has `collections`, `ontologies` and `accesses`, and nothing else is named")]
    Kind,
    /// An id is not one.
    #[error("the id of {what} has 26 characters of a-z and 2-7")]
    Id {
        /// Of what.
        what: &'static str,
    },
    /// A version is not a number from 1, in its shortest form.
    #[error("a version is a number from 1, without zeros before it")]
    Version,
    /// Something stands behind what is named, or something is missing.
    #[error("the URI has too many or too few parts")]
    Parts,
}

impl FromStr for Uri {
    type Err = InvalidUri;

    /// Reads a URI. Each thing has one text: another case, a slash at the end, a port, a query or escapes are refused.
    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let rest = text.strip_prefix(SCHEME).ok_or(InvalidUri::Scheme)?;
        if rest.contains('#') {
            return Err(InvalidUri::Fragment);
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidUri::TooLong);
        }
        let mut parts = rest.split('/');
        let account = parts.next().and_then(|id| id.parse().ok()).ok_or(InvalidUri::Account)?;
        let rest: Vec<&str> = parts.collect();
        Ok(match *rest {
            [] => Self::Account { account },
            ["ontologies", scope] => Self::Ontology { account, ontology: id(scope, "an ontology")? },
            ["ontologies", scope, "terms", term] => {
                Self::Term { account, ontology: id(scope, "an ontology")?, term: id(term, "a term")? }
            }
            ["collections", scope] => Self::Collection { account, collection: id(scope, "a collection")? },
            ["collections", scope, "instances", record] => Self::Instance {
                account,
                collection: id(scope, "a collection")?,
                instance: id(record, "an instance")?,
            },
            ["collections", scope, "instances", record, "versions", number] => Self::Version {
                account,
                collection: id(scope, "a collection")?,
                instance: id(record, "an instance")?,
                version: version(number)?,
            },
            ["accesses", access] => Self::Access { account, access: id(access, "an access")? },
            ["ontologies" | "collections" | "accesses", ..] => return Err(InvalidUri::Parts),
            _ => return Err(InvalidUri::Kind),
        })
    }
}

fn id<T: FromStr>(text: &str, what: &'static str) -> Result<T, InvalidUri> {
    text.parse().map_err(|_| InvalidUri::Id { what })
}

fn version(text: &str) -> Result<u64, InvalidUri> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits).ok_or(InvalidUri::Version)
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.account())?;
        match self {
            Self::Account { .. } => Ok(()),
            Self::Ontology { ontology, .. } => write!(f, "/ontologies/{ontology}"),
            Self::Term { ontology, term, .. } => write!(f, "/ontologies/{ontology}/terms/{term}"),
            Self::Collection { collection, .. } => write!(f, "/collections/{collection}"),
            Self::Instance { collection, instance, .. } => {
                write!(f, "/collections/{collection}/instances/{instance}")
            }
            Self::Version { collection, instance, version, .. } => {
                write!(f, "/collections/{collection}/instances/{instance}/versions/{version}")
            }
            Self::Access { access, .. } => write!(f, "/accesses/{access}"),
        }
    }
}
