//! Bodies: read up to a limit that holds while reading, within a budget for all bodies together.

use crate::service::{Error, Result};
use axum::body::{Body, HttpBody as _};
use http::{HeaderMap, header};
use pryv_wire::ErrorCode;
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The memory that the bodies of all requests may take together, until they are answered.
#[derive(Clone, Debug)]
pub(super) struct BodyBudget {
    used: Arc<AtomicUsize>,
    most: usize,
}

/// What one body takes of the budget; given back when dropped.
#[derive(Debug)]
pub(super) struct Taken {
    budget: BodyBudget,
    bytes: usize,
}

impl BodyBudget {
    pub(super) fn new(most: usize) -> Self {
        Self { used: Arc::default(), most }
    }

    fn taken(&self) -> Taken {
        Taken { budget: self.clone(), bytes: 0 }
    }
}

impl Taken {
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.budget.most {
            return Err(Error::new(ErrorCode::Overloaded));
        }
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The whole body, if it has at most `limit` bytes, and its part of the budget, to be kept as long as the body or what was read from it.
pub(super) async fn read(
    mut body: Body,
    headers: &HeaderMap,
    limit: usize,
    budget: &BodyBudget,
) -> Result<(Vec<u8>, Taken)> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| usize::try_from(length).is_ok_and(|length| length > limit)) {
        return Err(Error::too_large(limit));
    }
    let mut taken = budget.taken();
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Error::malformed("the body ended before its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > limit {
            return Err(Error::too_large(limit));
        }
        taken.take(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok((bytes, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_given_back() {
        let budget = BodyBudget::new(10);
        let mut first = budget.taken();
        assert!(first.take(8).is_ok());
        assert!(budget.taken().take(3).is_err(), "over the budget");
        drop(first);
        assert!(budget.taken().take(10).is_ok());
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
