//! URIs: each thing has one text, and no other text is taken.

use proptest::prelude::*;
use pryv_wire::{
    AccessId, PrincipalId, RecordId, ScopeId,
    uri::{InvalidUri, Uri},
};

const ACCOUNT: PrincipalId = PrincipalId::from_bytes([0xad; 32]);
const SCOPE: ScopeId = ScopeId::from_bytes([0x5c; 16]);
const RECORD: RecordId = RecordId::from_bytes([0x4e; 16]);
const ACCESS: AccessId = AccessId::from_bytes([0xac; 16]);

fn any_uri() -> impl Strategy<Value = Uri> {
    let ids = (any::<[u8; 32]>(), any::<[u8; 16]>(), any::<[u8; 16]>(), 1..=u64::MAX, 0..7_u8);
    ids.prop_map(|(account, a, b, version, kind)| {
        let account = PrincipalId::from_bytes(account);
        let (scope, record) = (ScopeId::from_bytes(a), RecordId::from_bytes(b));
        match kind {
            0 => Uri::Account { account },
            1 => Uri::Ontology { account, ontology: scope },
            2 => Uri::Term { account, ontology: scope, term: record },
            3 => Uri::Collection { account, collection: scope },
            4 => Uri::Instance { account, collection: scope, instance: record },
            5 => Uri::Version { account, collection: scope, instance: record, version },
            _ => Uri::Access { account, access: AccessId::from_bytes(a) },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_uri_reads_back_as_what_it_was_written_from(uri in any_uri()) {
        let text = uri.to_string();
        prop_assert_eq!(text.parse::<Uri>(), Ok(uri));
        prop_assert!(text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | ':' | '/')), "nothing to escape: {}", text);
    }

    /// What is read is written as it was: there is no second text for a thing.
    #[test]
    fn a_changed_uri_is_refused_or_another(uri in any_uri(), at in any::<prop::sample::Index>(), with in "[a-zA-Z0-9/#?:%. ]{0,3}") {
        let mut text = uri.to_string();
        let at = at.index(text.len());
        text.replace_range(at..=at, &with);
        if let Ok(read) = text.parse::<Uri>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,300}") {
        let _ = text.parse::<Uri>();
        let _ = format!("pryv://{text}").parse::<Uri>();
    }
}

#[test]
fn each_fault_has_its_name() {
    let account = format!("pryv://{ACCOUNT}");
    let collection = format!("{account}/collections/{SCOPE}");
    for (text, expected) in [
        (account.replacen("pryv", "https", 1), InvalidUri::Scheme),
        (account.replacen("pryv", "PRYV", 1), InvalidUri::Scheme),
        (format!("{account}/accesses/{ACCESS}#secret"), InvalidUri::Fragment),
        (format!("{account}#"), InvalidUri::Fragment),
        (format!("pryv://{}", "a".repeat(400)), InvalidUri::TooLong),
        ("pryv://".into(), InvalidUri::Account),
        ("pryv://ada".into(), InvalidUri::Account),
        (format!("{account}:443"), InvalidUri::Account),
        (format!("{account}?x"), InvalidUri::Account),
        (account.to_uppercase().replacen("PRYV", "pryv", 1), InvalidUri::Account),
        (format!("{account}/"), InvalidUri::Kind),
        (format!("{account}/streams/{SCOPE}"), InvalidUri::Kind),
        (format!("{account}/collections"), InvalidUri::Parts),
        (format!("{collection}/"), InvalidUri::Parts),
        (format!("{collection}/instances"), InvalidUri::Parts),
        (format!("{collection}/terms/{RECORD}"), InvalidUri::Parts),
        (format!("{account}/accesses/{ACCESS}/x"), InvalidUri::Parts),
        (format!("{account}/collections/x"), InvalidUri::Id { what: "a collection" }),
        (format!("{account}/ontologies/{SCOPE}/terms/%20"), InvalidUri::Id { what: "a term" }),
        (format!("{collection}/instances/{RECORD}/versions/0"), InvalidUri::Version),
        (format!("{collection}/instances/{RECORD}/versions/01"), InvalidUri::Version),
        (format!("{collection}/instances/{RECORD}/versions/+1"), InvalidUri::Version),
        (format!("{collection}/instances/{RECORD}/versions/18446744073709551616"), InvalidUri::Version),
    ] {
        assert_eq!(text.parse::<Uri>(), Err(expected), "{text}");
    }
}

/// The examples of `specs/uris.md` are URIs, and those that it calls wrong are not.
#[test]
fn the_examples_of_the_document_hold() {
    let text = include_str!("../../../uris.md");
    let lines = |mark: &str| -> Vec<String> {
        let found = text.lines().filter_map(|line| line.trim_start().strip_prefix(mark));
        found.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
    };
    let (good, bad) = (lines("good "), lines("bad "));
    assert!(good.len() >= 7 && bad.len() >= 4, "{good:?} {bad:?}");
    for uri in good {
        assert_eq!(uri.parse::<Uri>().expect(&uri).to_string(), uri);
    }
    for uri in bad {
        assert!(uri.parse::<Uri>().is_err(), "{uri}");
    }
}
