{
let client = Client::connect(server)?;
let ada = client.sign_up("ada", &Password::new("four words are enough")).await?;
println!("write this down: {}", *ada.phrase.words());
let bob = client.sign_up("dr-bob", &Password::new("his own four words")).await?.account;

// A collection: a JSON Schema, and beside it what can be asked for.
let schema = json!({
    "type": "object", "required": ["at", "bpm"],
    "properties": { "at": { "type": "string" }, "bpm": { "type": "number", "minimum": 20 },
                    "device": { "type": "string" } },
});
let definition = Definition::new("https://example.org/heart-rate", "Heart rate", "heart-rate", schema);
let rates = ada.account.define(definition.equality("/device")).await?;
rates.create(json!({ "at": "2026-11-22T09:00:00Z", "bpm": 62, "device": "watch-7" })).await?;

// Grant it; compare the fingerprint with Bob by another way first.
let contact = ada.account.find("dr-bob").await?;
println!("Bob's fingerprint: {}", contact.fingerprint());
let access = ada.account.grant(Grant::to(&contact).on(&rates, Level::Read).name("For Dr Bob")).await?;

// Bob reads it as Ada does, and no longer once she revokes.
let shared = bob.received().await?.remove(0).collections().await?.remove(0);
let found = shared.query().eq("/device", "watch-7").all::<Value>(&mut Silent).await?;
println!("{}", found.records[0].data);
println!("{}", ada.account.revoke(access.id).await?);
}
