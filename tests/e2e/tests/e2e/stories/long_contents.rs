//! Long contents by a cipher of the platform, as browsers have one: others read what it wrote, and it reads what others wrote.

use crate::fixture::{Note, grant, note, plain_notes, topic};
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use async_trait::async_trait;
use pryv_sdk::{
    Client, Level, Silent,
    cipher::{ContentCipher, LongContent},
};
use pryv_test_kit::{World, light::CHEAP};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use zeroize::Zeroizing;

/// Does what it is asked to, by promises, or nothing; counts.
#[derive(Debug, Default)]
struct Platform {
    sealed: AtomicUsize,
    opened: AtomicUsize,
    refuses: bool,
}

#[async_trait]
impl ContentCipher for Platform {
    async fn seal(&self, content: LongContent<'_>) -> Option<Vec<u8>> {
        self.sealed.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        let payload = Payload { msg: content.message, aad: content.aad };
        Aes256Gcm::new(content.key.into())
            .encrypt(content.nonce.into(), payload)
            .ok()
            .filter(|_| !self.refuses)
    }

    async fn open(&self, content: LongContent<'_>) -> Option<Zeroizing<Vec<u8>>> {
        self.opened.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        let payload = Payload { msg: content.message, aad: content.aad };
        let opened = Aes256Gcm::new(content.key.into()).decrypt(content.nonce.into(), payload).ok();
        opened.filter(|_| !self.refuses).map(Zeroizing::new)
    }
}

fn client(world: &World, platform: &Arc<Platform>) -> Client {
    let builder = Client::builder(world.transport()).clock(Arc::new(world.clock.clone())).stretching(CHEAP);
    builder.content_cipher(Arc::<Platform>::clone(platform)).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_encrypts_others_read_and_the_other_way_round() {
    let world = World::start().await;
    let platform = Arc::new(Platform::default());
    let ada = world.user_of(&client(&world, &platform), "ada").await;
    let bob = world.user("bob").await;
    let notes = ada.account.define(plain_notes(&world)).await.unwrap();
    let counted = || (platform.sealed.load(Relaxed), platform.opened.load(Relaxed));
    assert_eq!(counted(), (0, 0), "what an account has for itself is short");

    let short = note(&world, &topic(&world));
    let long = Note { text: format!("{} {}", short.text, "long ".repeat(4_000)), ..short.clone() };
    notes.create(&short).await.unwrap();
    notes.create_many([&long, &short, &long], &mut Silent).await.unwrap();
    assert_eq!(counted(), (2, 0));

    grant(&world, &ada, &bob, &notes, Level::Contribute).await;
    let shared = bob.account.received().await.unwrap().remove(0).open(notes.scope()).await.unwrap();
    let read = shared.query().all::<Note>(&mut Silent).await.unwrap();
    let read: Vec<Note> = read.records.into_iter().map(|record| record.data).collect();
    assert_eq!(read, [short.clone(), long.clone(), short, long.clone()]);
    let bobs = shared.create(&long).await.unwrap();
    assert_eq!(counted(), (2, 0), "Bob has no such platform");
    let again = notes.get::<Note>(bobs.id).await.unwrap();
    assert_eq!((again.data, counted()), (long.clone(), (2, 1)));

    // One that refuses is done without.
    let refusing = Arc::new(Platform { refuses: true, ..Platform::default() });
    let account = client(&world, &refusing).log_in("ada", &ada.password()).await.unwrap();
    let notes = account.collection(&notes.definition().uri).await.unwrap();
    let written = notes.create(&long).await.unwrap();
    assert_eq!(notes.get::<Note>(written.id).await.unwrap().data, long);
    assert_eq!((refusing.sealed.load(Relaxed), refusing.opened.load(Relaxed)), (1, 1));
    assert_eq!(shared.get::<Note>(written.id).await.unwrap().data, long);
    world.close().await;
}
