//! Fingerprints: eight words that two people compare.
//!
//! ```text
//! words = the first 88 bits of the principal id, 11 bits a word, from the English list of BIP 39
//! ```
//!
//! 88 bits: to make a principal whose words are those of a given one takes 2^88 key pairs. There is no shortcut for two that
//! are alike, of which neither is given: nobody compares those.

use bip39::Language;
use pryv_wire::PrincipalId;

/// How many words there are.
pub const WORDS: usize = 8;

/// How many bits of the principal id they show.
pub const BITS: usize = WORDS * 11;

/// The words of a principal.
#[must_use]
pub fn words(principal: PrincipalId) -> Vec<&'static str> {
    let bytes = principal.as_bytes();
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let index =
        |word: usize| (word * 11..(word + 1) * 11).fold(0_usize, |all, at| all << 1 | usize::from(bit(at)));
    (0..WORDS).filter_map(|word| Language::English.word_list().get(index(word)).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_eleven_bits_each_in_the_order_of_the_list() {
        let zero = words(PrincipalId::from_bytes([0; 32]));
        assert_eq!(zero, ["abandon"; 8]);
        assert_eq!(words(PrincipalId::from_bytes([0xff; 32])), ["zoo"; 8]);
        let mut id = [0; 32];
        id[1] = 0b0010_0000;
        assert_eq!(
            words(PrincipalId::from_bytes(id))[..2],
            ["ability", "abandon"],
            "the last bit of the first word"
        );
        id[1] = 0b0001_0000;
        assert_eq!(
            words(PrincipalId::from_bytes(id))[..2],
            ["abandon", "length"],
            "the first bit of the second"
        );
        id = [0; 32];
        id[11] = 0xff;
        assert_eq!(words(PrincipalId::from_bytes(id)), zero, "behind the last word");
    }

    #[test]
    fn they_are_the_first_words_of_the_phrase_of_the_same_bytes() {
        let id: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 37 % 256).unwrap());
        let phrase = bip39::Mnemonic::from_entropy_in(Language::English, &id).unwrap();
        let expected: Vec<_> = phrase.words().take(WORDS).collect();
        assert_eq!(words(PrincipalId::from_bytes(id)), expected);
    }
}
