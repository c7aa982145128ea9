use super::*;
use crate::fixture::{person, rng};

fn answer() -> DeviceAnswer {
    DeviceAnswer { username: "ada".into(), principal: person(1).identity.principal() }
}

#[test]
fn two_devices_that_know_one_code_reach_each_other_and_nobody_else_does() {
    let rng = &mut rng(1);
    let code = DeviceCode::generate(rng);
    let typed = code.words().to_uppercase().replace('-', " ");
    let (old, new) = (
        EnrolmentSecret::of_code(&code, "ada"),
        EnrolmentSecret::of_code(&DeviceCode::parse(&typed).unwrap(), "ada"),
    );
    assert_eq!(old.request_mailbox(), new.request_mailbox());
    assert_ne!(old.request_mailbox(), old.answer_mailbox());
    let device = DeviceKeys::generate(rng);
    let request = old.open_request(&new.seal_request(&device, rng)).unwrap();
    assert_eq!(request.sealing, device.sealing_public());
    let sealed = old.seal_answer(&request, &answer(), rng).unwrap();
    assert_eq!(new.open_answer(&device, &sealed).unwrap(), answer());

    // Who does not know the code: a server that puts in its own device, or answers for another account.
    let server = EnrolmentSecret::generate(rng);
    let theirs = DeviceKeys::generate(rng);
    assert!(old.open_request(&server.seal_request(&theirs, rng)).is_err());
    assert!(new.open_answer(&device, &server.seal_answer(&request, &answer(), rng).unwrap()).is_err());
    assert!(new.open_answer(&theirs, &sealed).is_err(), "another device");
    let elsewhere = EnrolmentSecret::of_code(&code, "eve");
    assert_ne!(elsewhere.request_mailbox(), old.request_mailbox(), "one code for two usernames");
}

#[test]
fn a_payload_carries_the_secret_and_the_keys() {
    let rng = &mut rng(2);
    let (secret, device) = (EnrolmentSecret::generate(rng), DeviceKeys::generate(rng));
    let payload = secret.payload(&device);
    let scanned = EnrolmentSecret::of_payload(&payload).unwrap();
    let sealed = scanned.seal_answer(&payload.request, &answer(), rng).unwrap();
    assert_eq!(secret.open_answer(&device, &sealed).unwrap(), answer());
    let short = DevicePayload { secret: [1; 31][..].into(), request: payload.request.clone() };
    assert!(EnrolmentSecret::of_payload(&short).is_none());
}

#[test]
fn what_is_no_code_is_refused() {
    for typed in
        ["", "abcd-efgh-ijk", "abcd-efgh-ijklm", "abcd-efgh-ijk1", "abcd_efgh_ijkl", "abcd-efgh-ijk\u{e9}"]
    {
        assert_eq!(DeviceCode::parse(typed).map(drop), Err(InvalidCode), "{typed}");
    }
    assert_eq!(DeviceCode::parse(" AbCd-eFgH ijk2\n").unwrap().words().as_str(), "abcd-efgh-ijk2");
    assert_eq!(format!("{:?}", DeviceCode::generate(&mut rng(3))), "DeviceCode(..)");
}
