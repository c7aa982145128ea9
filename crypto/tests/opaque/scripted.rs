//! A generator that gives the random values of a vector in the order in which they are drawn.

use rand_core::{CryptoRng, Error, RngCore, impls};

/// Gives one value for each draw, which must be of its length; all must be drawn.
pub(crate) struct Scripted(std::vec::IntoIter<Vec<u8>>);

impl Scripted {
    pub(crate) fn new(values: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(values.into_iter().collect::<Vec<_>>().into_iter())
    }
}

impl RngCore for Scripted {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        let value = self.0.next().expect("more values were drawn than the vector gives");
        bytes.copy_from_slice(&value);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Scripted {}

impl Drop for Scripted {
    fn drop(&mut self) {
        assert!(
            std::thread::panicking() || self.0.len() == 0,
            "fewer values were drawn than the vector gives"
        );
    }
}

/// The random bytes that give this blind: a scalar is 64 bytes, least significant first, modulo the group's order.
pub(crate) fn scalar(mut blind: Vec<u8>) -> Vec<u8> {
    blind.resize(64, 0);
    blind
}
