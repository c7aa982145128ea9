//! Measuring: medians of interleaved rounds, and what a process has used.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Runs `a` and `b` in turn, `rounds` times each, and gives the median rate of each: units per second.
pub(crate) fn rates(rounds: usize, units: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (f64, f64) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    a();
    b();
    for _ in 0..rounds {
        first.push(timed(&mut a));
        second.push(timed(&mut b));
    }
    (rate(units, median(first)), rate(units, median(second)))
}

/// How long `work` takes.
pub(crate) fn timed(work: &mut impl FnMut()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Units per second.
#[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
pub(crate) fn rate(units: usize, time: Duration) -> f64 {
    units as f64 / time.as_secs_f64()
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The value below which 99 of 100 lie.
pub(crate) fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

/// Milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Processor time that a process has used, user and system, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    /// Linux counts in hundredths of a second (`USER_HZ`).
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS
}

/// Memory of a process that is in use, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Bytes that the files below a folder take on the disk.
pub(crate) fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => disk_bytes(&entry.path()),
            Ok(data) => data.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
