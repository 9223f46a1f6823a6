//! The dump: a whole message, and what is left of a corrupt one.

use super::dump_string;

#[test]
fn a_message() {
    let bytes =
        b"\x8C\x80\x98T1\0\x8D\x92\x85\x01\x05\x89\x01\x81\x97\x05\xEAabc\0X-By\0me\0\xC7\x02zz\x8F\x99\
        \x84\xA3\x01\x0D\x02\x0A\x83\x81\xEA\x85a.txt\0\x8A\x80Hi";
    let expected = "       0  X-Mms-Message-Type: M-Send.req (0x80)
       2  X-Mms-Transaction-Id: T1
       6  X-Mms-MMS-Version: 1.2
       8  Date: 5 s since 1970
      11  From: (insert address)
      14  To: abc (utf-8)
      21  X-By: me
      29  field 0xc7: 027a7a
      33  X-Mms-Priority: 99
      35  Content-Type: application/vnd.wap.multipart.mixed
      53    part of 2 octets: text/plain; charset=106; name=a.txt; 0x0a=\\x80
";
    assert_eq!(dump_string(bytes), expected);
}

#[test]
fn corrupt_ones() {
    assert_eq!(
        dump_string(b"\x8C\x85\x05"),
        "       0  X-Mms-Message-Type: M-Acknowledge.ind (0x85)\n\
        \x20      2  unreadable: octet 0x05 begins no header (at octet 2)\n"
    );
    assert!(dump_string(b"\x8C\x82\0\0").ends_with("padding: 2 octets\n"));
    assert!(dump_string(b"\x8C\x80\x84\xA3").contains("unreadable body"));
}

#[test]
fn no_control_characters_reach_the_terminal() {
    let shown = dump_string(b"\x8C\x81\x98\x1B[2J\0\x8D\x90\x92\x80\x93ab\x1B[31m\0X\x1B\0\x1B\0");
    assert!(
        shown.chars().all(|octet| octet == '\n' || !octet.is_control()),
        "{shown:?}"
    );
}

#[test]
fn results_of_a_deletion() {
    let shown =
        dump_string(b"\x8C\x95\x98T\0\x8D\x93\x83\x0A\x81http://x\0\x92\x02\x81\xE4\x93\x06\x81gone\0");
    let expected = "       0  X-Mms-Message-Type: M-Delete.conf (0x95)
       2  X-Mms-Transaction-Id: T
       5  X-Mms-MMS-Version: 1.3
       7  X-Mms-Content-Location: 1: http://x
      19  X-Mms-Response-Status: 1: PermanentMessageNotFound
      23  X-Mms-Response-Text: 1: gone
";
    assert_eq!(shown, expected);
}
