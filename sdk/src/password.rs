//! Passwords, and which ones are accepted where one is set.

use std::fmt;
use zeroize::Zeroizing;

/// The fewest characters of a password.
pub const MIN_LENGTH: usize = 8;

/// The most characters of a password.
pub const MAX_LENGTH: usize = 1_024;

/// A password. Wiped when dropped, never printed.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password. It is judged where it is set, not where it is used: an old one must always log in.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(Zeroizing::new(password.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Judges a password that is about to be set. Length is what counts; rules on kinds of characters make people write
    /// passwords down (NIST SP 800-63B, 3.1.1.2).
    ///
    /// # Errors
    ///
    /// See [`WeakPassword`].
    pub fn judge(&self, username: &str) -> Result<(), WeakPassword> {
        let length = self.0.chars().count();
        if length < MIN_LENGTH {
            return Err(WeakPassword::TooShort);
        }
        if length > MAX_LENGTH {
            return Err(WeakPassword::TooLong);
        }
        if self.0.to_lowercase().contains(username) && length < username.len() + MIN_LENGTH {
            return Err(WeakPassword::ContainsUsername);
        }
        let mut characters: Vec<char> = self.0.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        if characters.len() < 4 {
            return Err(WeakPassword::TooRepetitive);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakPassword {
    /// It is too short.
    #[error("the password has fewer than {MIN_LENGTH} characters; four or five words make a good one")]
    TooShort,
    /// It is too long.
    #[error("the password has more than {MAX_LENGTH} characters")]
    TooLong,
    /// It is little more than the username.
    #[error("the password is little more than the username")]
    ContainsUsername,
    /// It has fewer than four different characters.
    #[error("the password has fewer than four different characters")]
    TooRepetitive,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_named_and_none_is_printed() {
        let judge = |text: &str| Password::new(text).judge("ada");
        assert_eq!(judge("seven77"), Err(WeakPassword::TooShort));
        assert_eq!(judge("abababababab"), Err(WeakPassword::TooRepetitive));
        assert_eq!(judge("Ada12345"), Err(WeakPassword::ContainsUsername));
        assert_eq!(judge(&"x".repeat(1_025)), Err(WeakPassword::TooLong));
        for good in ["correct horse", "ada and a long tail of words", "päßwörter"] {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
        assert_eq!(format!("{:?}", Password::new("correct horse")), "Password(..)");
    }
}
