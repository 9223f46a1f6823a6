//! Names of character sets as MIME has them, against the numbers that WSP has.
//!
//! Used by both directions of the conversion; texts themselves are never converted. Invariant: a number that has no
//! name survives as `x-mib-N`, which reads back as N.

/// Names that mails use beside the preferred one, with their MIBenum. Source: the aliases of the IANA registry.
const ALIASES: &[(&str, u32)] = &[
    ("ascii", 3),
    ("us", 3),
    ("ansi_x3.4-1968", 3),
    ("latin1", 4),
    ("l1", 4),
    ("iso8859-1", 4),
    ("iso_8859-1", 4),
    ("iso8859-15", 111),
    ("latin-9", 111),
    ("utf8", 106),
    ("ucs-2", 1000),
    ("cp1250", 2250),
    ("cp1251", 2251),
    ("cp1252", 2252),
    ("cp1255", 2255),
    ("sjis", 17),
    ("shift-jis", 17),
    ("ms_kanji", 17),
    ("gb_2312-80", 2025),
    ("cp936", 113),
];

/// What precedes the number of a character set that has no name.
const UNNAMED: &str = "x-mib-";

/// The MIBenum of a name, in any case.
#[must_use]
pub fn mib_enum(name: &str) -> Option<u32> {
    wsp::charset::by_name(name.as_bytes()).or_else(|| {
        let alias = ALIASES.iter().find(|row| row.0.eq_ignore_ascii_case(name));
        alias.map(|row| row.1).or_else(|| {
            let (head, number) = name.split_at_checked(UNNAMED.len())?;
            head.eq_ignore_ascii_case(UNNAMED).then(|| number.parse().ok())?
        })
    })
}

/// The name of a MIBenum, `x-mib-N` when it has none; `None` for 0, which is any character set.
#[must_use]
pub fn name(mib_enum: u32) -> Option<String> {
    match wsp::charset::name(mib_enum) {
        Some("*") => None,
        Some(name) => Some(name.to_owned()),
        None => Some(format!("{UNNAMED}{mib_enum}")),
    }
}

#[cfg(test)]
mod tests;
