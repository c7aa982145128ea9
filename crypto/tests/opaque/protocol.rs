//! The protocol, run on the values of the vectors.

use crate::scripted::{Scripted, scalar};
use crate::values::{self, REAL_1, REAL_2, Real, fake};
use data_encoding::HEXLOWER;
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialFinalization, CredentialRequest, CredentialResponse,
    Identifiers, RegistrationRequest, RegistrationResponse, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup, errors::ProtocolError, ksf::Identity,
};
use pryv_crypto::password;
use pryv_proxy_crypto::opaque::Suite;

/// Our suite without stretching.
struct Unstretched;

impl CipherSuite for Unstretched {
    type OprfCs = <Suite as CipherSuite>::OprfCs;
    type KeyExchange = <Suite as CipherSuite>::KeyExchange;
    type Ksf = Identity;
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    HEXLOWER.decode(hexadecimal.as_bytes()).unwrap()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn identifiers<'a>(client: &'a [u8], server: &'a [u8]) -> Identifiers<'a> {
    Identifiers { client: Some(client), server: Some(server) }
}

/// A server of the vectors: OPRF seed, private key, and the public key of who is not registered.
fn server(oprf_seed: &str, private_key: &str, nobody: &str) -> ServerSetup<Unstretched> {
    ServerSetup::deserialize(&[bytes(oprf_seed), bytes(private_key), bytes(nobody)].concat()).unwrap()
}

/// The draws of a server's answer: masking key of a dummy record, masking nonce, key share seed, nonce.
fn server_draws(masking_key: Vec<u8>, masking_nonce: &str, keyshare_seed: &str, nonce: &str) -> Scripted {
    Scripted::new([masking_key, bytes(masking_nonce), bytes(keyshare_seed), bytes(nonce)])
}

fn login_draws() -> Scripted {
    Scripted::new([
        scalar(bytes(values::BLIND_LOGIN)),
        bytes(values::CLIENT_KEYSHARE_SEED),
        bytes(values::CLIENT_NONCE),
    ])
}

fn real_server() -> ServerSetup<Unstretched> {
    let server = server(values::OPRF_SEED, values::SERVER_PRIVATE_KEY, fake::CLIENT_PUBLIC_KEY);
    assert_eq!(hex(server.keypair().public().serialize()), values::SERVER_PUBLIC_KEY);
    server
}

/// Registers as the vector has it, each message going over the wire as bytes; gives the server's record.
fn register(vector: &Real, server: &ServerSetup<Unstretched>, identifiers: Identifiers<'_>) -> Vec<u8> {
    let (password, credential) = (bytes(values::PASSWORD), bytes(values::CREDENTIAL_IDENTIFIER));

    let mut draws = Scripted::new([scalar(bytes(values::BLIND_REGISTRATION))]);
    let client = ClientRegistration::<Unstretched>::start(&mut draws, &password).unwrap();
    assert_eq!(hex(client.message.serialize()), values::REGISTRATION_REQUEST);

    let request = RegistrationRequest::deserialize(&bytes(values::REGISTRATION_REQUEST)).unwrap();
    let answer = ServerRegistration::start(server, request, &credential).unwrap();
    assert_eq!(hex(answer.message.serialize()), values::REGISTRATION_RESPONSE);

    let response = RegistrationResponse::deserialize(&bytes(values::REGISTRATION_RESPONSE)).unwrap();
    let mut draws = Scripted::new([bytes(values::ENVELOPE_NONCE)]);
    let parameters = ClientRegistrationFinishParameters::new(identifiers, None);
    let registered = client.state.finish(&mut draws, &password, response, parameters).unwrap();
    assert_eq!(hex(registered.message.serialize()), vector.registration_upload);
    assert_eq!(hex(registered.export_key), values::EXPORT_KEY);
    assert_eq!(hex(registered.server_s_pk.serialize()), values::SERVER_PUBLIC_KEY);

    let upload = RegistrationUpload::<Unstretched>::deserialize(&bytes(vector.registration_upload)).unwrap();
    ServerRegistration::finish(upload).serialize().to_vec()
}

fn check(vector: &Real) {
    let (client_name, server_name) = (bytes(values::CLIENT_IDENTITY), bytes(values::SERVER_IDENTITY));
    let identifiers =
        if vector.named { identifiers(&client_name, &server_name) } else { Identifiers::default() };
    let (password, credential) = (bytes(values::PASSWORD), bytes(values::CREDENTIAL_IDENTIFIER));
    let context = bytes(values::CONTEXT);
    let server = real_server();
    let record = register(vector, &server, identifiers);

    let client = ClientLogin::<Unstretched>::start(&mut login_draws(), &password).unwrap();
    assert_eq!(hex(client.message.serialize()), values::KE1);

    let parameters = || ServerLoginParameters { context: Some(&context), identifiers };
    let answer = ServerLogin::start(
        // A masking key is drawn, and not used, for who is registered too.
        &mut server_draws(
            vec![0; 64],
            values::MASKING_NONCE,
            values::SERVER_KEYSHARE_SEED,
            values::SERVER_NONCE,
        ),
        &server,
        Some(ServerRegistration::deserialize(&record).unwrap()),
        CredentialRequest::deserialize(&bytes(values::KE1)).unwrap(),
        &credential,
        parameters(),
    )
    .unwrap();
    assert_eq!(hex(answer.message.serialize()), vector.ke2);

    let response = CredentialResponse::deserialize(&bytes(vector.ke2)).unwrap();
    let finish = ClientLoginFinishParameters::new(Some(&context), identifiers, None);
    let client = client.state.finish(&mut Scripted::new([]), &password, response, finish).unwrap();
    assert_eq!(hex(client.message.serialize()), vector.ke3);
    assert_eq!(hex(client.session_key), vector.session_key);
    assert_eq!(hex(client.export_key), values::EXPORT_KEY);
    assert_eq!(hex(client.server_s_pk.serialize()), values::SERVER_PUBLIC_KEY);

    let finalization = CredentialFinalization::deserialize(&bytes(vector.ke3)).unwrap();
    let session = answer.state.finish(finalization, parameters()).unwrap();
    assert_eq!(hex(session.session_key), vector.session_key);
}

#[test]
fn the_public_keys_as_identities() {
    check(&REAL_1);
}

#[test]
fn client_and_server_with_names() {
    check(&REAL_2);
}

#[test]
fn the_answer_to_who_is_not_registered() {
    let (client_name, server_name) = (bytes(values::CLIENT_IDENTITY), bytes(values::SERVER_IDENTITY));
    let context = bytes(values::CONTEXT);
    let answer = ServerLogin::start(
        &mut server_draws(
            bytes(fake::MASKING_KEY),
            fake::MASKING_NONCE,
            fake::SERVER_KEYSHARE_SEED,
            fake::SERVER_NONCE,
        ),
        &server(fake::OPRF_SEED, fake::SERVER_PRIVATE_KEY, fake::CLIENT_PUBLIC_KEY),
        None,
        CredentialRequest::deserialize(&bytes(fake::KE1)).unwrap(),
        &bytes(values::CREDENTIAL_IDENTIFIER),
        ServerLoginParameters {
            context: Some(&context),
            identifiers: identifiers(&client_name, &server_name),
        },
    )
    .unwrap();
    assert_eq!(hex(answer.message.serialize()), fake::KE2);
}

#[test]
fn our_client_sends_the_first_messages_of_the_vectors() {
    // What follows depends on stretching and context, which are ours.
    let password = String::from_utf8(bytes(values::PASSWORD)).unwrap();
    let mut draws = Scripted::new([scalar(bytes(values::BLIND_REGISTRATION))]);
    let (_, request) = password::ClientRegistration::start(&password, &mut draws).unwrap();
    assert_eq!(hex(&*request), values::REGISTRATION_REQUEST);
    let (_, request) = password::ClientLogin::start(&password, &mut login_draws()).unwrap();
    assert_eq!(hex(&*request), values::KE1);
}

#[test]
fn a_changed_bit_of_an_answer_is_refused() {
    let (password, context) = (bytes(values::PASSWORD), bytes(values::CONTEXT));
    let finished = |ke2: &[u8]| {
        let client = ClientLogin::<Unstretched>::start(&mut login_draws(), &password).unwrap();
        let finish = ClientLoginFinishParameters::new(Some(&context), Identifiers::default(), None);
        CredentialResponse::deserialize(ke2)
            .and_then(|response| client.state.finish(&mut Scripted::new([]), &password, response, finish))
            .map(|client| hex(client.session_key))
    };
    let mut ke2 = bytes(REAL_1.ke2);
    assert_eq!(finished(&ke2).unwrap(), REAL_1.session_key);
    for at in 0..ke2.len() {
        ke2[at] ^= 1;
        let refused = finished(&ke2);
        ke2[at] ^= 1;
        assert!(
            matches!(
                refused,
                Err(ProtocolError::InvalidLoginError
                    | ProtocolError::SerializationError
                    | ProtocolError::LibraryError(_))
            ),
            "byte {at}: {refused:?}"
        );
    }
}
