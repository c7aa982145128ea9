//! Commands about one's account: sign-up, login, logout, recovery, password, who am I.

use crate::{
    arguments::{Login, NewPassword, Recover, SignUp},
    failure::Failure,
    output::Output,
    qr, secret_input,
    session::{Opened, Session},
};
use pryv_sdk::{Account, Password, RecoveryPhrase};
use serde_json::json;

/// `pryv sign-up`.
pub(super) async fn sign_up(session: &Session, sign_up: &SignUp, output: &mut Output) -> Result<(), Failure> {
    let (client, server) = session.client()?;
    session.is_free_for(&sign_up.username)?;
    let password = password(&secret_input::new_password(&sign_up.password)?);
    let signed_up = client.sign_up(&sign_up.username, &password).await?;
    let account = &signed_up.account;
    // First of all: the account exists, and this is the only time that its phrase is shown.
    let words = signed_up.phrase.words();
    output.result(
        &json!({
            "username": account.username(),
            "id": account.id(),
            "fingerprint": account.fingerprint().to_string(),
            "server": server,
            "recovery_phrase": *words,
        }),
        || {
            format!(
                "Account `{}` is made at {server}.\nFingerprint: {}\n\nRecovery phrase:\n\n{}\n\
                 Write these 24 words on paper now and keep the paper where you keep your passport. They are not shown again.\n\
                 Whoever has them has your data; without them and without the password, nobody can open it any more,\n\
                 the operator of the server included.",
                account.username(),
                account.fingerprint(),
                numbered(&words),
            )
        },
    )?;
    session.keep_new(account, &server)?;
    if let Err(missing) = &signed_up.defaults {
        output.remark(&format!(
            "The streams and events of the account are not made yet ({missing}); their first use makes them."
        ))?;
    }
    Ok(())
}

/// The words of a phrase, numbered, four in a row.
fn numbered(words: &str) -> String {
    let words: Vec<_> = words.split_whitespace().collect();
    let mut lines = String::new();
    for (row, four) in words.chunks(4).enumerate() {
        let cells = four.iter().enumerate().map(|(at, word)| format!("{:>2} {word:<10}", row * 4 + at + 1));
        let line = cells.collect::<Vec<_>>().join("  ");
        lines.push_str("  ");
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// `pryv login`.
pub(super) async fn login(session: &Session, login: &Login, output: &mut Output) -> Result<(), Failure> {
    let (client, server) = session.client()?;
    session.is_free_for(&login.username)?;
    let password = password(&secret_input::password(&login.password, "Password: ")?);
    let account = client.log_in(&login.username, &password).await?;
    session.keep_new(&account, &server)?;
    signed_in(&account, &server, output)
}

/// `pryv recover`.
pub(super) async fn recover(
    session: &Session,
    recover: &Recover,
    output: &mut Output,
) -> Result<(), Failure> {
    let (client, server) = session.client()?;
    session.is_free_for(&recover.username)?;
    let phrase = secret_input::phrase(recover.phrase_file.as_deref())?;
    let phrase = RecoveryPhrase::parse(&phrase).map_err(|error| {
        Failure::new("invalid-phrase", "this is not a recovery phrase")
            .because(&error)
            .next("type the 24 words in their order, with spaces between them")
    })?;
    let password = password(&secret_input::new_password(&recover.password)?);
    let account = client.recover(&recover.username, &phrase, &password).await?;
    session.keep_new(&account, &server)?;
    output.remark("The account is open again and has the new password.")?;
    signed_in(&account, &server, output)
}

fn signed_in(account: &Account, server: &str, output: &mut Output) -> Result<(), Failure> {
    let value = json!({
        "username": account.username(),
        "id": account.id(),
        "fingerprint": account.fingerprint().to_string(),
        "server": server,
    });
    output.result(&value, || {
        format!("Logged in as `{}` at {server}.\nFingerprint: {}", account.username(), account.fingerprint())
    })
}

/// `pryv logout`.
pub(super) async fn logout(session: &Session, output: &mut Output) -> Result<(), Failure> {
    let opened = session.open()?;
    let ended = opened.account.log_out().await;
    // Forgotten here whatever the server says: that is what was asked for.
    session.forget()?;
    if let Err(error) = ended {
        return Err(Failure::from(error).next(
            "the session is forgotten on this machine; on the server it ends by itself, or by `pryv login` and `pryv password`",
        ));
    }
    output.result(&json!({ "logged_out": opened.account.username() }), || "Logged out.".to_owned())
}

/// `pryv password`.
pub(super) async fn change_password(
    account: &Account,
    change: &NewPassword,
    output: &mut Output,
) -> Result<(), Failure> {
    let present = password(&secret_input::present_password(change.present_password_file.as_deref())?);
    let new = password(&secret_input::new_password(&change.password)?);
    account.change_password(&present, &new).await?;
    output.result(&json!({ "password_changed": account.username() }), || {
        "The password is changed; the recovery phrase stays the same. Other sessions have ended, and a machine that keeps\n\
         its session file can open a new one by its keys: to keep one out, `pryv logout` there, or remove the file."
            .to_owned()
    })
}

/// `pryv whoami`.
pub(super) fn whoami(session: &Session, opened: &Opened, output: &mut Output) -> Result<(), Failure> {
    let (account, server) = (&opened.account, &opened.server);
    let value = json!({
        "username": account.username(),
        "id": account.id(),
        "pryv_uri": account.uri().to_string(),
        "fingerprint": account.fingerprint().to_string(),
        "words": account.fingerprint().words(),
        "qr": account.fingerprint().qr_text(),
        "server": server,
        "profile": session.profile(),
    });
    let drawn = qr::drawn(&account.fingerprint().qr_text())?;
    output.result(&value, || {
        format!(
            "{} at {server} (profile `{}`)\nFingerprint: {}\n   in words: {}\n{drawn}\nRead it to whoever grants you access: it proves that the keys are yours.",
            account.username(),
            session.profile(),
            account.fingerprint(),
            account.fingerprint().words(),
        )
    })
}

fn password(text: &zeroize::Zeroizing<String>) -> Password {
    Password::new(text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_phrase_are_numbered() {
        let phrase = (1..=24).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
        let text = numbered(&phrase);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "   1 word1        2 word2        3 word3        4 word4");
        assert!(lines[5].ends_with("24 word24"));
    }
}
