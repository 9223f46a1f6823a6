//! Files of ported numbers: lines `NUMBER,PEER`, read as a stream into one table.
//!
//! Off the shards: the owner reads files and feeds their octets. A peer is named as in its `[[peer]]`, by one of its
//! routing ids, or `local`; `-` takes an earlier line back, so that a delta can follow a whole file. Invariants: one
//! bad line refuses the whole, and is told with its file and number, never with its content; memory is bounded by the
//! rows that are allowed and by the longest line.

use crate::numbers::{Code, Numbers, Row};
use ahash::AHashMap;
use base::Msisdn;
use profile::Peers;
use std::fmt;

/// Octets of a line at most: 16 of a number, 32 of a name, and room.
const LINE_OCTETS_MAX: usize = 128;

/// Faults that are told one by one; the others are counted.
const FAULTS_MAX: usize = 20;

/// The name of a number that was taken back.
const TAKEN_BACK: &str = "-";

/// The name of ourselves.
const LOCAL: &str = "local";

/// A line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The file, as it was announced.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: {}", self.file, self.line, self.text)
    }
}

/// Ported numbers, by name of who serves them: fit for any snapshot whose peers have these names.
#[derive(Clone, Debug, Default)]
pub struct Ported {
    numbers: Numbers,
    /// Who a code stands for, code 1 first; nobody where no number has it, or where it takes numbers back.
    names: Vec<Option<String>>,
}

impl Ported {
    /// The numbers; what a code stands for is in [`Ported::names`].
    #[inline]
    pub(crate) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Names of peers, or `local`, in the order of the codes; none where no number was ported to them.
    #[must_use]
    pub fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// Numbers in it, those that were taken back included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.numbers.count()
    }

    /// Octets of memory that it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.numbers.octets()
    }
}

/// Reads files, one after another.
#[derive(Debug)]
pub struct Loader {
    /// What a file may call a peer, and the code that it gets here.
    codes: AHashMap<String, Code>,
    /// Who a code stands for, code 1 first, and whether a row has it.
    names: Vec<(String, bool)>,
    rows: Vec<Row>,
    rows_max: usize,
    /// The last name and its code: most lines repeat it.
    last: (Vec<u8>, Option<Code>),
    file: String,
    line: u64,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    faults: Vec<RowFault>,
    faults_beyond: u64,
}

impl Loader {
    /// For peers that are known, and so many rows at most.
    #[must_use]
    pub fn new(peers: &Peers, rows_max: u32) -> Loader {
        let mut names = vec![(LOCAL.to_owned(), false), (TAKEN_BACK.to_owned(), false)];
        let mut aliases = vec![(LOCAL.to_owned(), 1), (TAKEN_BACK.to_owned(), 2)];
        for (_, peer) in peers.iter() {
            names.push((peer.name.clone(), false));
            let code = names.len();
            aliases.push((peer.name.clone(), code));
            aliases.extend(peer.routing_ids.iter().map(|id| (id.clone(), code)));
        }
        let codes = aliases
            .into_iter()
            .filter_map(|(name, code)| Some((name, Code::new(u16::try_from(code).ok()?)?)))
            .collect();
        Loader {
            codes,
            names,
            rows: Vec::new(),
            rows_max: rows_max as usize,
            last: (Vec::new(), None),
            file: String::new(),
            line: 0,
            begun: Vec::new(),
            faults: Vec::new(),
            faults_beyond: 0,
        }
    }

    /// Announces the next file; the one before is at its end.
    pub fn begin(&mut self, file: &str) {
        self.end_line();
        file.clone_into(&mut self.file);
        self.line = 0;
    }

    /// Takes the next octets of the file, cut anywhere.
    pub fn feed(&mut self, mut octets: &[u8]) {
        while let Some(end) = octets.iter().position(|octet| *octet == b'\n') {
            let (line, rest) = octets.split_at(end);
            octets = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() {
                self.take(line);
            } else {
                self.begin_line(line);
                self.end_line();
            }
        }
        self.begin_line(octets);
    }

    /// The table, if every line of every file was right.
    ///
    /// # Errors
    /// The first faults in the order of the lines; the last one counts those beyond.
    pub fn finish(mut self) -> Result<Ported, Vec<RowFault>> {
        self.end_line();
        if self.faults_beyond > 0 {
            let text = format!("{} more lines are wrong", self.faults_beyond);
            let (file, line) = (self.file.clone(), self.line);
            self.faults.push(RowFault { file, line, text });
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let names = self.names.into_iter();
        Ok(Ported {
            numbers: Numbers::new(&self.rows),
            names: names
                .map(|(name, is_used)| (is_used && name != TAKEN_BACK).then_some(name))
                .collect(),
        })
    }

    /// Keeps the beginning of a line, no more of it than makes it too long.
    fn begin_line(&mut self, octets: &[u8]) {
        let room = (LINE_OCTETS_MAX + 1).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(octets.get(..room).unwrap_or(octets));
    }

    fn end_line(&mut self) {
        if !self.begun.is_empty() {
            let line = std::mem::take(&mut self.begun);
            self.take(&line);
            self.begun = line;
            self.begun.clear();
        }
    }

    fn take(&mut self, line: &[u8]) {
        self.line += 1;
        if let Err(text) = self.row(line) {
            if self.faults.len() < FAULTS_MAX {
                let (file, line) = (self.file.clone(), self.line);
                self.faults.push(RowFault { file, line, text });
            } else {
                self.faults_beyond += 1;
            }
        }
    }

    fn row(&mut self, line: &[u8]) -> Result<(), String> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // What some editors put in front of a file.
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") || (self.line == 1 && line == b"number,peer") {
            return Ok(());
        }
        if line.len() > LINE_OCTETS_MAX {
            return Err(format!("longer than {LINE_OCTETS_MAX} octets"));
        }
        let comma = line.iter().position(|octet| *octet == b',');
        let (number, name) = comma
            .and_then(|comma| Some((line.get(..comma)?, line.get(comma + 1..)?)))
            .ok_or_else(|| "not NUMBER,PEER".to_owned())?;
        let digits = number.strip_prefix(b"+").unwrap_or(number);
        let number = Msisdn::from_digits(digits)
            .ok_or_else(|| "the number is not 7 to 15 international digits, with or without +".to_owned())?;
        let code = self.code(name)?;
        if self.rows.len() >= self.rows_max {
            return Err(format!(
                "more than {} rows: see routing.ported_rows_max",
                self.rows_max
            ));
        }
        self.rows.push(Row::new(number, code));
        Ok(())
    }

    fn code(&mut self, name: &[u8]) -> Result<Code, String> {
        if let (last, Some(code)) = &self.last
            && last == name
        {
            return Ok(*code);
        }
        let known = std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.codes.get(name));
        match known {
            Some(code) => {
                name.clone_into(&mut self.last.0);
                self.last.1 = Some(*code);
                if let Some((_, is_used)) = self.names.get_mut(usize::from(code.value()) - 1) {
                    *is_used = true;
                }
                Ok(*code)
            }
            None => Err("there is no peer of this name or routing id".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
