//! The screen: headings, what is said, what is typed and what comes back. Colours on a terminal only.

use crate::{interrupt::Interrupt, trouble::Trouble};
use std::io::{IsTerminal, Write};

/// Widths of what is said, in characters.
const WIDTH: usize = 100;

/// Where the story is shown.
#[derive(Debug)]
pub(crate) struct Screen {
    colours: bool,
    interrupt: Interrupt,
    step: String,
    steps: usize,
}

/// How a text is shown on a terminal (ECMA-48, select graphic rendition).
#[derive(Clone, Copy, Debug)]
enum Look {
    Heading,
    Typed,
    Dim,
}

impl Look {
    const fn code(self) -> &'static str {
        match self {
            Self::Heading => "1;36",
            Self::Typed => "1",
            Self::Dim => "2",
        }
    }
}

impl Screen {
    /// Standard output, until an interrupt.
    pub(crate) fn standard(interrupt: Interrupt) -> Self {
        let colours = std::io::stdout().is_terminal();
        Self { colours, interrupt, step: "the beginning".to_owned(), steps: 0 }
    }

    /// What ends the story before its end.
    pub(crate) const fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether somebody is watching.
    pub(crate) const fn is_watched(&self) -> bool {
        self.colours
    }

    /// The heading of the step that is being played.
    pub(crate) fn step(&self) -> &str {
        &self.step
    }

    /// How many steps were begun.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// Begins a step.
    pub(crate) fn heading(&mut self, text: &str) -> Result<(), Trouble> {
        self.steps += 1;
        self.step = format!("{}. {text}", self.steps);
        let line = "─".repeat(WIDTH.saturating_sub(self.step.chars().count() + 4));
        let text = format!("── {} {line}", self.step);
        self.write(&format!("\n{}\n", self.look(Look::Heading, &text)))
    }

    /// Says something.
    pub(crate) fn say(&self, text: &str) -> Result<(), Trouble> {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.write(&format!("{line}\n"))?;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.write(&format!("{line}\n"))
    }

    /// Shows what somebody types.
    pub(crate) fn typed(&self, who: &str, command: &str) -> Result<(), Trouble> {
        self.write(&format!(
            "\n{} {}\n",
            self.look(Look::Dim, &format!("{who} $")),
            self.look(Look::Typed, command)
        ))
    }

    /// Shows what came back.
    pub(crate) fn answer(&self, text: &str) -> Result<(), Trouble> {
        let mut shown = String::new();
        for line in text.lines() {
            shown.push_str(format!("  {line}").trim_end());
            shown.push('\n');
        }
        self.write(&shown)
    }

    /// Adds a remark of the story's.
    pub(crate) fn aside(&self, text: &str) -> Result<(), Trouble> {
        self.write(&format!("  {}\n", self.look(Look::Dim, text)))
    }

    fn look(&self, look: Look, text: &str) -> String {
        if self.colours { format!("\u{1b}[{}m{text}\u{1b}[0m", look.code()) } else { text.to_owned() }
    }

    fn write(&self, text: &str) -> Result<(), Trouble> {
        if self.interrupt.came() {
            return Err(Trouble::new("interrupted"));
        }
        let mut out = std::io::stdout();
        Ok(out.write_all(text.as_bytes()).and_then(|()| out.flush())?)
    }
}
