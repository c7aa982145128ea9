//! `Client`: one server, and nobody signed in.

mod apps;
mod join;
mod log_in;
mod open_link;
mod recover;
mod resume;
mod sign_up;

pub use apps::{AppError, RegisterAppError};
pub use join::{JoinError, NewDevice};
pub use log_in::LogInError;
pub use open_link::{OpenLinkError, OpenedLink};
pub use recover::RecoverError;
pub use resume::ResumeError;
pub use sign_up::{SignUpError, SignedUp, SigningUp};

pub(crate) use sign_up::open_session;

use crate::{
    cipher::ContentCipher,
    environment::{Random, SystemClock},
    exchange::{Outgoing, Repeat, carry, read},
    failure::Failure,
    transport::{Answer, Transport},
};
use pryv_crypto::record::{SealedContent, UnsealedRecord};
use pryv_wire::{
    Clock, Timestamp,
    account::{Challenge, GetChallenge, KeyStretching},
    bytes::SessionToken,
    operation::Call,
    record::Envelope,
};
use rand::rngs::StdRng;
use std::sync::Arc;
use zeroize::Zeroizing;

/// One server. A cheap handle: clones share connections, clock and generator.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    random: Random,
    stretching: KeyStretching,
    cipher: Option<Arc<dyn ContentCipher>>,
}

/// How to make a [`Client`].
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    random: Option<Random>,
    stretching: KeyStretching,
    cipher: Option<Arc<dyn ContentCipher>>,
}

impl ClientBuilder {
    /// Takes the time from this clock instead of the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Draws every random number from this seed. For tests that repeat: whoever knows the seed knows every key made.
    pub fn seed(mut self, seed: [u8; 32]) -> Self {
        self.random = Some(Random::from_seed(seed));
        self
    }

    /// Stretches new passwords by this much instead of [`KeyStretching::RECOMMENDED`]; refused at use if below the floor.
    pub const fn stretching(mut self, stretching: KeyStretching) -> Self {
        self.stretching = stretching;
        self
    }

    /// Lets this cipher encrypt and decrypt contents of 16 KB and more.
    pub fn content_cipher(mut self, cipher: Arc<dyn ContentCipher>) -> Self {
        self.cipher = Some(cipher);
        self
    }

    /// Makes the client. Nothing is sent yet.
    #[must_use]
    pub fn build(self) -> Client {
        Client(Arc::new(Inner {
            transport: self.transport,
            clock: self.clock,
            random: self.random.unwrap_or_else(Random::from_entropy),
            stretching: self.stretching,
            cipher: self.cipher,
        }))
    }
}

impl Client {
    /// A client of the server at `https://host`, or at `http://` on this machine. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// See [`crate::transport::http::ConnectError`].
    #[cfg(all(feature = "http", not(target_arch = "wasm32")))]
    pub fn connect(address: &str) -> Result<Self, crate::transport::http::ConnectError> {
        let transport = crate::transport::http::HttpTransport::new(address)?;
        Ok(Self::builder(Arc::new(transport)).build())
    }

    /// A client over a transport of the caller's.
    pub fn builder(transport: Arc<dyn Transport>) -> ClientBuilder {
        ClientBuilder {
            transport,
            clock: Arc::new(SystemClock),
            random: None,
            stretching: KeyStretching::RECOMMENDED,
            cipher: None,
        }
    }

    /// Sends one call.
    pub(crate) async fn call<C: Call>(
        &self,
        call: &C,
        token: Option<&SessionToken>,
        repeat: Repeat,
    ) -> Result<C::Answer, Failure> {
        read::<C>(&self.carry(&Outgoing::of(call), token, repeat).await?)
    }

    /// Sends one call; answers with what came back, unread.
    pub(crate) async fn carry(
        &self,
        call: &Outgoing,
        token: Option<&SessionToken>,
        repeat: Repeat,
    ) -> Result<Answer, Failure> {
        carry(&*self.0.transport, &self.0.random, call, token, repeat).await
    }

    /// Sends one call that needs no session and may be repeated.
    pub(crate) async fn ask<C: Call>(&self, call: &C) -> Result<C::Answer, Failure> {
        self.call(call, None, Repeat::Safe).await
    }

    /// Gets a challenge and sends the call that answers it. A challenge is used up by its call, so a lost answer begins
    /// again with another one.
    pub(crate) async fn answer_challenge<C: Call>(
        &self,
        answer: impl Fn(Challenge) -> C,
    ) -> Result<C::Answer, Failure> {
        const ATTEMPTS: u32 = 3;
        for _ in 1..ATTEMPTS {
            let challenge = self.ask(&GetChallenge {}).await?;
            match self.call(&answer(challenge), None, Repeat::Never).await {
                Err(Failure::Offline { .. }) => {}
                answered => return answered,
            }
        }
        let challenge = self.ask(&GetChallenge {}).await?;
        self.call(&answer(challenge), None, Repeat::Never).await
    }

    /// Encrypts and signs a record; a long content by the cipher of the platform, where there is one.
    pub(crate) async fn seal(&self, record: UnsealedRecord<'_>) -> Envelope {
        let sealed = match (&self.0.cipher, record.long()) {
            (Some(cipher), Some(content)) => cipher.seal(content).await,
            _ => None,
        };
        match sealed {
            Some(ciphertext) => record.sealed(ciphertext),
            None => record.seal(),
        }
    }

    /// Decrypts a long content by the cipher of the platform, where there is one. What it does not open is judged where all
    /// else is opened.
    pub(crate) async fn open_long<'r>(
        &self,
        content: impl FnOnce() -> Option<SealedContent<'r>>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = self.0.cipher.as_ref()?;
        let content = content()?;
        cipher.open(content.message()?).await
    }

    /// Waits.
    pub(crate) async fn pause(&self, time: std::time::Duration) {
        self.0.transport.pause(time).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn rng(&self) -> StdRng {
        self.0.random.fork()
    }

    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        self.0.random.bytes()
    }

    pub(crate) fn stretching(&self) -> KeyStretching {
        self.0.stretching
    }
}
