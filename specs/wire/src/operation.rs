//! Calls: path, request and answer of everything a server can be asked, declared once for both sides.
//!
//! Every call is a `POST` with the whole request in its body. No id stands in a path, so that no proxy's access log holds
//! who read what.

use crate::{access, account, app, audit, card, enrolment, holder, record, scope, term, transaction};
use serde::{Serialize, de::DeserializeOwned};

/// Whether a call needs a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Auth {
    /// Anybody may call.
    Open,
    /// The caller shows the token of a session.
    Session,
}

/// One call.
pub trait Call: DeserializeOwned + Serialize + Send + 'static {
    /// The path.
    const PATH: &'static str;
    /// Whether it needs a session.
    const AUTH: Auth;
    /// The largest body, in bytes.
    const MAX_BODY: usize = SMALL_BODY;
    /// The answer.
    type Answer: DeserializeOwned + Serialize + Send + 'static;
}

/// The largest body of a call that carries no records: 64 KiB.
pub const SMALL_BODY: usize = 64 * 1024;

/// The largest body of a query: 256 KiB.
pub const QUERY_BODY: usize = 256 * 1024;

/// The largest body of a batch of queries: 1 MiB.
pub const BATCH_BODY: usize = 1024 * 1024;

/// The largest body of a transaction: 8 MiB.
pub const COMMIT_BODY: usize = 8 * 1024 * 1024;

macro_rules! calls {
    ($($path:literal $auth:ident $request:ty => $answer:ty $(, $max:expr)?;)+) => {
        $(impl Call for $request {
            const PATH: &'static str = $path;
            const AUTH: Auth = Auth::$auth;
            $(const MAX_BODY: usize = $max;)?
            type Answer = $answer;
        })+

        /// The path of every call, and whether it needs a session.
        pub const CALLS: &[(&str, Auth)] = &[$(($path, Auth::$auth)),+];
    };
}

calls! {
    "/v1/sign-up/start" Open account::StartSignUp => account::RegistrationStarted;
    "/v1/sign-up/finish" Open account::FinishSignUp => account::SessionOpened;
    "/v1/login/start" Open account::StartLogin => account::LoginStarted;
    "/v1/login/finish" Open account::FinishLogin => account::LoggedIn;
    "/v1/challenges/get" Open account::GetChallenge => account::Challenge;
    "/v1/recovery/open" Open account::Recover => account::LoggedIn;
    "/v1/password/start" Session account::StartPasswordChange => account::RegistrationStarted;
    "/v1/password/finish" Session account::FinishPasswordChange => account::Done;
    "/v1/sessions/open" Open account::OpenSession => account::SessionOpened;
    "/v1/sessions/list" Session account::ListSessions => account::Sessions;
    "/v1/sessions/end" Session account::EndSession => account::Done;
    "/v1/holders/get" Session holder::GetHolders => holder::HoldersShown;
    "/v1/devices/open" Open holder::OpenDevice => account::LoggedIn;
    "/v1/mailboxes/put" Open enrolment::PutMail => account::Done;
    "/v1/mailboxes/get" Open enrolment::GetMail => enrolment::Mail;
    "/v1/cards/get" Open card::GetCards => card::Cards;
    "/v1/cards/resolve" Open card::ResolveUsername => card::Cards;
    "/v1/apps/register" Open app::RegisterApp => account::Done;
    "/v1/apps/get" Open app::GetApp => app::App;
    "/v1/scopes/list" Session scope::ListScopes => scope::Scopes;
    "/v1/scopes/open" Session scope::OpenScope => scope::ScopeOpened;
    "/v1/records/get" Session record::GetRecord => record::RecordFound;
    "/v1/records/history" Session record::RecordHistory => record::RecordVersions;
    "/v1/records/query" Session record::QueryRecords => record::Records, QUERY_BODY;
    "/v1/records/count" Session record::CountRecords => record::Counted, QUERY_BODY;
    "/v1/records/batch" Session record::BatchRecords => record::BatchAnswered, BATCH_BODY;
    "/v1/terms/list" Session term::ListTerms => term::Terms;
    "/v1/terms/get" Session term::GetTerms => term::Terms;
    "/v1/accesses/granted" Session access::ListGranted => access::Accesses;
    "/v1/accesses/received" Session access::ListReceived => access::Accesses;
    "/v1/accesses/get" Session access::GetAccess => access::AccessState;
    "/v1/transactions/commit" Session transaction::Commit => transaction::Committed, COMMIT_BODY;
    "/v1/changes/list" Session transaction::ListChanges => transaction::Changes;
    "/v1/audit/list" Session audit::ListAudit => audit::AuditPage;
}
