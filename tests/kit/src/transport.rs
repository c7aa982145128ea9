//! Transports that stand between the real SDK and the real server: one that records, one that lies, one that breaks.

mod faulty;
mod hostile;
mod recording;
mod tap;

pub use faulty::{Break, FaultyTransport};
pub use hostile::{Attack, HostileTransport};
pub use recording::{Exchange, Recorder, RecordingTransport};
pub(crate) use tap::tap;
