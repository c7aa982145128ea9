//! Filters: their limits, and what they come to for one caller.

use super::{Error, Result};
use crate::{
    permission::{Grant, Read},
    store::{Behind, MAX_IN_USE, Narrowed, Reading, Wanted},
};
use pryv_wire::{
    Bytes, ErrorCode,
    record::{
        Filter, INDEX_TOKEN_LENGTH, MAX_FILTER_DEPTH, MAX_FILTER_PARTS, MAX_FILTER_TOKENS, RecordState,
        UNIQUE_TOKEN_LENGTH, Unindexed, Within,
    },
};

/// A filter and buckets within their limits, each list of tokens sorted and without repetition. Not by recursion: what was
/// decoded may be deeper than what is allowed.
pub(super) fn check(filter: &mut Filter, buckets: &mut [Vec<Bytes>]) -> Result<()> {
    let (mut parts, mut tokens) = (0_usize, 0_usize);
    for bucket in buckets {
        check_tokens(bucket, &mut tokens)?;
    }
    let mut left = vec![(filter, 1_usize)];
    while let Some((part, depth)) = left.pop() {
        parts = parts.saturating_add(1);
        if parts > MAX_FILTER_PARTS {
            return Err(Error::out_of_range("the number of parts of a filter", MAX_FILTER_PARTS));
        }
        if depth > MAX_FILTER_DEPTH {
            return Err(Error::out_of_range("the depth of a filter", MAX_FILTER_DEPTH));
        }
        let below = depth.saturating_add(1);
        match part {
            Filter::All => {}
            Filter::Tokens(list) => check_tokens(list, &mut tokens)?,
            Filter::And(several) | Filter::Or(several) => {
                left.extend(several.iter_mut().map(|part| (part, below)));
            }
            Filter::Not(one) => left.push((one, below)),
            _ => return Err(Error::malformed("the filter is not known here")),
        }
    }
    Ok(())
}

fn check_tokens(tokens: &mut Vec<Bytes>, sum: &mut usize) -> Result<()> {
    *sum = sum.saturating_add(tokens.len());
    if *sum > MAX_FILTER_TOKENS {
        return Err(Error::out_of_range("the number of tokens", MAX_FILTER_TOKENS));
    }
    let known = |token: &Bytes| matches!(token.len(), INDEX_TOKEN_LENGTH | UNIQUE_TOKEN_LENGTH);
    if !tokens.iter().all(known) {
        return Err(Error::malformed("a token has 16 or 32 bytes"));
    }
    tokens.sort_unstable();
    tokens.dedup();
    Ok(())
}

/// What a caller asks for, as the store reads it, and how many instances the filter cannot be held against.
pub(super) fn wanted<'t>(
    view: &Reading<'t>,
    grant: &Grant<'t, Read>,
    filter: Filter,
    unindexed: Option<Unindexed>,
    within: Option<Within>,
    state: RecordState,
    wants_number: bool,
) -> Result<(Wanted, u32)> {
    if state == RecordState::Deleted {
        if filter != Filter::All || unindexed.is_some() || within.is_some() {
            return Err(Error::malformed("deleted records are found by nothing but that they are"));
        }
        return Ok((Wanted { filter, behind: Vec::new(), filed: None, state }, 0));
    }
    let filed = match view.narrow(grant, within)? {
        Narrowed::Whole => None,
        Narrowed::To(lists) => Some(lists),
        Narrowed::TooMany => {
            let reason = "records stand under more terms than one query reads: ask within fewer";
            return Err(Error::out_of_range(reason, MAX_IN_USE));
        }
    };
    let Some(unindexed) = unindexed else {
        return Ok((Wanted { filter, behind: Vec::new(), filed, state }, 0));
    };
    match view.behind(grant, filed.as_deref(), &unindexed, wants_number)? {
        Behind::These { states, number } => Ok((Wanted { filter, behind: states, filed, state }, number)),
        Behind::TooMany => Err(Error::limited(ErrorCode::Unindexed, unindexed.at_most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Filter {
        (1..depth).fold(Filter::All, |inner, _| Filter::Not(Box::new(inner)))
    }

    fn refused(mut filter: Filter) -> Option<ErrorCode> {
        check(&mut filter, &mut []).err().map(|error| error.code())
    }

    #[test]
    fn a_filter_keeps_to_its_limits() {
        let token = || Bytes::from(vec![1; INDEX_TOKEN_LENGTH]);
        let out = Some(ErrorCode::OutOfRange);
        assert_eq!(refused(nested(MAX_FILTER_DEPTH)), None);
        assert_eq!(refused(nested(MAX_FILTER_DEPTH + 1)), out);
        assert_eq!(refused(Filter::Or(vec![Filter::All; MAX_FILTER_PARTS - 1])), None);
        assert_eq!(refused(Filter::And(vec![Filter::All; MAX_FILTER_PARTS])), out);
        assert_eq!(refused(Filter::Tokens(vec![token(); MAX_FILTER_TOKENS])), None);
        assert_eq!(refused(Filter::Tokens(vec![token(); MAX_FILTER_TOKENS + 1])), out);
        let half = || Filter::Tokens(vec![token(); MAX_FILTER_TOKENS / 2 + 1]);
        assert_eq!(refused(Filter::Or(vec![half(), half()])), out, "counted over all parts");
        for length in [0, 15, 17, 31, 33] {
            let odd = Filter::Tokens(vec![Bytes::from(vec![1; length])]);
            assert_eq!(refused(odd), Some(ErrorCode::MalformedMessage));
        }
        let mut buckets = vec![vec![token()]; MAX_FILTER_TOKENS];
        assert!(check(&mut Filter::All, &mut buckets).is_ok());
        assert!(check(&mut Filter::Tokens(vec![token()]), &mut buckets).is_err(), "buckets count too");
    }

    #[test]
    fn tokens_are_asked_for_once() {
        let token = |byte| Bytes::from(vec![byte; INDEX_TOKEN_LENGTH]);
        let mut filter = Filter::Not(Box::new(Filter::Tokens(vec![token(2), token(1), token(2)])));
        check(&mut filter, &mut []).unwrap();
        assert_eq!(filter, Filter::Not(Box::new(Filter::Tokens(vec![token(1), token(2)]))));
    }
}
