//! Twins: two runs of one script that differ only in what the server must not learn leave it with states that are equal
//! up to random bytes.
//!
//! The canary finds a secret that stands somewhere; a twin finds one that *shows*: in a length, in the number of rows, in
//! which of two opaque values are the same, in who is asked what after whom. Ids, keys, signatures, ciphertexts and tokens
//! are random, so that no two runs have the same; what must be the same is everything else:
//!
//! - the calls in their order, the size of each request and each answer, every number and text in them;
//! - the length of each opaque value, and *where it occurs again*, in messages and in rows;
//! - the rows of each table: how many, their keys and values by length and by which known values they hold.
//!
//! Which opaque value of one run belongs to which of the other is not known beforehand, and lists may be sorted by random
//! bytes. So values are coloured by all their occurrences, a few rounds long, as graphs are compared; states whose
//! colours differ are no twins.

use crate::transport::Exchange;
use ciborium::Value;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Everything that a server was told, said and keeps.
#[derive(Debug)]
pub struct ServerState {
    /// What travelled, in order.
    pub exchanges: Vec<Exchange>,
    /// The rows of its store: key, value.
    pub rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Byte strings from this length on are opaque values; shorter ones are taken as they are.
const OPAQUE: usize = 9;

/// How often colours are refined: an id in a row reaches a ciphertext in a message over fewer steps.
const ROUNDS: usize = 5;

/// The fields that hold encoded messages.
const NESTED: [&str; 7] = ["record", "records", "definition", "body", "envelope", "moved", "placement"];

/// In what two states differ; nothing if they are twins.
#[must_use]
pub fn differences(one: &ServerState, other: &ServerState) -> Vec<String> {
    let (one, other) = (Side::of(one), Side::of(other));
    let mut found = Vec::new();
    let (left, right) = (one.messages.len(), other.messages.len());
    if left != right {
        found.push(format!("{left} and {right} calls and rows"));
    }
    let (left, right) = (one.signature(), other.signature());
    for (group, (hashes, shown)) in &left {
        match right.get(group) {
            None => found.push(format!("{group}: in one run only")),
            Some((others, _)) if hashes == others => {}
            Some((others, shown_there)) => {
                let differ = |mine: &[u64], theirs: &[u64], shown: &[String]| {
                    let odd = mine.iter().zip(shown).find(|(hash, _)| !theirs.contains(hash));
                    odd.map_or_else(|| "as often as not".to_owned(), |(_, shown)| shown.clone())
                };
                let (here, there) = (differ(hashes, others, shown), differ(others, hashes, shown_there));
                let kind =
                    if here == there { "equal in shape, not in which values are the same: " } else { "" };
                found.push(format!("{group}: {kind}{here}  /  {there}"));
            }
        }
    }
    found.extend(
        right
            .keys()
            .filter(|group| !left.contains_key(*group))
            .map(|group| format!("{group}: in the other run only")),
    );
    found.sort_unstable();
    found
}

/// A message or a row, with its opaque values numbered.
enum Node {
    /// An opaque value.
    Opaque(usize),
    /// Opaque, never seen whole: its length.
    Stretch(usize),
    /// Known to everybody.
    Literal(String),
    /// Parts in an order that means something.
    Sequence(Vec<Self>),
    /// Parts in an order that does not.
    Set(Vec<Self>),
}

struct Side {
    numbers: HashMap<Vec<u8>, usize>,
    colours: Vec<u64>,
    messages: Vec<(String, Node)>,
}

impl Side {
    fn of(state: &ServerState) -> Self {
        let mut side = Self { numbers: HashMap::new(), colours: Vec::new(), messages: Vec::new() };
        // Calls of one kind in a row may be in an order of ids: they are one group.
        let (mut run, mut last) = (0, "");
        for Exchange { path, request, status, answer } in &state.exchanges {
            if *path != last {
                (run, last) = (run + 1, path);
            }
            let sizes = Node::Literal(format!("{status}, {} and {} bytes", request.len(), answer.len()));
            let parts = vec![sizes, side.message(request), side.message(answer)];
            side.messages.push((format!("call {run:04} {path}"), Node::Sequence(parts)));
        }
        side.hash_tokens();
        let known = side.numbers.keys().cloned().collect::<Vec<_>>();
        let mut lengths: Vec<usize> = known.iter().map(Vec::len).filter(|length| *length <= 64).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths.reverse();
        for (key, value) in &state.rows {
            let table = key.first().copied().unwrap_or_default();
            let parts = vec![side.pieces(key, &lengths), side.value(value, &lengths)];
            side.messages.push((format!("row of table {table:02x}"), Node::Sequence(parts)));
        }
        side.colour();
        side
    }

    /// A server knows hashes of what it was told, a session's token among them.
    fn hash_tokens(&mut self) {
        let tokens: Vec<Vec<u8>> = self.numbers.keys().filter(|value| value.len() == 32).cloned().collect();
        for token in tokens {
            self.number(Sha256::digest(&token).as_slice());
        }
    }

    fn number(&mut self, value: &[u8]) -> usize {
        let next = self.numbers.len();
        let number = *self.numbers.entry(value.to_vec()).or_insert(next);
        if number == self.colours.len() {
            self.colours.push(hash(&value.len()));
        }
        number
    }

    fn message(&mut self, bytes: &[u8]) -> Node {
        match ciborium::from_reader::<Value, _>(bytes) {
            Ok(value) => self.node(&value, ""),
            Err(_) => Node::Stretch(bytes.len()),
        }
    }

    fn node(&mut self, value: &Value, field: &str) -> Node {
        match value {
            Value::Bytes(bytes) => match nested(bytes, field) {
                Some(inner) => self.node(&inner, ""),
                None if bytes.len() < OPAQUE => Node::Literal(format!("{bytes:?}")),
                None => Node::Opaque(self.number(bytes)),
            },
            Value::Array(items) if is_envelope(items) => {
                let part = |at: usize| if at == 0 || at == 1 { "placement" } else { "" };
                Node::Sequence(items.iter().enumerate().map(|(at, item)| self.node(item, part(at))).collect())
            }
            Value::Array(items) => {
                let parts = items.iter().map(|item| self.node(item, field)).collect();
                if is_list(items) { Node::Set(parts) } else { Node::Sequence(parts) }
            }
            Value::Map(entries) => {
                let mut parts: Vec<(String, Node)> = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    // Where keys are opaque values themselves, the map is a list of pairs.
                    let Value::Text(name) = key else {
                        let pairs = entries.iter().map(|(key, value)| {
                            Node::Sequence(vec![self.node(key, ""), self.node(value, "")])
                        });
                        return Node::Set(pairs.collect());
                    };
                    parts.push((name.clone(), self.node(value, name)));
                }
                parts.sort_by(|a, b| a.0.cmp(&b.0));
                let named =
                    parts.into_iter().map(|(name, part)| Node::Sequence(vec![Node::Literal(name), part]));
                Node::Sequence(named.collect())
            }
            plain => Node::Literal(format!("{plain:?}")),
        }
    }

    fn value(&mut self, bytes: &[u8], lengths: &[usize]) -> Node {
        // A record stands behind its version and kind.
        const HEAD: usize = 9;
        if let Some(inner) = nested(bytes, "body") {
            return self.node(&inner, "");
        }
        if let Some((head, record)) = bytes.split_at_checked(HEAD)
            && let Some(inner) = nested(record, "record")
        {
            return Node::Sequence(vec![Node::Literal(format!("{head:?}")), self.node(&inner, "")]);
        }
        self.pieces(bytes, lengths)
    }

    /// The known values in a row, and what stands between them.
    fn pieces(&mut self, bytes: &[u8], lengths: &[usize]) -> Node {
        let (mut parts, mut between, mut at) = (Vec::new(), 0, 0);
        while at < bytes.len() {
            let known = lengths.iter().find_map(|length| {
                let piece = bytes.get(at..at + length)?;
                self.numbers.get(piece).map(|number| (*number, *length))
            });
            if let Some((number, length)) = known {
                parts.extend(stretch(&bytes[between..at]));
                parts.push(Node::Opaque(number));
                at += length;
                between = at;
            } else {
                at += 1;
            }
        }
        parts.extend(stretch(&bytes[between..]));
        Node::Sequence(parts)
    }

    fn colour(&mut self) {
        for _ in 0..ROUNDS {
            let mut seen: Vec<Vec<u64>> = vec![Vec::new(); self.colours.len()];
            for (group, message) in &self.messages {
                let around = hash(&(group, self.hash_of(message)));
                self.visit(message, around, &mut seen);
            }
            for (colour, mut occurrences) in self.colours.iter_mut().zip(seen) {
                occurrences.sort_unstable();
                *colour = hash(&(*colour, occurrences));
            }
        }
    }

    fn hash_of(&self, node: &Node) -> u64 {
        match node {
            Node::Opaque(number) => self.colours[*number],
            Node::Stretch(length) => hash(&("stretch", length)),
            Node::Literal(text) => hash(text),
            Node::Sequence(parts) => hash(&parts.iter().map(|part| self.hash_of(part)).collect::<Vec<_>>()),
            Node::Set(parts) => {
                let mut hashes: Vec<u64> = parts.iter().map(|part| self.hash_of(part)).collect();
                hashes.sort_unstable();
                hash(&("set", hashes))
            }
        }
    }

    fn visit(&self, node: &Node, around: u64, seen: &mut [Vec<u64>]) {
        match node {
            Node::Opaque(number) => seen[*number].push(around),
            Node::Stretch(_) | Node::Literal(_) => {}
            Node::Sequence(parts) => {
                let around = hash(&(around, self.hash_of(node)));
                for (at, part) in parts.iter().enumerate() {
                    self.visit(part, hash(&(around, at)), seen);
                }
            }
            Node::Set(parts) => {
                let around = hash(&(around, self.hash_of(node)));
                parts.iter().for_each(|part| self.visit(part, around, seen));
            }
        }
    }

    /// For each group of calls or rows the hashes of what is in it, sorted, and how each looks.
    fn signature(&self) -> HashMap<String, (Vec<u64>, Vec<String>)> {
        let mut groups: HashMap<String, Vec<(u64, String)>> = HashMap::new();
        for (group, message) in &self.messages {
            groups.entry(group.clone()).or_default().push((self.hash_of(message), show(message)));
        }
        let sorted = groups.into_iter().map(|(group, mut entries)| {
            entries.sort_unstable();
            (group, entries.into_iter().unzip())
        });
        sorted.collect()
    }
}

/// A message within a message, in the fields that hold one.
fn nested(bytes: &[u8], field: &str) -> Option<Value> {
    if !NESTED.contains(&field) {
        return None;
    }
    let value: Value = ciborium::from_reader(bytes).ok()?;
    let mut again = Vec::with_capacity(bytes.len());
    ciborium::into_writer(&value, &mut again).ok()?;
    let is_message = match &value {
        Value::Map(entries) => entries.iter().all(|(key, _)| key.is_text()) && !entries.is_empty(),
        Value::Array(items) => items.len() > 1,
        _ => false,
    };
    (is_message && again == bytes).then_some(value)
}

/// Protected part, placement, ciphertext, signature; perhaps one more.
fn is_envelope(items: &[Value]) -> bool {
    let lengths = |at: usize| items.get(at).and_then(Value::as_bytes).map(Vec::len);
    (4..=5).contains(&items.len()) && (0..3).all(|at| lengths(at).is_some()) && lengths(3) == Some(64)
}

/// Whether these are values of one sort, whose order may be that of random bytes.
fn is_list(items: &[Value]) -> bool {
    let sort = |item: &Value| match item {
        Value::Bytes(bytes) => (1, bytes.len()),
        Value::Map(_) => (2, 0),
        Value::Array(_) => (3, 0),
        _ => (0, 0),
    };
    items
        .first()
        .is_some_and(|first| sort(first).0 != 0 && items.iter().all(|item| sort(item) == sort(first)))
}

fn stretch(bytes: &[u8]) -> Option<Node> {
    let plain = bytes.len() < OPAQUE || bytes.iter().all(|byte| byte.is_ascii_graphic());
    match bytes {
        [] => None,
        _ if plain => Some(Node::Literal(format!("{bytes:?}"))),
        _ => Some(Node::Stretch(bytes.len())),
    }
}

fn show(node: &Node) -> String {
    match node {
        Node::Opaque(_) => "·".to_owned(),
        Node::Stretch(length) => format!("<{length}>"),
        Node::Literal(text) => text.clone(),
        Node::Sequence(parts) => format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(" ")),
        Node::Set(parts) => {
            let mut parts: Vec<String> = parts.iter().map(show).collect();
            parts.sort_unstable();
            format!("{{{}}}", parts.join(" "))
        }
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
