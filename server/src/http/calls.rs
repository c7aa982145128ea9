//! Calls: the route of each, and the three moves of serving one: who calls, what is asked, what the rules answer.

use super::{App, body, context::Context, media::Format};
use crate::{
    permission::Caller,
    service::{Error, Result, Service},
};
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::post,
};
use http::{HeaderMap, header};
use pryv_wire::{
    ErrorCode, access, account, app, audit, bytes::SessionToken, card, enrolment, holder, operation::Call,
    record, scope, term, transaction,
};
use std::{future::Future, sync::Arc};

/// A call that anybody may make.
trait OpenCall: Call {
    /// Whose password or phrase the call tries, if it tries one.
    fn tries(&self) -> Option<&str> {
        None
    }

    fn serve(self, service: &Service) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// A call that needs a session.
trait SessionCall: Call {
    fn serve(self, service: &Service, caller: Caller) -> impl Future<Output = Result<Self::Answer>> + Send;
}

macro_rules! calls {
    (open { $($open:ty $(where $tried:ident)? => $open_method:ident;)+ } session { $($call:ty => $method:ident;)+ }) => {
        $(impl OpenCall for $open {
            $(fn tries(&self) -> Option<&str> {
                Some(&self.$tried)
            })?

            async fn serve(self, service: &Service) -> Result<Self::Answer> {
                service.$open_method(self).await
            }
        })+
        $(impl SessionCall for $call {
            async fn serve(self, service: &Service, caller: Caller) -> Result<Self::Answer> {
                service.$method(caller, self).await
            }
        })+

        /// The calls that are served, and how their callers are known.
        #[cfg(test)]
        const SERVED: &[(&str, pryv_wire::operation::Auth, bool)] = &[
            $((<$open as Call>::PATH, <$open as Call>::AUTH, false),)+
            $((<$call as Call>::PATH, <$call as Call>::AUTH, true),)+
        ];

        /// A route for each call.
        pub(super) fn routes() -> Router<Arc<App>> {
            Router::new()
                $(.route(<$open as Call>::PATH, post(open::<$open>)))+
                $(.route(<$call as Call>::PATH, post(session::<$call>)))+
        }
    };
}

calls! {
    open {
        account::StartSignUp => start_sign_up;
        account::FinishSignUp => finish_sign_up;
        account::StartLogin where username => start_login;
        account::FinishLogin => finish_login;
        account::GetChallenge => challenge;
        account::Recover where username => recover;
        account::OpenSession => open_session;
        holder::OpenDevice => open_device;
        enrolment::PutMail => put_mail;
        enrolment::GetMail => get_mail;
        card::GetCards => get_cards;
        card::ResolveUsername => resolve_username;
        app::RegisterApp => register_app;
        app::GetApp => get_app;
    }
    session {
        account::StartPasswordChange => start_password_change;
        account::FinishPasswordChange => finish_password_change;
        account::ListSessions => list_sessions;
        account::EndSession => end_session;
        holder::GetHolders => get_holders;
        scope::ListScopes => list_scopes;
        scope::OpenScope => open_scope;
        record::GetRecord => get_record;
        record::RecordHistory => record_history;
        record::QueryRecords => query_records;
        record::CountRecords => count_records;
        record::BatchRecords => batch_records;
        term::ListTerms => list_terms;
        term::GetTerms => get_terms;
        access::ListGranted => list_granted;
        access::ListReceived => list_received;
        access::GetAccess => get_access;
        transaction::Commit => commit;
        transaction::ListChanges => list_changes;
        audit::ListAudit => list_audit;
    }
}

async fn open<C: OpenCall>(State(app): State<Arc<App>>, request: Request) -> Response {
    let context = Context::of(&request);
    let served = async {
        app.rates.address(context.address, C::PATH).inspect_err(|_| app.metrics.refuse())?;
        let (message, _memory): (C, _) = read(&app, request).await?;
        let _turn = app.turn()?;
        if let Some(username) = message.tries() {
            app.rates.username(username).inspect_err(|_| app.metrics.refuse())?;
        }
        message.serve(&app.service).await
    };
    match served.await {
        Ok(answer) => context.answer(&answer),
        Err(error) => context.refuse(error),
    }
}

async fn session<C: SessionCall>(State(app): State<Arc<App>>, request: Request) -> Response {
    let context = Context::of(&request);
    let served = async {
        // Before the body: whoever has no session does not make us read 8 MiB.
        let caller = app.service.caller(&bearer(request.headers())?)?;
        app.rates.account(caller.principal()).inspect_err(|_| app.metrics.refuse())?;
        let (message, _memory): (C, _) = read(&app, request).await?;
        let _turn = app.turn()?;
        let answer = message.serve(&app.service, caller.clone()).await?;
        Ok((answer, app.service.heads(&caller)?))
    };
    match served.await {
        Ok((answer, heads)) => context.answer_with(&answer, &heads),
        Err(error) => context.refuse(error),
    }
}

/// Bodies longer than this are decoded off the threads that serve sockets.
const LONG: usize = 64 * 1024;

/// The message of a body, and its part of the budget, to be kept until the call is answered: that long it is in memory.
pub(super) async fn read<C: Call>(app: &App, request: Request) -> Result<(C, body::Taken)> {
    let (parts, body) = request.into_parts();
    let format = Format::of_body(&parts.headers)?;
    let (bytes, taken) = body::read(body, &parts.headers, C::MAX_BODY, &app.budget).await?;
    if bytes.len() <= LONG {
        return Ok((format.decode(&bytes)?, taken));
    }
    let decoded = tokio::task::spawn_blocking(move || {
        let decoded = format.decode(&bytes);
        drop(bytes);
        Ok((decoded?, taken))
    });
    decoded.await.map_err(Error::ended)?
}

fn bearer(headers: &HeaderMap) -> Result<SessionToken> {
    let token = || {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        let bytes = data_encoding::BASE64URL_NOPAD.decode(token.trim().as_bytes()).ok()?;
        let bytes = <[u8; SessionToken::LENGTH]>::try_from(bytes).ok()?;
        scheme.eq_ignore_ascii_case("bearer").then_some(SessionToken::from_bytes(bytes))
    };
    token().ok_or_else(|| Error::new(ErrorCode::NotAuthenticated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pryv_wire::operation::{Auth, CALLS};
    use std::collections::BTreeSet;

    #[test]
    fn every_call_is_served_and_no_other() {
        let declared: BTreeSet<_> =
            CALLS.iter().map(|(path, auth)| (*path, *auth == Auth::Session)).collect();
        let served: BTreeSet<_> =
            SERVED.iter().map(|(path, auth, _)| (*path, *auth == Auth::Session)).collect();
        assert_eq!(declared, served);
        assert_eq!(SERVED.len(), CALLS.len(), "a call is served twice");
    }

    #[test]
    fn calls_that_need_a_session_are_served_with_one() {
        for (path, auth, with_session) in SERVED {
            assert_eq!(*auth == Auth::Session, *with_session, "{path}");
        }
    }
}
