use super::*;
use crate::{
    fixture::{person, rng, secret},
    holder::OpenSecretError,
};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, ServerLogin,
    ServerLoginParameters, ServerRegistration, ServerSetup,
};
use rand_chacha::ChaCha20Rng;

/// The floor itself: about 30 ms.
const CHEAP: KeyStretching =
    KeyStretching { memory_kib: MIN_MEMORY_KIB, iterations: MIN_ITERATIONS, parallelism: 1 };

/// A server, by the library's other half.
struct Server {
    setup: ServerSetup<Opaque>,
    record: Option<ServerRegistration<Opaque>>,
}

impl Server {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Self { setup: ServerSetup::new(rng), record: None }
    }

    fn register(&mut self, password: &str, rng: &mut ChaCha20Rng) -> ExportKey {
        let (client, request) = ClientRegistration::start(password, rng).unwrap();
        let request = RegistrationRequest::deserialize(&request).unwrap();
        let response = ServerRegistration::start(&self.setup, request, b"ada").unwrap().message.serialize();
        let registered = client.finish(&response, &CHEAP, rng).unwrap();
        let upload = RegistrationUpload::deserialize(&registered.upload).unwrap();
        self.record = Some(ServerRegistration::finish(upload));
        registered.export_key
    }

    fn answer(&self, request: &[u8], rng: &mut ChaCha20Rng) -> (ServerLogin<Opaque>, Vec<u8>) {
        let request = CredentialRequest::deserialize(request).unwrap();
        let started =
            ServerLogin::start(rng, &self.setup, self.record.clone(), request, b"ada", parameters()).unwrap();
        (started.state, started.message.serialize().to_vec())
    }

    fn log_in(&self, password: &str, rng: &mut ChaCha20Rng) -> Result<ExportKey, PasswordError> {
        let (client, request) = ClientLogin::start(password, rng)?;
        let (server, response) = self.answer(&request, rng);
        let logged_in = client.finish(&response, &CHEAP, rng)?;
        let finalization = CredentialFinalization::deserialize(&logged_in.finalization).unwrap();
        server.finish(finalization, parameters()).unwrap();
        Ok(logged_in.export_key)
    }
}

fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters { context: Some(CONTEXT), identifiers: Identifiers::default() }
}

#[test]
fn the_right_password_opens_the_account_secret_and_no_other_does() {
    let rng = &mut rng(1);
    let mut server = Server::new(rng);
    let ada = person(9);
    let (account, card) = (ada.identity.principal(), ada.cards.current_digest());
    let keys = server.register("correct horse", rng).keys();
    let (wrap, binding) = (keys.seal(&secret(9), account, card, rng).unwrap(), keys.bind(account));
    let opened = server.log_in("correct horse", rng).unwrap().keys();
    assert_eq!(opened.open(account, card, &binding, &wrap).unwrap().expose(), secret(9).expose());
    assert_eq!(server.log_in("correct house", rng).unwrap_err(), PasswordError::WrongPassword);
    // The same password registered again gives another key: an old wrap does not open under it.
    let changed = server.register("correct horse", rng).keys();
    let refused = |binding| changed.open(account, card, &binding, &wrap).unwrap_err();
    assert_eq!(refused(binding), OpenSecretError::OtherAccount);
    assert!(matches!(refused(changed.bind(account)), OpenSecretError::NotOpened(_)));
}

#[test]
fn an_unknown_account_looks_like_a_wrong_password() {
    let rng = &mut rng(2);
    let server = Server::new(rng);
    assert_eq!(server.log_in("anything", rng).unwrap_err(), PasswordError::WrongPassword);
}

#[test]
fn composed_and_decomposed_letters_are_one_password() {
    let rng = &mut rng(3);
    let mut server = Server::new(rng);
    let registered = server.register("caf\u{e9}", rng).keys();
    assert_eq!(server.log_in("cafe\u{301}", rng).unwrap().keys().public(), registered.public());
}

#[test]
fn a_server_that_says_another_stretching_gets_nothing() {
    let rng = &mut rng(4);
    let mut server = Server::new(rng);
    server.register("correct horse", rng);
    let (client, request) = ClientLogin::start("correct horse", rng).unwrap();
    let (_, response) = server.answer(&request, rng);
    let other = KeyStretching { iterations: 3, ..CHEAP };
    assert_eq!(client.finish(&response, &other, rng).unwrap_err(), PasswordError::WrongPassword);
}

#[test]
fn answers_that_are_none_are_refused() {
    let rng = &mut rng(5);
    let mut server = Server::new(rng);
    server.register("correct horse", rng);
    let (_, request) = ClientLogin::start("correct horse", rng).unwrap();
    let (_, response) = server.answer(&request, rng);
    for answer in [&[][..], &request[..], &response[..response.len() - 1], &vec![0; response.len()]] {
        let (client, _) = ClientLogin::start("correct horse", rng).unwrap();
        assert_eq!(client.finish(answer, &CHEAP, rng).unwrap_err(), PasswordError::InvalidAnswer);
        let (client, request) = ClientRegistration::start("correct horse", rng).unwrap();
        assert_eq!(client.finish(answer, &CHEAP, rng).unwrap_err(), PasswordError::InvalidAnswer);
        let (client, _) = ClientRegistration::start("correct horse", rng).unwrap();
        assert_eq!(client.finish(&request, &CHEAP, rng).unwrap_err(), PasswordError::InvalidAnswer);
    }
}

#[test]
fn stretching_outside_its_bounds_is_refused_before_it_is_computed() {
    let weak = [
        KeyStretching { memory_kib: MIN_MEMORY_KIB - 1, ..CHEAP },
        KeyStretching { iterations: 1, ..CHEAP },
        KeyStretching { parallelism: 0, ..CHEAP },
        KeyStretching { memory_kib: 8, iterations: 1, parallelism: 1 },
    ];
    let strong = [
        KeyStretching { memory_kib: MAX_MEMORY_KIB + 1, ..CHEAP },
        KeyStretching { iterations: 17, ..CHEAP },
        KeyStretching { parallelism: 5, ..CHEAP },
        KeyStretching { memory_kib: u32::MAX, iterations: u32::MAX, parallelism: u32::MAX },
    ];
    let rng = &mut rng(6);
    let server = Server::new(rng);
    for (cases, expected) in
        [(weak, UnacceptableStretching::TooWeak), (strong, UnacceptableStretching::TooStrong)]
    {
        for stretching in cases {
            assert_eq!(check_floor(&stretching), Err(expected), "{stretching:?}");
            let expected = PasswordError::Stretching(expected);
            let (client, request) = ClientLogin::start("correct horse", rng).unwrap();
            let (_, response) = server.answer(&request, rng);
            assert_eq!(client.finish(&response, &stretching, rng).unwrap_err(), expected);
            let (client, request) = ClientRegistration::start("correct horse", rng).unwrap();
            let request = RegistrationRequest::deserialize(&request).unwrap();
            let response =
                ServerRegistration::start(&server.setup, request, b"ada").unwrap().message.serialize();
            assert_eq!(client.finish(&response, &stretching, rng).unwrap_err(), expected);
        }
    }
    assert_eq!(check_floor(&CHEAP), Ok(()));
    assert_eq!(check_floor(&KeyStretching::RECOMMENDED), Ok(()));
}
