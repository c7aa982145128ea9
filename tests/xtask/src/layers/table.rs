//! The table of `ARCHITECTURE.md`: for each crate, which of ours it may use and what it must never reach.

use super::graph::Graph;

/// What one crate may depend on.
struct Row {
    krate: &'static str,
    /// Our crates it may name.
    ours: &'static [&'static str],
    /// Packages that its dependencies, and theirs in turn, must not contain.
    never: &'static [&'static [&'static str]],
}

const RUNTIMES: &[&str] = &["tokio", "async-std", "smol", "mio", "rayon"];
const WEB: &[&str] = &["axum", "axum-server", "hyper", "reqwest", "tower-http", "rustls"];
const SERVING: &[&str] = &["axum", "axum-server", "prometheus-client", "governor"];
const ENGINES: &[&str] = &["redb", "sled"];
const CURVES: &[&str] = &[
    "curve25519-dalek",
    "ed25519-dalek",
    "x25519-dalek",
    "elliptic-curve",
    "gridiron",
    "recrypt",
    "opaque-ke",
    "ring",
];
/// What seals to a key pair or turns a phrase into a secret: an opening key lives in their types.
const OPENERS: &[&str] = &["hpke", "bip39", "x25519-dalek"];
const PRIVATE_HALF: &[&str] = &["pryv-pairings", "pryv-crypto", "pryv-sdk"];
const SERVER_HALF: &[&str] = &["pryv-server", "pryv-engine"];

const TABLE: &[Row] = &[
    Row { krate: "pryv-wire", ours: &[], never: &[RUNTIMES, WEB, ENGINES, CURVES, OPENERS] },
    Row {
        krate: "pryv-proxy-crypto",
        ours: &["pryv-wire"],
        never: &[PRIVATE_HALF, RUNTIMES, WEB, ENGINES, OPENERS],
    },
    Row {
        krate: "pryv-pairings",
        ours: &["pryv-proxy-crypto"],
        never: &[SERVER_HALF, RUNTIMES, WEB, ENGINES, OPENERS],
    },
    Row {
        krate: "pryv-crypto",
        ours: &["pryv-wire", "pryv-proxy-crypto", "pryv-pairings"],
        never: &[SERVER_HALF, RUNTIMES, WEB, ENGINES],
    },
    Row { krate: "pryv-engine", ours: &[], never: &[RUNTIMES, WEB, CURVES, OPENERS] },
    Row {
        krate: "pryv-server",
        ours: &["pryv-wire", "pryv-proxy-crypto", "pryv-engine"],
        never: &[PRIVATE_HALF, OPENERS],
    },
    // Content and schemas, no keys: in browsers a module of its own.
    Row { krate: "pryv-schema", ours: &[], never: &[RUNTIMES, WEB, ENGINES, CURVES, OPENERS] },
    Row {
        krate: "pryv-sdk",
        ours: &["pryv-wire", "pryv-proxy-crypto", "pryv-crypto", "pryv-schema"],
        never: &[SERVER_HALF, SERVING, ENGINES],
    },
    Row { krate: "pryv-cli", ours: &["pryv-sdk"], never: &[SERVER_HALF, SERVING, ENGINES] },
    Row { krate: "pryv-wasm-sdk", ours: &["pryv-sdk"], never: &[SERVER_HALF, SERVING, ENGINES] },
    Row {
        krate: "pryv-wasm-schema",
        ours: &["pryv-schema"],
        never: &[PRIVATE_HALF, SERVER_HALF, SERVING, ENGINES, CURVES, OPENERS],
    },
    // Packs what the compiler made; knows the file, not the crate.
    Row { krate: "pryv-wasm-build", ours: &[], never: &[] },
];

/// Everything in `graph` that the table does not allow.
pub(super) fn check(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for (krate, folder) in &graph.members {
        let row = TABLE.iter().find(|row| row.krate == krate);
        match row {
            Some(row) => findings.extend(broken(row, graph)),
            // What is not shipped may use everything; nothing shipped may use it, as no row names it.
            None if folder.starts_with("tests") => {}
            None => findings.push(format!(
                "{krate} ({}) has no row in the table of who may depend on whom",
                folder.display()
            )),
        }
    }
    for row in TABLE.iter().filter(|row| !graph.members.contains_key(row.krate)) {
        findings.push(format!("the table has a row for {}, which is no crate of the workspace", row.krate));
    }
    findings
}

fn broken(row: &Row, graph: &Graph) -> Vec<String> {
    let strangers = graph.ours_of(row.krate).filter(|to| !row.ours.contains(to)).map(|to| {
        let may = if row.ours.is_empty() { "none of ours".to_owned() } else { row.ours.join(", ") };
        format!("{} depends on {to}; it may depend on {may}", row.krate)
    });
    let banned = row.never.iter().copied().flatten();
    let reached = banned.filter_map(|never| graph.way(row.krate, never)).map(|way| {
        let what = way.last().copied().unwrap_or_default();
        format!("{} must never reach {what}: {}", row.krate, way.join(" -> "))
    });
    strangers.chain(reached).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// The workspace as it should be, with `extra` edges on top.
    fn graph(extra: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for row in TABLE {
            graph.members.insert(row.krate.to_owned(), PathBuf::from("some/folder"));
            for to in row.ours {
                graph.needs.entry(row.krate.to_owned()).or_default().insert((*to).to_owned());
            }
        }
        graph.members.insert("pryv-test-kit".to_owned(), PathBuf::from("tests/kit"));
        for (from, to) in extra {
            graph.needs.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn the_table_allows_itself_and_tests_use_anything() {
        assert_eq!(check(&graph(&[])), [""; 0]);
        let tests = [("pryv-test-kit", "pryv-server"), ("pryv-test-kit", "pryv-crypto")];
        assert_eq!(check(&graph(&tests)), [""; 0]);
    }

    #[test]
    fn the_server_never_names_the_private_half() {
        let findings = check(&graph(&[("pryv-server", "pryv-crypto")]));
        assert_eq!(
            findings,
            [
                "pryv-server depends on pryv-crypto; it may depend on pryv-wire, pryv-proxy-crypto, pryv-engine",
                "pryv-server must never reach pryv-pairings: pryv-server -> pryv-crypto -> pryv-pairings",
                "pryv-server must never reach pryv-crypto: pryv-server -> pryv-crypto",
            ]
        );
    }

    #[test]
    fn nor_reaches_it_through_somebody_else() {
        let way = [("pryv-server", "innocent"), ("innocent", "middle"), ("middle", "hpke")];
        assert_eq!(
            check(&graph(&way)),
            ["pryv-server must never reach hpke: pryv-server -> innocent -> middle -> hpke"]
        );
    }

    #[test]
    fn what_is_shipped_does_not_use_the_tests() {
        let findings = check(&graph(&[("pryv-sdk", "pryv-test-kit")]));
        assert_eq!(
            findings,
            [
                "pryv-sdk depends on pryv-test-kit; it may depend on pryv-wire, pryv-proxy-crypto, pryv-crypto, pryv-schema"
            ]
        );
    }

    #[test]
    fn bindings_and_commands_see_the_sdk_alone() {
        for krate in ["pryv-cli", "pryv-wasm-sdk"] {
            let findings = check(&graph(&[(krate, "pryv-wire")]));
            assert_eq!(findings, [format!("{krate} depends on pryv-wire; it may depend on pryv-sdk")]);
        }
    }

    #[test]
    fn a_cycle_ends() {
        let cycle = [("pryv-engine", "a"), ("a", "b"), ("b", "a"), ("b", "pryv-engine")];
        assert_eq!(check(&graph(&cycle)), [""; 0]);
    }

    #[test]
    fn a_new_crate_needs_a_row_and_a_row_needs_its_crate() {
        let mut graph = graph(&[]);
        graph.members.insert("pryv-mobile".to_owned(), PathBuf::from("sdk/mobile"));
        graph.members.remove("pryv-cli");
        assert_eq!(
            check(&graph),
            [
                "pryv-mobile (sdk/mobile) has no row in the table of who may depend on whom",
                "the table has a row for pryv-cli, which is no crate of the workspace",
            ]
        );
    }
}
