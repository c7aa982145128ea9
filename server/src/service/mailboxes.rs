//! Mailboxes: one message each, in memory, for some minutes. Two devices of an account find each other by an id that only
//! they know; the node can read neither the message nor whose it is.

use super::{Error, Result, Service};
use pryv_wire::{
    Bytes, ErrorCode, MailboxId, Timestamp,
    account::Done,
    enrolment::{GetMail, MAX_MAIL, Mail, PutMail},
};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::{Ready, ready},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a message stays, in milliseconds.
pub(crate) const MAIL_MILLIS: u64 = 300_000;

/// Messages by their mailbox, at most so many at once.
pub(crate) struct Mailboxes {
    state: Mutex<State>,
    most: usize,
}

#[derive(Default)]
struct State {
    messages: HashMap<MailboxId, Bytes>,
    ages: VecDeque<(Timestamp, MailboxId)>,
}

impl Mailboxes {
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), most }
    }

    fn put(&self, now: Timestamp, mailbox: MailboxId, message: Bytes) -> Result<()> {
        let mut state = self.lock();
        state.forget(now);
        match state.messages.get(&mailbox) {
            // Sent again after its answer was lost.
            Some(there) if *there == message => return Ok(()),
            Some(_) => return Err(Error::new(ErrorCode::AlreadyExists)),
            None => {}
        }
        if state.messages.len() >= self.most {
            return Err(Error::new(ErrorCode::Overloaded));
        }
        state.messages.insert(mailbox, message);
        state.ages.push_back((now, mailbox));
        Ok(())
    }

    fn get(&self, now: Timestamp, mailbox: MailboxId) -> Option<Bytes> {
        let mut state = self.lock();
        state.forget(now);
        state.messages.get(&mailbox).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, now: Timestamp) {
        while let Some((since, mailbox)) = self.ages.front().copied() {
            // A clock that was set back would keep messages for ever: their time is over then as well.
            if since <= now && now.millis_since(since) < MAIL_MILLIS {
                break;
            }
            self.ages.pop_front();
            self.messages.remove(&mailbox);
        }
    }
}

impl fmt::Debug for Mailboxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailboxes").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Service {
    /// Leaves a message in a mailbox.
    ///
    /// # Errors
    ///
    /// `already-exists` if another one is there, `out-of-range` if it is too long, `overloaded`.
    pub fn put_mail(&self, request: PutMail) -> Ready<Result<Done>> {
        let PutMail { mailbox, message } = request;
        if message.is_empty() || message.len() > MAX_MAIL {
            return ready(Err(Error::out_of_range("the length of `message`, in bytes", MAX_MAIL)));
        }
        ready(self.inner.mailboxes.put(self.now(), mailbox, message).map(|()| Done {}))
    }

    /// The message of a mailbox. It stays until its time is over, so that a lost answer can be asked for again.
    ///
    /// # Errors
    ///
    /// `not-found` if there is none, or not any longer.
    pub fn get_mail(&self, GetMail { mailbox }: GetMail) -> Ready<Result<Mail>> {
        let found = self.inner.mailboxes.get(self.now(), mailbox);
        ready(found.map(|message| Mail { message }).ok_or_else(|| Error::new(ErrorCode::NotFound)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const A: MailboxId = MailboxId::from_bytes([1; 16]);
    const B: MailboxId = MailboxId::from_bytes([2; 16]);

    fn mail(byte: u8) -> Bytes {
        Bytes::from(vec![byte; 10])
    }

    #[test]
    fn a_mailbox_takes_one_message_and_forgets_it() {
        let mailboxes = Mailboxes::new(10);
        assert_eq!(mailboxes.get(NOW, A), None);
        mailboxes.put(NOW, A, mail(1)).unwrap();
        mailboxes.put(NOW, A, mail(1)).unwrap();
        assert_eq!(mailboxes.put(NOW, A, mail(2)).unwrap_err().code(), ErrorCode::AlreadyExists);
        assert_eq!(mailboxes.get(NOW.plus_millis(MAIL_MILLIS - 1), A), Some(mail(1)));
        assert_eq!(mailboxes.get(NOW, B), None);
        assert_eq!(mailboxes.get(NOW.plus_millis(MAIL_MILLIS), A), None);
        mailboxes.put(NOW.plus_millis(MAIL_MILLIS), A, mail(2)).unwrap();
    }

    #[test]
    fn beyond_the_limit_none_is_taken_until_time_passes() {
        let mailboxes = Mailboxes::new(1);
        mailboxes.put(NOW, A, mail(1)).unwrap();
        assert_eq!(mailboxes.put(NOW, B, mail(1)).unwrap_err().code(), ErrorCode::Overloaded);
        mailboxes.put(NOW.plus_millis(MAIL_MILLIS), B, mail(1)).unwrap();
    }
}
