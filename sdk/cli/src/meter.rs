//! Meters: how far a long operation is, as a bar where somebody watches, as a few lines elsewhere.

use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pryv_sdk::Progress;
use std::io::Write;

/// Shows the progress of one operation on standard error.
#[derive(Debug)]
pub(crate) enum Meter {
    /// Nobody wants to know.
    Silent,
    /// A bar that is drawn again and again.
    Bar(ProgressBar),
    /// A line for each quarter.
    Lines {
        /// What is counted.
        unit: &'static str,
        /// Quarters said so far.
        said: u64,
    },
    /// A line for each thousand.
    Thousands {
        /// What is counted.
        unit: &'static str,
        /// Thousands said so far.
        said: u64,
    },
}

impl Meter {
    /// A meter that fits where the output goes.
    pub(crate) fn new(output: &Output, unit: &'static str) -> Self {
        if output.is_quiet() || output.is_json() {
            return Self::Silent;
        }
        if !output.is_interactive() {
            return Self::Lines { unit, said: 0 };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = format!("  {{bar:32}} {{pos}} of {{len}} {unit}, {{per_sec}}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    /// A meter for something whose end nobody knows beforehand.
    pub(crate) fn counting(output: &Output, unit: &'static str) -> Self {
        match Self::new(output, unit) {
            Self::Lines { unit, .. } => Self::Thousands { unit, said: 0 },
            Self::Bar(bar) => {
                let template = format!("  {{spinner}} {{pos}} {unit}, {{per_sec}}");
                if let Ok(style) = ProgressStyle::with_template(&template) {
                    bar.set_style(style);
                }
                Self::Bar(bar)
            }
            silent => silent,
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Meter {
    fn advance(&mut self, done: u64, total: Option<u64>) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            Self::Thousands { unit, said } => {
                if done / 1_000 > *said {
                    *said = done / 1_000;
                    let _unseen = writeln!(std::io::stderr(), "  {done} {unit}");
                }
            }
            Self::Lines { unit, said } => {
                let Some(total) = total.filter(|total| *total > 0) else { return };
                let quarter = done.saturating_mul(4) / total;
                if quarter > *said {
                    *said = quarter;
                    // Progress that cannot be shown must not stop what is in progress.
                    let _unseen = writeln!(std::io::stderr(), "  {done} of {total} {unit}");
                }
            }
        }
    }
}
