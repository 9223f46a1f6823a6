//! Character sets by their IANA MIBenum.
//!
//! A table for people and for the width of terminators; nothing here converts text. Source of the numbers: the
//! IANA character set registry.

/// MIBenum of US-ASCII.
pub const US_ASCII: u32 = 3;
/// MIBenum of UTF-8.
pub const UTF_8: u32 = 106;

/// MIBenum and preferred name of each character set that MMS clients use, by rising number.
pub const CHARSETS: &[(u32, &str)] = &[
    (0, "*"),
    (3, "us-ascii"),
    (4, "iso-8859-1"),
    (5, "iso-8859-2"),
    (6, "iso-8859-3"),
    (7, "iso-8859-4"),
    (8, "iso-8859-5"),
    (9, "iso-8859-6"),
    (10, "iso-8859-7"),
    (11, "iso-8859-8"),
    (12, "iso-8859-9"),
    (13, "iso-8859-10"),
    (17, "shift_jis"),
    (18, "euc-jp"),
    (36, "ks_c_5601-1987"),
    (37, "iso-2022-kr"),
    (38, "euc-kr"),
    (39, "iso-2022-jp"),
    (40, "iso-2022-jp-2"),
    (81, "iso-8859-6-e"),
    (82, "iso-8859-6-i"),
    (84, "iso-8859-8-e"),
    (85, "iso-8859-8-i"),
    (106, "utf-8"),
    (109, "iso-8859-13"),
    (110, "iso-8859-14"),
    (111, "iso-8859-15"),
    (112, "iso-8859-16"),
    (113, "gbk"),
    (114, "gb18030"),
    (1000, "iso-10646-ucs-2"),
    (1001, "iso-10646-ucs-4"),
    (1012, "utf-7"),
    (1013, "utf-16be"),
    (1014, "utf-16le"),
    (1015, "utf-16"),
    (1017, "utf-32"),
    (1018, "utf-32be"),
    (1019, "utf-32le"),
    (2025, "gb2312"),
    (2026, "big5"),
    (2027, "macintosh"),
    (2084, "koi8-r"),
    (2109, "windows-874"),
    (2250, "windows-1250"),
    (2251, "windows-1251"),
    (2252, "windows-1252"),
    (2253, "windows-1253"),
    (2254, "windows-1254"),
    (2255, "windows-1255"),
    (2256, "windows-1256"),
    (2257, "windows-1257"),
    (2258, "windows-1258"),
];

/// The name of a character set; `None` when it is not in [`CHARSETS`].
#[must_use]
pub fn name(mib_enum: u32) -> Option<&'static str> {
    let index = CHARSETS.binary_search_by_key(&mib_enum, |row| row.0).ok()?;
    CHARSETS.get(index).map(|row| row.1)
}

/// The MIBenum of a character set by its name in [`CHARSETS`], in any case.
#[must_use]
pub fn by_name(name: &[u8]) -> Option<u32> {
    CHARSETS
        .iter()
        .find(|row| row.1.as_bytes().eq_ignore_ascii_case(name))
        .map(|row| row.0)
}

/// Octets in one code unit: 2 for UCS-2 and UTF-16, 4 for UCS-4 and UTF-32, else 1.
#[must_use]
pub const fn code_unit_octets(mib_enum: u32) -> usize {
    match mib_enum {
        1000 | 1013..=1015 => 2,
        1001 | 1017..=1019 => 4,
        _ => 1,
    }
}
