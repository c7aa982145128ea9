//! Rates: how often one account may call, how often one address may call without a session, and how often anybody may try
//! the credentials of one username.
//!
//! Measured by the monotonic clock of the machine, not by the injected one: a rate protects the machine, and must hold while
//! somebody turns the hand.

use super::Limits;
use crate::service::{Error, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _, clock::DefaultClock};
use pryv_wire::{Digest, PrincipalId, app::GetApp, enrolment::GetMail, operation::Call};
use std::{
    fmt,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

/// So many at once, and so many each second or minute after that. Zero: no limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// Each second, or each minute.
    pub often: u32,
    /// What `often` counts.
    pub per: Per,
    /// At once.
    pub burst: u32,
}

/// The time in which calls are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Per {
    /// A second.
    Second,
    /// A minute.
    Minute,
}

impl Rate {
    /// So many each second.
    #[must_use]
    pub const fn each_second(often: u32, burst: u32) -> Self {
        Self { often, per: Per::Second, burst }
    }

    /// So many each minute.
    #[must_use]
    pub const fn each_minute(often: u32, burst: u32) -> Self {
        Self { often, per: Per::Minute, burst }
    }
}

/// How many keys a limiter remembers before it forgets those that are at rest.
const REMEMBERED: usize = 100_000;

struct Limiter<K: Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate) -> Self {
        let quota = NonZeroU32::new(rate.often).map(|often| {
            let quota = match rate.per {
                Per::Second => Quota::per_second(often),
                Per::Minute => Quota::per_minute(often),
            };
            quota.allow_burst(NonZeroU32::new(rate.burst).unwrap_or(often))
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
    username: Limiter<Digest>,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            account: Limiter::new(limits.account),
            credentials: Limiter::new(limits.credentials),
            lookups: Limiter::new(limits.lookups),
            username: Limiter::new(limits.username),
        }
    }

    /// A try of the password or the phrase of a username, whether there is such an account or not: many addresses do not help a
    /// guesser.
    pub(super) fn username(&self, username: &str) -> Result<()> {
        // Of one length, whatever somebody sends as a username.
        self.username.check(&Digest::of("pryv rate", &[username.as_bytes()]))
    }

    /// A call with a session.
    pub(super) fn account(&self, principal: PrincipalId) -> Result<()> {
        self.account.check(&principal)
    }

    /// A call without one: lookups of cards, apps and mailboxes are many and cheap, all others try credentials or make
    /// something.
    pub(super) fn address(&self, address: IpAddr, path: &str) -> Result<()> {
        let address = network(address);
        if path.starts_with("/v1/cards/") || [<GetApp as Call>::PATH, <GetMail as Call>::PATH].contains(&path)
        {
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
        self.username.forget();
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
        let limiter = Limiter::new(Rate::each_second(1, 3));
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
        let limiter = Limiter::new(Rate::each_minute(0, 0));
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
