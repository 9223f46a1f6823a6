//! Tests of the canonical form to MIME: what another MMSC will read of it.

use super::*;
use crate::{Entity, canonical};

/// A text with lone line feeds, a photograph's first octets, and a header that only WSP has.
fn sample() -> (Vec<u8>, Vec<u8>) {
    let mail = b"Content-Type: multipart/related; type=\"application/smil\"; start=s; boundary=b\r\n\r\n\
--b\r\nContent-Type: application/smil\r\nContent-ID: s\r\n\r\n<smil/>\r\n\
--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Location: t.txt\r\n\
X-WSP-Header: 8c81\r\nX-Odd: kept\r\n\r\na\nb\r\n\
--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"a b.jpg\"\r\n\r\n/9j/4AAQ\r\n--b--\r\n";
    let (mut content_type, mut body) = (Vec::new(), Vec::new());
    canonical::write(&Entity::read(mail).unwrap(), &mut content_type, &mut body).unwrap();
    (content_type, body)
}

fn written(content_type: &[u8], body: &[u8], carriage: Carriage) -> String {
    let mut out = Vec::new();
    write(
        &ContentType::from_raw(content_type).unwrap(),
        body,
        carriage,
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_message_becomes_a_mail() {
    let (content_type, body) = sample();
    let expected = "\
Content-Type: multipart/related; type=\"application/smil\"; start=\"<s>\";\r\n boundary=\"=_0001\"\r\n\r\n\r\n\
--=_0001\r\nContent-Type: application/smil\r\nContent-Transfer-Encoding: 7bit\r\nContent-ID: <s>\r\n\r\n<smil/>\r\n\
--=_0001\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\
Content-Location: t.txt\r\nX-WSP-Header: 8c81\r\nX-Odd: kept\r\n\r\na=0Ab\r\n\
--=_0001\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"a b.jpg\"\r\n\r\n/9j/4AAQ\r\n--=_0001--\r\n";
    assert_eq!(written(&content_type, &body, Carriage::SevenBit), expected);
}

#[test]
fn the_way_decides_the_encoding() {
    let single = |data: &str, carriage| {
        let mail = written(&[0x83], data.as_bytes(), carriage);
        let at = mail.find("Encoding: ").unwrap() + 10;
        mail[at..].lines().next().unwrap().to_owned()
    };
    assert_eq!(single("ü\r\n", Carriage::SevenBit), "base64", "mostly not ASCII");
    assert_eq!(
        single("x ü as a letter of many\r\n", Carriage::SevenBit),
        "quoted-printable"
    );
    assert_eq!(single("ü\r\n", Carriage::EightBit), "8bit");
    assert_eq!(single("a\nü\r\n", Carriage::EightBit), "base64");
    assert_eq!(single("a\n\0\r\n", Carriage::Binary), "binary");
    assert_eq!(single("a\r\n", Carriage::SevenBit), "7bit");
    assert_eq!(
        single("a", Carriage::SevenBit),
        "base64",
        "the mail's line end is not the text's"
    );
    assert_eq!(
        single("--=_0001\r\n", Carriage::Binary),
        "base64",
        "it might end the part"
    );
}

#[test]
fn what_is_no_multipart_goes_as_octets() {
    // One entry: Content-Type multipart.mixed, data that is no multipart.
    let mail = written(&[0xA3], &[1, 1, 2, 0xA3, 0xFF, 0xFF], Carriage::SevenBit);
    assert!(
        mail.contains("Content-Type: application/vnd.wap.multipart.mixed\r\n"),
        "{mail}"
    );
    let (mut content_type, mut body) = (Vec::new(), Vec::new());
    canonical::write(
        &Entity::read(mail.as_bytes()).unwrap(),
        &mut content_type,
        &mut body,
    )
    .unwrap();
    assert_eq!(body, [1, 1, 2, 0xA3, 0xFF, 0xFF]);
}

#[test]
fn a_broken_multipart_is_an_error() {
    let media = ContentType::from_raw(&[0xA3]).unwrap();
    let error = write(&media, &[1, 200], Carriage::SevenBit, &mut Vec::new()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Wsp(_)), "{error}");
    let many = [&[0x84, 0x01][..], &[1, 0, 0x83].repeat(513)].concat();
    let error = write(&media, &many, Carriage::SevenBit, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PartsTooMany);
}

#[test]
fn names_forge_nothing() {
    // name="a\r\nContent-ID: <b>", Content-Location with a line end.
    let mut head = Vec::new();
    let name = wsp::Parameter {
        name: wsp::ParameterName::Token(5),
        value: ParameterValue::Text(b"a\r\nContent-ID: <b>"),
    };
    wsp::write::content_type(&mut head, wsp::Media::Text(b"text/plain\r\nX: y"), &[name]);
    let mut headers = vec![0x80 | CONTENT_LOCATION];
    wsp::write::text_string(&mut headers, b"l\r\nContent-ID: <c>");
    let mut body = vec![1];
    wsp::write::part(&mut body, &head, &headers, b"x");
    let mail = written(&[0xA3], &body, Carriage::SevenBit);
    let entity = Entity::read(mail.as_bytes()).unwrap();
    let media = entity.content_type().unwrap();
    let part = entity.parts(&media).unwrap().next().unwrap().unwrap();
    assert_eq!(part.content_id(), None, "{mail}");
    assert_eq!(part.headers.first("X"), None);
    assert_eq!(part.body, b"x");
}
