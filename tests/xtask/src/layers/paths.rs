//! The paths a Rust source names: `use` trees spread out, and paths in code. Comments, literals and what is
//! compiled for tests only are left out.

use std::iter::Peekable;
use std::slice;

/// A path such as `crate::store::Store`, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
}

/// All paths of two segments or more in `source`, and every import.
pub(super) fn paths(source: &str) -> Vec<Path> {
    let tokens = without_tests(&tokens(source));
    let mut found = Vec::new();
    let mut rest = tokens.iter().peekable();
    let mut before: Option<&Token> = None;
    while let Some(Placed { token, line }) = rest.next() {
        match token {
            Token::Name(name) if name == "use" => {
                use_tree(&mut rest, *line, &[], &mut found);
                before = None;
            }
            // A name after `::` belongs to a path that is already read, or to `<T as X>::name`.
            Token::Name(name) if !matches!(before, Some(Token::PathSep)) => {
                let mut segments = vec![name.clone()];
                let mut last = token;
                while let Some(Placed { token, .. }) = rest.next_if(|next| {
                    matches!(next.token, Token::Name(_) | Token::PathSep) && {
                        // Names and separators alternate: `as Name` is not a path.
                        matches!(next.token, Token::PathSep) != matches!(last, Token::PathSep)
                    }
                }) {
                    if let Token::Name(name) = token {
                        segments.push(name.clone());
                    }
                    last = token;
                }
                if segments.len() > 1 {
                    found.push(Path { line: *line, segments });
                }
                before = Some(last);
            }
            // `::axum::Router` starts at the root: what follows the leading separator is a path of its own.
            Token::PathSep if !matches!(before, Some(Token::Name(_) | Token::Mark('>'))) => before = None,
            token => before = Some(token),
        }
    }
    found
}

type Stream<'a> = Peekable<slice::Iter<'a, Placed>>;

/// Reads one branch of a `use` tree that grows from `stem`.
fn use_tree(rest: &mut Stream<'_>, line: usize, stem: &[String], found: &mut Vec<Path>) {
    let mut segments = stem.to_vec();
    while let Some(Placed { token, .. }) = rest.peek().copied() {
        match token {
            Token::Name(name) if name == "as" => {
                rest.next();
            }
            Token::Name(name) => segments.push(name.clone()),
            Token::PathSep | Token::Mark('*') => {}
            Token::Mark('{') => {
                rest.next();
                loop {
                    use_tree(rest, line, &segments, found);
                    if rest.next_if(|next| next.token == Token::Mark(',')).is_none() {
                        break;
                    }
                }
                rest.next_if(|next| next.token == Token::Mark('}'));
                return;
            }
            Token::Mark(_) => break,
        }
        rest.next();
    }
    if segments.len() > stem.len() {
        found.push(Path { line, segments });
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    PathSep,
    Mark(char),
}

#[derive(Debug, Clone)]
struct Placed {
    token: Token,
    line: usize,
}

/// `tokens` without the items under `#[cfg(test)]`.
fn without_tests(tokens: &[Placed]) -> Vec<Placed> {
    let name = |text: &str| Token::Name(text.to_owned());
    let attribute = [
        Token::Mark('#'),
        Token::Mark('['),
        name("cfg"),
        Token::Mark('('),
        name("test"),
        Token::Mark(')'),
        Token::Mark(']'),
    ];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let here = rest.iter().map(|placed| &placed.token).take(attribute.len());
        if here.eq(attribute.iter()) {
            let item = rest.get(attribute.len()..).unwrap_or_default();
            rest = item.get(item_length(item)..).unwrap_or_default();
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    kept
}

/// How many tokens the item at the start of `tokens` has: to its `;`, or to the brace that closes its body.
fn item_length(tokens: &[Placed]) -> usize {
    let mut depth = 0_usize;
    for (index, placed) in tokens.iter().enumerate() {
        match placed.token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(close @ (')' | ']' | '}')) => {
                depth = depth.saturating_sub(1);
                if depth == 0 && close == '}' {
                    return index + 1;
                }
            }
            Token::Mark(';') if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn tokens(source: &str) -> Vec<Placed> {
    let mut scanner = Scanner { characters: source.chars().collect(), at: 0, line: 1 };
    let mut found = Vec::new();
    while let Some(next) = scanner.peek(0) {
        let line = scanner.line;
        let token = match (next, scanner.peek(1)) {
            ('/', Some('/')) => {
                scanner.skip_until(|scanner| scanner.peek(0) == Some('\n'));
                None
            }
            ('/', Some('*')) => {
                scanner.skip_block_comment();
                None
            }
            ('"', _) => {
                scanner.skip_string();
                None
            }
            ('\'', after) => {
                scanner.skip_quote(after);
                None
            }
            (':', Some(':')) => {
                scanner.skip(2);
                Some(Token::PathSep)
            }
            _ if is_word(next) => scanner.word(),
            _ => {
                scanner.skip(1);
                (!next.is_whitespace()).then_some(Token::Mark(next))
            }
        };
        found.extend(token.map(|token| Placed { token, line }));
    }
    found
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

struct Scanner {
    characters: Vec<char>,
    at: usize,
    line: usize,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn skip_until(&mut self, stop: impl Fn(&Self) -> bool) {
        while self.peek(0).is_some() && !stop(self) {
            self.skip(1);
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return,
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.skip(1),
            }
        }
    }

    fn skip_string(&mut self) {
        self.skip(1);
        loop {
            match self.peek(0) {
                None => return,
                Some('\\') => self.skip(2),
                Some('"') => return self.skip(1),
                Some(_) => self.skip(1),
            }
        }
    }

    /// Skips a character literal, or the quote of a lifetime.
    fn skip_quote(&mut self, after: Option<char>) {
        if after == Some('\\') {
            self.skip(3);
            self.skip_until(|scanner| scanner.peek(0) == Some('\''));
            self.skip(1);
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.skip(1);
        }
    }

    /// Reads a name; a prefix of a string literal takes the literal with it and gives nothing.
    fn word(&mut self) -> Option<Token> {
        let start = self.at;
        self.skip_until(|scanner| !scanner.peek(0).is_some_and(is_word));
        let name: String = self.characters.get(start..self.at)?.iter().collect();
        match (name.as_str(), self.peek(0)) {
            ("b" | "c", Some('"')) => {
                self.skip_string();
                None
            }
            ("r" | "br" | "cr", Some('"' | '#')) => {
                let hashes = self.characters.iter().skip(self.at).take_while(|next| **next == '#').count();
                if self.peek(hashes) == Some('"') {
                    self.skip_raw_string(hashes);
                } else {
                    // `r#name`: the name follows.
                    self.skip(1);
                }
                None
            }
            _ => Some(Token::Name(name)),
        }
    }

    fn skip_raw_string(&mut self, hashes: usize) {
        self.skip(hashes + 1);
        self.skip_until(|scanner| {
            scanner.peek(0) == Some('"') && (1..=hashes).all(|ahead| scanner.peek(ahead) == Some('#'))
        });
        self.skip(hashes + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::paths;

    fn found(source: &str) -> Vec<String> {
        paths(source).into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn imports_are_spread_out() {
        assert_eq!(
            found("use crate::{service::{self, Service as S}, store};\npub(crate) use axum::*;\nuse serde;"),
            ["crate::service::self", "crate::service::Service", "crate::store", "axum", "serde"]
        );
    }

    #[test]
    fn paths_in_code_are_found_with_their_line() {
        let source = "fn f() {\n    let a = crate::store::open::<u8>(x as y::Z);\n    ::http::get();\n}";
        let paths = paths(source);
        let shown: Vec<_> = paths.iter().map(|path| (path.line, path.segments.join("::"))).collect();
        assert_eq!(
            shown,
            [(2, "crate::store::open".to_owned()), (2, "y::Z".to_owned()), (3, "http::get".to_owned())]
        );
    }

    #[test]
    fn visibility_and_attributes_count() {
        assert_eq!(found("pub(in crate::store) fn f() {}"), ["crate::store"]);
        assert_eq!(found("#[axum::debug_handler] fn f() {}"), ["axum::debug_handler"]);
    }

    #[test]
    fn comments_and_literals_do_not() {
        let source = r##"
            // crate::store
            /* crate::store /* nested */ crate::store */
            /// [`crate::store`]
            const A: &str = "crate::store \" crate::store";
            const B: &str = r#"crate::store " crate::store"#;
            const C: &[u8] = b"crate::store";
            const D: char = '"'; const E: char = '\''; const F: &'static str = "";
            use real::path;
        "##;
        assert_eq!(found(source), ["real::path"]);
    }

    #[test]
    fn what_is_for_tests_does_not() {
        let source = "#[cfg(test)]\nmod tests { use crate::store; fn f() { crate::store::x() } }\n\
                      #[cfg(test)]\n#[path = \"x\"]\nmod more;\n#[cfg(test)]\nuse crate::store::{A, B};\n\
                      use after::all;";
        assert_eq!(found(source), ["after::all"]);
    }

    #[test]
    fn odd_sources_end() {
        for source in
            ["use {", "use a::{b, {", "/* ", "\"", "r#\"", "'\\", "#[cfg(test)]", "::", "use", "a::"]
        {
            let _ = paths(source);
        }
    }
}
