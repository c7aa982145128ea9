//! What a server had in its hands: files, logs, pages, bodies.

use std::{fs, path::Path};

/// What a compressed file begins with. The scanner could not look inside, so that there must be none.
const COMPRESSED: [(&str, &[u8]); 6] = [
    ("gzip", &[0x1F, 0x8B, 0x08]),
    ("zstd", &[0x28, 0xB5, 0x2F, 0xFD]),
    ("xz", &[0xFD, b'7', b'z', b'X', b'Z', 0]),
    ("bzip2", b"BZh"),
    ("lz4", &[0x04, 0x22, 0x4D, 0x18]),
    ("zip", &[b'P', b'K', 3, 4]),
];

/// One thing to look into.
#[derive(Debug)]
pub struct Item {
    /// Which sort of thing it is, such as `files`.
    pub sort: &'static str,
    /// Where it was found.
    pub place: String,
    /// Whether it is the body of a request or an answer.
    pub body: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Everything that a server had in its hands.
#[derive(Debug, Default)]
pub struct Evidence {
    items: Vec<Item>,
}

impl Evidence {
    /// Adds every file of a folder.
    ///
    /// # Panics
    ///
    /// If a file cannot be read, or is compressed.
    pub fn tree(&mut self, sort: &'static str, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                self.tree(sort, &path);
            } else if path.is_file() {
                let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                self.add(sort, path.display().to_string(), false, bytes);
            }
        }
    }

    /// Adds a page or a log.
    pub fn bytes(&mut self, sort: &'static str, place: impl Into<String>, bytes: Vec<u8>) {
        self.add(sort, place.into(), false, bytes);
    }

    /// Adds the body of a request or an answer.
    pub fn body(&mut self, place: impl Into<String>, bytes: Vec<u8>) {
        self.add("bodies", place.into(), true, bytes);
    }

    fn add(&mut self, sort: &'static str, place: String, body: bool, bytes: Vec<u8>) {
        for (name, magic) in COMPRESSED {
            assert!(
                !bytes.starts_with(magic),
                "{place} is compressed ({name}): nothing could be found in it"
            );
        }
        self.items.push(Item { sort, place, body, bytes });
    }

    /// What there is.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many bytes there are of one sort.
    #[must_use]
    pub fn size(&self, sort: &str) -> usize {
        self.items.iter().filter(|item| item.sort == sort).map(|item| item.bytes.len()).sum()
    }
}
