//! Tests of ids: what stands around them does not count, and is echoed.

use super::*;

#[test]
fn ids_are_compared_without_their_wrapping() {
    for (raw, bare) in [
        ("a@b", "a@b"),
        ("\"a@b\"", "a@b"),
        ("<a@b>", "a@b"),
        ("\"<a@b>\"", "a@b"),
        ("< \"a\" >", "a"),
        ("\"a", "\"a"),
        ("\"", "\""),
        ("\"\"", ""),
        ("a+b", "a+b"),
        ("", ""),
    ] {
        let id = Id::new(raw.as_bytes());
        assert_eq!(id.bare(), bare.as_bytes(), "{raw}");
        assert_eq!(id.raw(), raw.as_bytes());
        assert_eq!(id, Id::new(bare.as_bytes()));
        assert_eq!(id.is_empty(), bare.is_empty());
    }
    assert_ne!(Id::new(&b"a"[..]), Id::new(&b"A"[..]), "ids are opaque");
}

/// What another system named is written as it named it, whatever the peer's dialect (MM4 reference §3).
#[test]
fn a_kept_id_is_written_as_it_came() {
    for raw in ["a@b", "\"a@b\"", "<a@b>"] {
        let report = |id| crate::ReadReplyReportReq {
            transaction: crate::Transaction {
                version: crate::Version::OURS,
                id: Id::new(&b"t"[..]),
                sender: None,
                mail_id: None,
                date: None,
            },
            message_id: id,
            acknowledgement: crate::Acknowledgement::default(),
            recipient: crate::Address::new("+15550101"),
            originator: crate::Address::new("+15550102"),
            status: crate::ReadStatus::Read,
            status_text: None,
            application: crate::Application::default(),
            extra: crate::Extra::default(),
        };
        let written = |id| {
            let mut mail = Vec::new();
            report(id).write(&crate::Dialect::default(), &mut mail);
            let text = String::from_utf8(mail).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with("X-Mms-Message-ID: "));
            line.map(|line| line.trim_start_matches("X-Mms-Message-ID: ").to_owned())
        };
        assert_eq!(written(Id::kept(raw.as_bytes())).as_deref(), Some(raw));
        assert_eq!(written(Id::new(raw.as_bytes())).as_deref(), Some("\"a@b\""));
    }
}
