//! Looks for every form of every marker at once.

use super::{
    canary::Marker,
    encodings::forms,
    evidence::{Evidence, Item},
};
use std::{collections::HashMap, fmt};

/// Everything that is looked for, by its first bytes.
#[derive(Debug)]
pub struct Scanner {
    needles: Vec<Needle>,
    /// Which first two bytes occur: passes over most of a file by one look-up a byte.
    first: Vec<bool>,
    by_start: HashMap<[u8; 4], Vec<usize>>,
    markers: usize,
}

#[derive(Debug)]
struct Needle {
    kind: String,
    encoding: &'static str,
    travels: bool,
    bytes: Vec<u8>,
}

/// A marker where it must not be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hit {
    /// What leaked.
    pub kind: String,
    /// In which form.
    pub encoding: &'static str,
    /// Into what.
    pub sort: &'static str,
    /// Where.
    pub place: String,
    /// At which byte.
    pub offset: usize,
}

/// What a scan found.
#[derive(Debug)]
pub struct Report {
    /// How many markers were looked for.
    pub markers: usize,
    /// In how many things.
    pub items: usize,
    /// In how many bytes.
    pub bytes: usize,
    /// What was found.
    pub hits: Vec<Hit>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} markers in {} things of {} bytes: {} hits",
            self.markers,
            self.items,
            self.bytes,
            self.hits.len()
        )?;
        for hit in &self.hits {
            writeln!(
                f,
                "  {} as {} in {} ({}) at byte {}",
                hit.kind, hit.encoding, hit.place, hit.sort, hit.offset
            )?;
        }
        Ok(())
    }
}

impl Scanner {
    /// A scanner for these markers.
    ///
    /// # Panics
    ///
    /// If there is none: a scan that cannot find anything proves nothing.
    #[must_use]
    pub fn new(markers: &[Marker]) -> Self {
        assert!(!markers.is_empty(), "there is nothing to look for");
        let mut scanner = Self {
            needles: Vec::new(),
            first: vec![false; 1 << 16],
            by_start: HashMap::new(),
            markers: markers.len(),
        };
        for marker in markers {
            for (encoding, bytes) in marker.pieces.iter().flat_map(|piece| forms(piece)) {
                let at = scanner.needles.len();
                scanner.first[usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))] = true;
                scanner.by_start.entry([bytes[0], bytes[1], bytes[2], bytes[3]]).or_default().push(at);
                let (kind, travels) = (marker.kind.clone(), marker.travels);
                scanner.needles.push(Needle { kind, encoding, travels, bytes });
            }
        }
        scanner
    }

    /// Looks into everything.
    #[must_use]
    pub fn scan(&self, evidence: &Evidence) -> Report {
        Report {
            markers: self.markers,
            items: evidence.items().len(),
            bytes: evidence.items().iter().map(|item| item.bytes.len()).sum(),
            hits: evidence.items().iter().flat_map(|item| self.look_into(item)).collect(),
        }
    }

    fn look_into(&self, item: &Item) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (offset, window) in item.bytes.windows(4).enumerate() {
            if !self.first[usize::from(u16::from_be_bytes([window[0], window[1]]))] {
                continue;
            }
            let Some(candidates) = self.by_start.get(window) else { continue };
            for &candidate in candidates {
                let needle = &self.needles[candidate];
                if item.bytes[offset..].starts_with(&needle.bytes) && !(item.body && needle.travels) {
                    hits.push(Hit {
                        kind: needle.kind.clone(),
                        encoding: needle.encoding,
                        sort: item.sort,
                        place: item.place.clone(),
                        offset,
                    });
                }
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrecy::Canary;

    fn scan(canary: &Canary, body: bool, bytes: Vec<u8>) -> Vec<Hit> {
        let mut evidence = Evidence::default();
        if body {
            evidence.body("here", bytes);
        } else {
            evidence.bytes("log", "here", bytes);
        }
        Scanner::new(&canary.markers()).scan(&evidence).hits
    }

    #[test]
    fn every_form_of_a_marker_is_found_and_nothing_else() {
        let canary = Canary::new(1);
        let text = canary.text("note");
        let number = canary.number("weight");
        assert_eq!(scan(&canary, false, b"nothing to see here, move along".repeat(1_000)), []);
        for (at, bytes) in [
            (3, format!("xyz{text}").into_bytes()),
            (1, [b"\x18", &text.as_bytes()[..20]].concat()),
            (0, number.to_string().into_bytes()),
            (1, [&[0x1B], &number.to_be_bytes()[..]].concat()),
        ] {
            let hits = scan(&canary, false, bytes);
            assert!(hits.iter().any(|hit| hit.offset == at), "{hits:?}");
        }
    }

    #[test]
    fn what_travels_is_a_leak_only_outside_of_bodies() {
        let canary = Canary::new(2);
        canary.plant_travelling("token", &[7; 32]);
        assert!(scan(&canary, true, vec![7; 40]).is_empty());
        assert!(!scan(&canary, false, vec![7; 40]).is_empty());
    }

    #[test]
    #[should_panic(expected = "compressed")]
    fn a_compressed_file_is_not_passed_over() {
        Evidence::default().bytes("files", "a.gz", vec![0x1F, 0x8B, 0x08, 0, 0]);
    }
}
