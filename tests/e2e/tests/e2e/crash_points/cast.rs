//! Who takes part: one whose client ends in the middle of an operation, and two others.

use pryv_sdk::{
    Account, Client, Collection, Contact, Definition, Grant, Level, Password, RecoveryPhrase, Silent,
    StoredSession,
};
use pryv_test_kit::MemoryNode;
use serde_json::{Value, json};

/// One operation that must be repeatable wherever it ended.
pub(crate) trait Step {
    /// Whether the account is there before; only a sign-up says no.
    fn needs_account(&self) -> bool {
        true
    }

    /// What must be there before.
    async fn before(&self, _stage: &Stage, _hero: &Hero, _ada: &Account) {}

    /// The operation, by a client that may end in the middle of it.
    async fn act(&self, stage: &Stage, hero: &Hero, actor: &Actor) -> Result<(), &'static str>;

    /// The errors by which a repetition says that the operation was done.
    fn done(&self) -> &'static [&'static str] {
        &[]
    }

    /// What holds after the repetition, beside what always holds.
    async fn after(&self, _stage: &Stage, _hero: &Hero, _ada: &Account) {}
}

/// The node and the others.
pub(crate) struct Stage {
    pub(crate) node: MemoryNode,
    pub(crate) bob: Other,
    pub(crate) carol: Other,
}

/// Somebody whose client does not end.
pub(crate) struct Other {
    username: String,
    session: StoredSession,
}

/// One whose client ends.
pub(crate) struct Hero {
    pub(crate) username: String,
    pub(crate) phrase: Option<String>,
}

/// A client of the hero's, signed in if there is an account.
pub(crate) struct Actor {
    pub(crate) client: Client,
    pub(crate) account: Option<Account>,
}

impl Actor {
    pub(crate) fn account(&self) -> &Account {
        self.account.as_ref().unwrap()
    }

    /// The hero's collection.
    pub(crate) async fn diary(&self) -> Result<Collection, &'static str> {
        self.account().collection(URI).await.map_err(|error| error.code())
    }
}

pub(crate) const URI: &str = "https://example.org/diary";
const PASSWORD: &str = "the password of before, long enough";
const NEW_PASSWORD: &str = "the password of afterwards, long enough";

pub(crate) fn password() -> Password {
    Password::new(PASSWORD.to_owned())
}

pub(crate) fn new_password() -> Password {
    Password::new(NEW_PASSWORD.to_owned())
}

/// A collection of notes, queried by topic.
pub(crate) fn diary() -> Definition {
    let schema = json!({
        "type": "object",
        "required": ["topic"],
        "properties": { "topic": { "type": "string" }, "number": { "type": "integer" } },
    });
    Definition::new(URI, "Diary", "note", schema).equality("/topic")
}

/// A note.
pub(crate) fn note(number: u64) -> Value {
    json!({ "topic": "sleep", "number": number })
}

/// The numbers of all notes in a collection, oldest first.
pub(crate) async fn numbers(collection: &Collection) -> Vec<u64> {
    let found = collection.query().all::<Value>(&mut Silent).await.unwrap();
    assert!(found.rejected.is_empty(), "{:?}", found.rejected);
    found.records.iter().map(|record| record.data["number"].as_u64().unwrap()).collect()
}

impl Other {
    async fn sign_up(node: &MemoryNode, username: &str) -> Self {
        let account = node.client().sign_up(username, &password()).without_defaults().await.unwrap().account;
        Self { username: username.to_owned(), session: account.export_session() }
    }

    /// This one's account, on the node as it runs now.
    pub(crate) fn account(&self, stage: &Stage) -> Account {
        let stored = serde_json::to_string(&self.session).unwrap();
        stage.node.client().resume(serde_json::from_str(&stored).unwrap()).unwrap()
    }

    /// As somebody finds this one.
    pub(crate) async fn found_by(&self, account: &Account) -> Result<Contact, &'static str> {
        account.find(&self.username).await.map_err(|error| error.code())
    }

    /// What this one reads of the hero's collections: the numbers of notes, by every access that opens.
    pub(crate) async fn reads(&self, stage: &Stage, hero: &Account) -> Vec<u64> {
        let mut all = Vec::new();
        let account = self.account(stage);
        let mut received = account.received().await.unwrap();
        for membership in account.memberships().await.unwrap() {
            received.extend(membership.received().await.unwrap_or_default());
        }
        for access in received {
            if access.access.grantor != hero.id() || access.membership().is_some() {
                continue;
            }
            for scope in &access.access.scopes {
                match access.open(scope.scope).await {
                    Ok(collection) => all.extend(numbers(&collection).await),
                    Err(refused) => assert!(
                        ["revoked", "expired", "not-yet-valid"].contains(&refused.code()),
                        "{refused:?}"
                    ),
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let node = MemoryNode::default();
        let (bob, carol) = (Other::sign_up(&node, "bob").await, Other::sign_up(&node, "carol").await);
        Self { node, bob, carol }
    }

    /// Signs a hero in, by whichever password holds.
    pub(crate) async fn log_in(&self, client: &Client, hero: &Hero) -> Result<Account, &'static str> {
        match client.log_in(&hero.username, &password()).await {
            Err(refused) if refused.code() == "wrong-credentials" => {
                client.log_in(&hero.username, &new_password()).await.map_err(|error| error.code())
            }
            other => other.map_err(|error| error.code()),
        }
    }

    /// What holds of an account wherever an operation ended.
    pub(crate) async fn assert_whole(&self, hero: &Hero) -> Account {
        let account = self.log_in(&self.node.client(), hero).await.expect("one of the passwords holds");
        account.verify_changes().await.expect("the chain of changes holds");
        for collection in account.collections().await.expect("every collection opens") {
            let found = collection.query().all::<Value>(&mut Silent).await.expect("every record is found");
            assert!(found.rejected.is_empty(), "every record opens: {:?}", found.rejected);
        }
        // Everything can go on: write, grant, read by a grantee, take back.
        let diary = match account.collection(URI).await {
            Ok(there) => there,
            Err(_) => account.define(diary()).await.expect("the collection can be had"),
        };
        diary.create(note(99)).await.expect("a note can be written");
        let carol = self.carol.found_by(&account).await.expect("Carol is found");
        let granted = account.grant(Grant::to(&carol).on(&diary, Level::Read)).await.expect("a grant");
        assert_eq!(self.carol.reads(self, &account).await, {
            let mut all = numbers(&diary).await;
            all.sort_unstable();
            all.dedup();
            all
        });
        let receipt = account.revoke(granted.id).await.expect("a revocation");
        account.verify_receipt(&receipt).await.expect("a revocation that stands");
        assert!(self.carol.reads(self, &account).await.is_empty());
        if let Some(phrase) = &hero.phrase {
            let phrase = RecoveryPhrase::parse(phrase).unwrap();
            let client = self.node.client();
            let recovered =
                client.recover(&hero.username, &phrase, &password()).await.expect("the phrase holds");
            assert_eq!(recovered.id(), account.id());
        }
        account
    }
}
