//! As much of Markdown as the checks need: what is a fenced block, what is prose, what is code in prose.

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// One line of prose, a heading included.
    Prose {
        /// Counted from 1.
        line: usize,
        /// The line.
        text: &'a str,
    },
    /// A fenced block.
    Fence {
        /// Where it opens, counted from 1.
        line: usize,
        /// What follows the opening fence.
        language: &'a str,
        /// Its lines.
        text: Vec<&'a str>,
    },
}

/// `document` in pieces; a fence that is never closed reaches to the end, as renderers have it.
pub(super) fn pieces(document: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut open: Option<(&str, Piece<'_>)> = None;
    for (index, text) in document.lines().enumerate() {
        let line = index + 1;
        let trimmed = text.trim_start();
        match (open.take(), fence(trimmed)) {
            (None, Some(mark)) => {
                let language = trimmed.trim_start_matches(['`', '~']).trim();
                open = Some((mark, Piece::Fence { line, language, text: Vec::new() }));
            }
            (None, None) => pieces.push(Piece::Prose { line, text }),
            (Some((mark, block)), Some(_)) if trimmed.trim_end().starts_with(mark) && closes(trimmed) => {
                pieces.push(block);
            }
            (Some((mark, mut block)), _) => {
                if let Piece::Fence { text: lines, .. } = &mut block {
                    lines.push(text);
                }
                open = Some((mark, block));
            }
        }
    }
    pieces.extend(open.map(|(_, block)| block));
    pieces
}

/// The code spans of a line of prose.
pub(super) fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// A line of prose with its code spans emptied.
pub(super) fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The anchors of a document's headings, as GitHub, GitLab and Gitea make them.
pub(super) fn anchors(document: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for piece in pieces(document) {
        let Piece::Prose { text, .. } = piece else { continue };
        let title = text.trim_start_matches('#');
        if title.len() == text.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().chars().filter_map(|next| match next {
            ' ' => Some('-'),
            '-' | '_' => Some(next),
            _ => next.is_alphanumeric().then_some(next),
        });
        let anchor = kept.collect::<String>().to_lowercase();
        let twins = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(anchor.clone());
        if twins > 0 {
            anchors.push(format!("{anchor}-{twins}"));
        }
    }
    anchors
}

/// The run of back-ticks or tildes that opens or closes a block.
fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|next| matches!(next, '`' | '~'))?;
    let length = line.chars().take_while(|next| *next == mark).count();
    if length < 3 { None } else { line.get(..length) }
}

fn closes(line: &str) -> bool {
    line.trim().chars().all(|next| matches!(next, '`' | '~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_told_from_prose() {
        let found = pieces("a\n```cddl\nx = 1\n```\nb\n````\n```\n````\n");
        assert_eq!(
            found,
            [
                Piece::Prose { line: 1, text: "a" },
                Piece::Fence { line: 2, language: "cddl", text: vec!["x = 1"] },
                Piece::Prose { line: 5, text: "b" },
                Piece::Fence { line: 6, language: "", text: vec!["```"] },
            ]
        );
    }

    #[test]
    fn code_spans_are_taken_out() {
        assert_eq!(code("the `a` and `b c`").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(without_code("the `[a](b)` end"), "the `` end");
    }

    #[test]
    fn anchors_are_those_of_the_hosts() {
        assert_eq!(anchors("# The `Key` tree, v1\n## A\n## A\n#no\n"), ["the-key-tree-v1", "a", "a", "a-1"]);
    }
}
