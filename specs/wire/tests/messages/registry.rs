//! Every message type by the name of its CDDL rule, and every call by its path.

use pryv_wire::{
    DecodeError, Problem, Signed, access, account, app, audit, card, enrolment, evidence, generation, holder,
    operation::{Auth, CALLS, Call},
    record, scope, term, transaction,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::type_name, collections::BTreeSet};

/// One message type.
#[derive(Clone)]
pub(crate) struct Kind {
    /// Its CDDL rule.
    pub(crate) rule: String,
    /// Decodes, and encodes what came out.
    pub(crate) cbor: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// Reads the JSON form, and encodes what came out.
    pub(crate) json: fn(&str) -> Result<Vec<u8>, serde_json::Error>,
}

/// The kind of a type. Its rule has the name of the type, in kebab case.
pub(crate) fn kind<T: Serialize + DeserializeOwned>() -> Kind {
    Kind {
        rule: rule::<T>(),
        cbor: |bytes| pryv_wire::decode::<T>(bytes).map(|message| pryv_wire::encode(&message)),
        json: |text| serde_json::from_str::<T>(text).map(|message| pryv_wire::encode(&message)),
    }
}

/// The name of the CDDL rule of a type: `pryv_wire::signed::Signed<pryv_wire::card::Card>` has `signed-card`.
pub(crate) fn rule<T>() -> String {
    let mut name = String::new();
    for part in type_name::<T>().trim_end_matches('>').split('<') {
        for letter in part.rsplit("::").next().unwrap_or(part).chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
    }
    name
}

/// One call, as the code declares it.
pub(crate) struct CallKind {
    pub(crate) path: &'static str,
    pub(crate) auth: Auth,
    pub(crate) max_body: usize,
    pub(crate) request: Kind,
    pub(crate) answer: Kind,
}

fn call<C: Call>() -> CallKind {
    CallKind {
        path: C::PATH,
        auth: C::AUTH,
        max_body: C::MAX_BODY,
        request: kind::<C>(),
        answer: kind::<C::Answer>(),
    }
}

/// Every call, in the order of [`CALLS`].
pub(crate) fn calls() -> Vec<CallKind> {
    vec![
        call::<account::StartSignUp>(),
        call::<account::FinishSignUp>(),
        call::<account::StartLogin>(),
        call::<account::FinishLogin>(),
        call::<account::GetChallenge>(),
        call::<account::Recover>(),
        call::<account::StartPasswordChange>(),
        call::<account::FinishPasswordChange>(),
        call::<holder::GetHolders>(),
        call::<holder::OpenDevice>(),
        call::<enrolment::PutMail>(),
        call::<enrolment::GetMail>(),
        call::<account::OpenSession>(),
        call::<account::ListSessions>(),
        call::<account::EndSession>(),
        call::<card::GetCards>(),
        call::<card::ResolveUsername>(),
        call::<app::RegisterApp>(),
        call::<app::GetApp>(),
        call::<scope::ListScopes>(),
        call::<scope::OpenScope>(),
        call::<record::GetRecord>(),
        call::<record::RecordHistory>(),
        call::<record::QueryRecords>(),
        call::<record::CountRecords>(),
        call::<record::BatchRecords>(),
        call::<term::ListTerms>(),
        call::<term::GetTerms>(),
        call::<access::ListGranted>(),
        call::<access::ListReceived>(),
        call::<access::GetAccess>(),
        call::<transaction::Commit>(),
        call::<transaction::ListChanges>(),
        call::<audit::ListAudit>(),
    ]
}

/// Every message type: requests, answers, and what stands inside them.
pub(crate) fn kinds() -> Vec<Kind> {
    let inside = [
        kind::<Problem>(),
        kind::<card::Card>(),
        kind::<Signed<card::Card>>(),
        kind::<card::GroupPlace>(),
        kind::<app::Manifest>(),
        kind::<Signed<app::Manifest>>(),
        kind::<app::Permission>(),
        kind::<account::KeyStretching>(),
        kind::<account::SecretWrap>(),
        kind::<account::PasswordCredential>(),
        kind::<account::RecoveryCredential>(),
        kind::<account::SessionInfo>(),
        kind::<scope::ScopeKind>(),
        kind::<scope::CollectionKind>(),
        kind::<scope::History>(),
        kind::<scope::Slice>(),
        kind::<scope::SliceData>(),
        kind::<scope::SliceEntry>(),
        kind::<scope::MovedTerm>(),
        kind::<scope::CoveringSlice>(),
        kind::<holder::Holders>(),
        kind::<Signed<holder::Holders>>(),
        kind::<holder::Device>(),
        kind::<holder::Holder>(),
        kind::<holder::HolderSeal>(),
        kind::<holder::SetHolders>(),
        kind::<holder::RotateAccount>(),
        kind::<evidence::Evidence>(),
        kind::<evidence::AccessEvidence>(),
        kind::<enrolment::DeviceRequest>(),
        kind::<enrolment::DeviceAnswer>(),
        kind::<enrolment::DevicePayload>(),
        kind::<scope::Epoch>(),
        kind::<Signed<scope::Epoch>>(),
        kind::<scope::ScopePre>(),
        kind::<scope::Lockbox>(),
        kind::<scope::Share>(),
        kind::<scope::Transform>(),
        kind::<scope::NewEpoch>(),
        kind::<scope::GroupCard>(),
        kind::<scope::SealedGroup>(),
        kind::<generation::NewGeneration>(),
        kind::<generation::NewLock>(),
        kind::<generation::NewTransform>(),
        kind::<generation::Rekey>(),
        kind::<Signed<generation::Rekey>>(),
        kind::<scope::EpochOpened>(),
        kind::<scope::EpochKeys>(),
        kind::<record::Envelope>(),
        kind::<record::Protected>(),
        kind::<record::DefinitionRef>(),
        kind::<record::Placement>(),
        kind::<record::Recipient>(),
        kind::<record::Parent>(),
        kind::<record::MovedPlacement>(),
        kind::<record::Tokens>(),
        kind::<record::Filter>(),
        kind::<record::IndexState>(),
        kind::<record::Unindexed>(),
        kind::<record::IndexedAlike>(),
        kind::<record::Question>(),
        kind::<record::Answered>(),
        kind::<record::Order>(),
        kind::<record::RecordState>(),
        kind::<record::Within>(),
        kind::<term::TermLink>(),
        kind::<term::TermNode>(),
        kind::<access::Level>(),
        kind::<access::Grant>(),
        kind::<access::Access>(),
        kind::<Signed<access::Access>>(),
        kind::<access::AccessNote>(),
        kind::<access::DefinitionKey>(),
        kind::<access::Revocation>(),
        kind::<Signed<access::Revocation>>(),
        kind::<access::LastEpoch>(),
        kind::<access::Served>(),
        kind::<transaction::Operation>(),
        kind::<transaction::GrantAccess>(),
        kind::<transaction::ServedAccess>(),
        kind::<transaction::Change>(),
        kind::<transaction::Touched>(),
        kind::<audit::Act>(),
        kind::<audit::AuditEntry>(),
        kind::<audit::AuditFilter>(),
        kind::<audit::AuditLine>(),
        kind::<audit::Mark>(),
        kind::<audit::Heads>(),
    ];
    let mut seen = BTreeSet::new();
    let mut kinds: Vec<Kind> =
        calls().into_iter().flat_map(|call| [call.request, call.answer]).chain(inside).collect();
    // One type may answer several calls.
    kinds.retain(|kind| seen.insert(kind.rule.clone()));
    kinds
}

/// The kind with this rule.
pub(crate) fn find(rule: &str) -> Kind {
    kinds()
        .into_iter()
        .find(|kind| kind.rule == rule)
        .unwrap_or_else(|| panic!("no type has the rule {rule}"))
}

#[test]
fn every_call_is_known_here() {
    let mut here: Vec<_> = calls().iter().map(|call| (call.path, call.auth == Auth::Session)).collect();
    let mut there: Vec<_> = CALLS.iter().map(|(path, auth)| (*path, *auth == Auth::Session)).collect();
    here.sort_unstable();
    there.sort_unstable();
    assert_eq!(here, there);
}
