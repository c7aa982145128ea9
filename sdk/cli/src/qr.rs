//! QR codes, drawn with characters.

use crate::failure::Failure;
use qrcode::{QrCode, render::unicode};

/// A text as a QR code, two rows of it in each line.
pub(crate) fn drawn(text: &str) -> Result<String, Failure> {
    let code = QrCode::new(text.as_bytes())
        .map_err(|error| Failure::new("qr-code", "the QR code could not be drawn").because(&error))?;
    Ok(code.render::<unicode::Dense1x2>().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_fits() {
        let drawn = drawn(&format!("pryv-device:1:{}", "a".repeat(200))).unwrap();
        assert!(drawn.lines().count() > 15 && drawn.lines().all(|line| line.chars().count() < 80));
    }
}
