//! Texts as indexes see them: folded, so that neither case nor the form of accents matters.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;

/// A text in lower case and Unicode normalisation form C. `e` and `é` stay different letters.
#[must_use]
pub fn fold(text: &str) -> String {
    // Lower case may take a text out of its form: it is brought back.
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// The words of a text, folded, each one once: runs of letters, digits and combining marks.
#[must_use]
pub fn words(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let apart = |character: char| {
        !(character.is_alphanumeric() || unicode_normalization::char::is_combining_mark(character))
    };
    folded.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The beginnings of a text, folded, of one to `max` characters.
pub(super) fn beginnings(text: &str, max: u8) -> Vec<String> {
    let folded = fold(text);
    let ends = folded.char_indices().map(|(at, character)| at + character.len_utf8()).take(usize::from(max));
    ends.filter_map(|end| folded.get(..end)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_whatever_their_case() {
        let found = words("Chest PAIN, since 2019: chest-pain; douleur à l'Épaule (cafe\u{301})");
        let expected = ["2019", "café", "chest", "douleur", "l", "pain", "since", "à", "épaule"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        assert_eq!(words(" ,;- "), BTreeSet::new());
        assert_eq!(words("हिन्दी").len(), 1, "vowel signs are parts of a word");
    }

    #[test]
    fn beginnings_count_characters() {
        assert_eq!(beginnings("Éa", 8), ["é", "éa"]);
        assert_eq!(beginnings("abc", 2), ["a", "ab"]);
        assert_eq!(beginnings("", 2), Vec::<String>::new());
    }

    #[test]
    fn folding_is_done_after_one_pass() {
        for text in ["İstanbul", "ǅ", "ΑΣ", "ﬃ", "\u{1e9e}", "A\u{30a}"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
