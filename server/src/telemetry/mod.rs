//! What the node tells its operator: counters and one line a request. Nothing in it belongs to a user: no id, no
//! username, no body, no address.

mod log;
mod metrics;

pub use log::{LogFormat, UnknownLogFormat, init};
pub use metrics::{Metrics, RequestLabels, ServiceMetrics};
