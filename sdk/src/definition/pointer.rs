//! JSON pointers (RFC 6901).

use serde_json::Value;

/// Whether a text is a JSON pointer to something inside a value: `~` only as `~0` or `~1`.
pub(crate) fn is_pointer(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    let mut after_tilde = false;
    for c in rest.chars() {
        match (after_tilde, c) {
            (true, '0' | '1') => after_tilde = false,
            (true, _) => return false,
            (false, '~') => after_tilde = true,
            (false, _) => {}
        }
    }
    !after_tilde
}

/// The value that a pointer names, if there is one.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.pointer(pointer)
}

/// The parts of a pointer, unescaped.
pub(crate) fn parts(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"))
}
