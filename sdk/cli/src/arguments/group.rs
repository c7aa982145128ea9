//! Arguments of the commands about groups.

use clap::Subcommand;

/// `pryv group`.
#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// Make a group; shows the URI by which others grant to it (`pryv grant --to URI`)
    Create {
        /// What it is called; its members read it, and nobody else
        title: String,
    },
    /// List your groups, and those that you are a member of
    List,
    /// Accept that somebody made you a member; shows what the group was granted
    Accept {
        /// The group: its URI, its fingerprint, or the beginning of its id
        group: String,
    },
    /// Make somebody a member: it reads what the group was and is granted
    Add {
        /// The group: its title, its id, or the beginning of it
        group: String,
        /// Who
        user: String,
        /// Not at or after: a time (2026-05-01T08:00:00Z) or a span from now (2h, 30d)
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// End the membership of somebody; prints the receipt
    Remove {
        /// The group: its title, its id, or the beginning of it
        group: String,
        /// Who: a username or a fingerprint
        user: String,
    },
    /// List who is a member of a group of yours
    Members {
        /// The group: its title, its id, or the beginning of it
        group: String,
    },
}
