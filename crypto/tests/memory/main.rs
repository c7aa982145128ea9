//! Dropped secrets leave no copy in the memory of the process.
//!
//! The test makes secrets of bytes that it knows, uses them, drops them, and looks for them in everything of its own
//! memory that can be written to. One test only, so that no other thread of the program changes memory meanwhile.

// `cfg(test)` says to clippy that these are tests.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod needle;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod scan;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod secrets;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod wiping;

#[test]
#[cfg(not(target_os = "linux"))]
#[ignore = "NOT TESTED HERE: a process reads its own memory through /proc, which only Linux has"]
fn dropped_secrets_leave_no_copy_in_memory() {
    panic!("a process reads its own memory through /proc, which only Linux has");
}
