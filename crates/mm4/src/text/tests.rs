//! Tests of the dump.

use super::*;

#[test]
fn the_dump_shows_what_was_understood() {
    let mail = b"X-Mms-Message-Type: MM4_forward.RES\r\nX-Mms-Transaction-ID: t\r\nX-Odd: \x1B[2J\r\n\
X-Mms-Request-Status-Code: Ok\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
    let expected = [
        "MM4 response",
        "  X-Mms-Message-Type: MM4_forward.RES",
        "  X-Mms-Transaction-ID: t",
        "? X-Odd: ·[2J",
        "  X-Mms-Request-Status-Code: Ok",
        "? Content-Type: multipart/mixed; boundary=b",
        "  [multipart/mixed, Identity, 18 octets at 151]",
        "    [text/plain, Identity, 2 octets at 158]",
    ];
    assert_eq!(dump_string(mail).lines().collect::<Vec<_>>(), expected);
    assert!(dump_string(b"").starts_with("refused: there is no X-Mms-Message-Type\n"));
    let multipart = b"Content-Type: multipart/mixed\r\n\r\n";
    assert!(dump_string(multipart).contains("without a usable boundary"));
}
