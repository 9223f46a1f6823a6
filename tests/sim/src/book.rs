//! What phones have sent, as they know it: the outside ledger that the checkers hold the product to.
//!
//! Written by the crowd before a request leaves, and by the run when an answer is said. Invariant: nothing in here
//! comes from the product, but for the ids that it answered with.

use std::collections::BTreeMap;

/// One submission and everything that was tried for it.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The sender's number.
    pub from: u64,
    /// X-Mms-Transaction-ID: one for each submission of a sender.
    pub transaction: String,
    /// To and Cc, as written; those that are numbers, as digits.
    pub visible: Vec<String>,
    /// Bcc, likewise.
    pub hidden: Vec<String>,
    /// The sender asked that their number be hidden.
    pub is_anonymous: bool,
    /// The content. Of an M-Forward.req, the content of what it sends on.
    pub content: Vec<u8>,
    /// Another operator's MMSC brought it.
    pub is_brought: bool,
    /// It is an M-Forward.req.
    pub is_forward: bool,
    /// The message that it sends on, where it names a copy at all.
    pub forwards: Option<u64>,
    /// Every PDU that was sent for it: repeats have another Date.
    pub attempts: Vec<Vec<u8>>,
    /// The Message-IDs that it was answered with.
    pub ids: Vec<u64>,
}

/// All submissions.
#[derive(Clone, Debug, Default)]
pub struct Book {
    submissions: Vec<Submission>,
    by_transaction: BTreeMap<(u64, String), usize>,
}

impl Book {
    /// Enters a submission; gives its number.
    pub fn enter(&mut self, submission: Submission) -> usize {
        let number = self.submissions.len();
        let key = (submission.from, submission.transaction.clone());
        let known = self.by_transaction.insert(key, number);
        assert!(known.is_none(), "a sender uses a Transaction-ID once");
        self.submissions.push(submission);
        number
    }

    /// The submission of this number.
    #[must_use]
    pub fn submission(&self, number: usize) -> &Submission {
        &self.submissions[number]
    }

    /// The submission of this number, to note what became of it.
    pub fn submission_mut(&mut self, number: usize) -> &mut Submission {
        &mut self.submissions[number]
    }

    /// The submission that a sender's Transaction-ID names.
    #[must_use]
    pub fn find(&self, from: u64, transaction: &[u8]) -> Option<usize> {
        let transaction = std::str::from_utf8(transaction).ok()?.to_owned();
        self.by_transaction.get(&(from, transaction)).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.submissions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.submissions.is_empty()
    }
}
