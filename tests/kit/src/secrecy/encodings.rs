//! The forms in which a secret could leak.

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};
use sha2::{Digest, Sha256};

/// Every form of `secret`, with its name.
pub(super) fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("raw", secret.to_vec()),
        ("upper case", secret.to_ascii_uppercase()),
        ("hex", HEXLOWER.encode(secret).into_bytes()),
        ("hex, upper case", HEXUPPER.encode(secret).into_bytes()),
        ("UTF-16, little end first", secret.iter().flat_map(|&byte| [byte, 0]).collect()),
        ("UTF-16, big end first", secret.iter().flat_map(|&byte| [0, byte]).collect()),
        ("printed as a list", listed(secret, ", ")),
        ("a JSON list", listed(secret, ",")),
        // A hash without a key is a leak as well: whoever guesses the value recognises it.
        ("SHA-256", Sha256::digest(secret)[..16].to_vec()),
        ("SHA-256 in hex", HEXLOWER.encode(&Sha256::digest(secret)[..16]).into_bytes()),
    ];
    // Inside of something longer, a secret begins at any bit of a character.
    for shift in 0..3 {
        forms.push(("base64", aligned(&BASE64_NOPAD, 6, shift, secret)));
        forms.push(("base64url", aligned(&BASE64URL_NOPAD, 6, shift, secret)));
    }
    for shift in 0..5 {
        let upper = aligned(&BASE32_NOPAD, 5, shift, secret);
        forms.push(("base32, lower case", upper.to_ascii_lowercase()));
        forms.push(("base32", upper));
    }
    forms.sort();
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

/// The characters that only `secret` decides, when `shift` bytes stand before it and anything behind.
fn aligned(encoding: &Encoding, bits: usize, shift: usize, secret: &[u8]) -> Vec<u8> {
    let padded = [&vec![0; shift], secret].concat();
    let text = encoding.encode(&padded).into_bytes();
    let from = (8 * shift).div_ceil(bits);
    let to = 8 * padded.len() / bits;
    text[from..to].to_vec()
}

fn listed(secret: &[u8], between: &str) -> Vec<u8> {
    let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
    numbers.join(between).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_at_any_place_of_an_encoded_text() {
        let secret = b"qwertzuiopasdfgh";
        let contains = |text: &[u8]| {
            forms(secret).iter().any(|(_, form)| text.windows(form.len()).any(|window| window == form))
        };
        for before in 0..8 {
            let text = [&vec![0xA5; before][..], secret, b"behind"].concat();
            for encoding in [BASE64_NOPAD, BASE64URL_NOPAD, BASE32_NOPAD, HEXLOWER, HEXUPPER] {
                assert!(contains(encoding.encode(&text).as_bytes()), "{before} bytes before");
            }
            assert!(contains(BASE32_NOPAD.encode(&text).to_ascii_lowercase().as_bytes()));
            assert!(contains(format!("{text:?}").as_bytes()));
        }
        let wide: Vec<u8> = "qwertzuiopasdfgh".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(contains(&wide));
        assert!(!contains(b"qwertzuiopasdfg and not the last letter"));
    }
}
