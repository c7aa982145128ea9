//! Players: people at machines of their own, who type `pryv`.

use crate::{screen::Screen, trouble::Trouble};
use serde_json::Value;
use std::{
    fs,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Somebody with a home folder, a password and files.
#[derive(Debug)]
pub(crate) struct Player {
    name: String,
    home: PathBuf,
    program: PathBuf,
    server: String,
}

/// What a command printed, results and remarks in the order in which they came.
#[derive(Debug)]
pub(crate) struct Said(String);

impl Said {
    /// Whether a text stands in it.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// The whole of it as JSON.
    pub(crate) fn json(&self) -> Result<Value, Trouble> {
        serde_json::from_str(&self.0).map_err(|error| Trouble::with("the answer is not JSON", &error))
    }
}

impl Player {
    /// Makes the home of somebody below `folder`, with a password in a file.
    pub(crate) fn at_home(
        name: &str,
        folder: &Path,
        program: &Path,
        server: &str,
        password: &str,
    ) -> Result<Self, Trouble> {
        let home = folder.join(name);
        fs::create_dir_all(home.join("files"))?;
        fs::write(home.join("password"), format!("{password}\n"))?;
        Ok(Self { name: name.to_owned(), home, program: program.to_owned(), server: server.to_owned() })
    }

    /// Puts a file where the player works.
    pub(crate) fn bring(&self, name: &str, content: &[u8]) -> Result<(), Trouble> {
        Ok(fs::write(self.home.join("files").join(name), content)?)
    }

    /// The folder of the player's settings.
    pub(crate) fn config(&self) -> PathBuf {
        self.home.join("config")
    }

    /// What the session file of the player holds: the player's own secrets, which no server has.
    pub(crate) fn session(&self) -> Result<Value, Trouble> {
        let path = self.config().join("pryv/default.session");
        let bytes = fs::read(&path).map_err(|error| Trouble::with(&format!("{}", path.display()), &error))?;
        serde_json::from_slice(&bytes).map_err(|error| Trouble::with("the session file is not JSON", &error))
    }

    /// Types a command that must succeed.
    pub(crate) fn types(&self, screen: &Screen, arguments: &[&str]) -> Result<Said, Trouble> {
        self.plays(screen, arguments, None, 0)
    }

    /// Types a command that reads a file, and must succeed.
    pub(crate) fn types_with(
        &self,
        screen: &Screen,
        arguments: &[&str],
        file: &str,
    ) -> Result<Said, Trouble> {
        self.plays(screen, arguments, Some(file), 0)
    }

    /// Types a command that must end with another exit code than success.
    pub(crate) fn types_in_vain(
        &self,
        screen: &Screen,
        arguments: &[&str],
        code: i32,
    ) -> Result<Said, Trouble> {
        self.plays(screen, arguments, None, code)
    }

    /// Runs a command that must succeed, for the story to check what it claims; shown to nobody.
    pub(crate) fn quietly(&self, arguments: &[&str]) -> Result<Said, Trouble> {
        self.run(arguments, None, 0, false)
    }

    fn plays(
        &self,
        screen: &Screen,
        arguments: &[&str],
        file: Option<&str>,
        code: i32,
    ) -> Result<Said, Trouble> {
        let quoted: Vec<_> = arguments.iter().map(|argument| quote(argument)).collect();
        let redirection = file.map(|file| format!(" < {file}")).unwrap_or_default();
        screen.typed(&self.name, &format!("pryv {}{redirection}", quoted.join(" ")))?;
        // Where somebody watches, the bar of a long operation is drawn as it goes.
        let live = screen.is_watched() && arguments.first() == Some(&"import") && code == 0;
        let said = self.run(arguments, file, code, live)?;
        screen.answer(&said.0)?;
        if code != 0 {
            screen.aside(&format!("(exit code {code})"))?;
        }
        Ok(said)
    }

    fn run(&self, arguments: &[&str], file: Option<&str>, code: i32, live: bool) -> Result<Said, Trouble> {
        let files = self.home.join("files");
        let input = match file {
            Some(file) => Stdio::from(File::open(files.join(file))?),
            None => Stdio::null(),
        };
        let (mut reader, writer) = std::io::pipe()?;
        let results = writer.try_clone()?;
        let remarks = if live {
            // Not kept: a pipe ends when nobody can write to it.
            drop(writer);
            Stdio::inherit()
        } else {
            Stdio::from(writer)
        };
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            // Nothing of whoever runs the demo: no settings, no sessions.
            .env_clear()
            .env("HOME", &self.home)
            .env("XDG_CONFIG_HOME", self.config())
            .env("PRYV_SERVER", &self.server)
            .env("PRYV_PASSWORD_FILE", self.home.join("password"))
            .current_dir(files)
            .stdin(input)
            .stdout(results)
            .stderr(remarks);
        let mut child = command.spawn().map_err(|error| {
            Trouble::with(&format!("{} cannot be started", self.program.display()), &error)
        })?;
        // It holds our end of the pipe, which would never end.
        drop(command);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        let said = Said(String::from_utf8_lossy(&bytes).into_owned());
        let status = child.wait()?;
        if status.code() == Some(code) {
            return Ok(said);
        }
        Err(Trouble::new(format!(
            "`pryv {}` of {} ended with {} instead of exit code {code}\n{}",
            arguments.join(" "),
            self.name,
            status,
            said.0
        )))
    }
}

/// An argument as a shell wants it.
fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_shown_as_a_shell_takes_them() {
        assert_eq!(quote("--where"), "--where");
        assert_eq!(quote("/place=pharmacy"), "/place=pharmacy");
        assert_eq!(quote("Dr Bob's"), "'Dr Bob'\\''s'");
        assert_eq!(quote(""), "''");
    }
}
