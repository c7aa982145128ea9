//! Rates: how often one account may call, and how often one address may call without a session.
//!
//! Measured by the monotonic clock of the machine, not by the injected one: a rate protects the machine, and must hold while
//! somebody turns the hand.

use crate::service::{Error, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _, clock::DefaultClock};
use pryv_wire::PrincipalId;
use std::{
    fmt,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

/// So many at once, and so many each second after that. Zero a second: no limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// Each second.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// How many keys a limiter remembers before it forgets those that are at rest.
const REMEMBERED: usize = 100_000;

struct Limiter<K: Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate) -> Self {
        let quota = NonZeroU32::new(rate.per_second).map(|per_second| {
            Quota::per_second(per_second).allow_burst(NonZeroU32::new(rate.burst).unwrap_or(per_second))
        });
        Self(quota.map(RateLimiter::dashmap))
    }

    fn check(&self, key: &K) -> Result<()> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(key).map(drop).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Error::rate_limited(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
        })
    }

    fn forget(&self) {
        if let Some(limiter) = &self.0
            && limiter.len() > REMEMBERED / 2
        {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// The rates of a node.
pub(super) struct Rates {
    account: Limiter<PrincipalId>,
    credentials: Limiter<IpAddr>,
    lookups: Limiter<IpAddr>,
}

impl Rates {
    pub(super) fn new(account: Rate, credentials: Rate, lookups: Rate) -> Self {
        Self {
            account: Limiter::new(account),
            credentials: Limiter::new(credentials),
            lookups: Limiter::new(lookups),
        }
    }

    /// A call with a session.
    pub(super) fn account(&self, principal: PrincipalId) -> Result<()> {
        self.account.check(&principal)
    }

    /// A call without one: lookups of cards are many and cheap, all others try credentials.
    pub(super) fn address(&self, address: IpAddr, path: &str) -> Result<()> {
        let address = network(address);
        if path.starts_with("/v1/cards/") {
            self.lookups.check(&address)
        } else {
            self.credentials.check(&address)
        }
    }

    /// Forgets who has not called for a while.
    pub(super) fn forget(&self) {
        self.account.forget();
        self.credentials.forget();
        self.lookups.forget();
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

/// One subscriber: an IPv4 address, or the /64 of an IPv6 address, of which one subscriber has all addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pryv_wire::ErrorCode;

    #[test]
    fn beyond_the_burst_a_caller_is_told_to_wait() {
        let limiter = Limiter::new(Rate { per_second: 1, burst: 3 });
        for _ in 0..3 {
            assert!(limiter.check(&1).is_ok());
        }
        let refused = limiter.check(&1).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        assert!((1..=1_001).contains(&refused.details().retry_after_ms.unwrap()));
        assert!(limiter.check(&2).is_ok(), "another key has its own rate");
    }

    #[test]
    fn no_rate_is_no_limit() {
        let limiter = Limiter::new(Rate { per_second: 0, burst: 0 });
        assert!((0..10_000).all(|_| limiter.check(&1).is_ok()));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one() {
        let parse = |text: &str| network(text.parse().unwrap());
        assert_eq!(parse("2001:db8::1"), parse("2001:db8::ffff:1"));
        assert_ne!(parse("2001:db8::1"), parse("2001:db8:0:1::1"));
        assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
    }
}
