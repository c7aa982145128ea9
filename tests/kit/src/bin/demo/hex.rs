//! Bytes as people look at them: offset, hexadecimal, and the characters among them.

/// The first `most` bytes, sixteen on a line.
pub(crate) fn dump(bytes: &[u8], most: usize) -> String {
    let mut text = String::new();
    for (line, sixteen) in bytes.get(..most.min(bytes.len())).unwrap_or_default().chunks(16).enumerate() {
        let hex: Vec<_> = sixteen.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain: String = sixteen
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' })
            .collect();
        text.push_str(&format!("{:04x}  {:<47}  {plain}\n", line * 16, hex.join(" ")));
    }
    if let Some(more) = bytes.len().checked_sub(most).filter(|more| *more > 0) {
        text.push_str(&format!("      … and {more} bytes more\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_in_lines_of_sixteen() {
        let text = dump(b"0123456789abcdef\x00\xffgh", 18);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef");
        assert_eq!(lines[1], format!("0010  {:<47}  ..", "00 ff"));
        assert_eq!(lines[2], "      … and 2 bytes more");
    }
}
