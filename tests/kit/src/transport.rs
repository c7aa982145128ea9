//! Transports that stand between the real SDK and the real server: one that records, one that lies.

mod hostile;
mod recording;
mod tap;

pub use hostile::{Attack, HostileTransport};
pub use recording::{Exchange, Recorder, RecordingTransport};
pub(crate) use tap::tap;
