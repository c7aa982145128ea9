//! Transports that stand between the real SDK and the real server: one that records, one that lies, one that breaks, one
//! in which others are faster.

mod faulty;
mod hostile;
mod interleaving;
mod noting;
mod recording;
mod tap;

pub use faulty::{Break, FaultyTransport};
pub use hostile::{Attack, HostileTransport};
pub use interleaving::InterleavingTransport;
pub use noting::{Noted, NotingTransport};
pub use recording::{Exchange, Recorder, RecordingTransport};
pub(crate) use tap::tap;
