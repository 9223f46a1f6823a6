//! Tests of MIME to the canonical form: what a handset will read of it.

use super::*;
use wsp::{Multipart, PartHeader, Reader};

fn convert(mail: &[u8]) -> Result<(Vec<u8>, Vec<u8>, usize), ErrorKind> {
    let entity = Entity::read(mail).unwrap();
    let (mut content_type, mut body) = (Vec::new(), Vec::new());
    let parts = write(&entity, &mut content_type, &mut body).map_err(|error| error.kind)?;
    Ok((content_type, body, parts))
}

const RELATED: &[u8] =
    b"Content-Type: multipart/related; type=\"application/smil\"; start=\"<s>\"; boundary=b\r\n\r\n\
--b\r\nContent-Type: application/smil; charset=utf-8; name=s.smil\r\nContent-ID: <s>\r\n\r\n<smil/>\r\n\
--b\r\nContent-Type: text/plain; charset=x-klingon\r\nContent-Location: t.txt\r\nX-Odd: kept\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\nq=C3=BC=\r\n\r\n\
--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-ID: 0\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"a b.jpg\"\r\n\r\n/9j/4AAQ\r\n--b--\r\n";

#[test]
fn a_related_message_becomes_what_a_handset_reads() {
    let (content_type, body, count) = convert(RELATED).unwrap();
    assert_eq!(count, 3);
    let media = wsp::ContentType::from_raw(&content_type).unwrap();
    assert!(media.is("application/vnd.wap.multipart.related"));
    assert_eq!(media.start(), Some(b"<s>".as_slice()));
    assert_eq!(media.root_type().unwrap().name(), b"application/smil");
    assert!(media.parameters().named("boundary").is_none());

    let parts: Vec<_> = Multipart::read(&body).unwrap().map(Result::unwrap).collect();
    let [smil, text, image] = parts.as_slice() else {
        panic!("three parts")
    };
    assert_eq!(smil.content_type.charset(), Some(106));
    assert_eq!(
        (smil.content_id(), smil.name()),
        (Some(b"s".as_slice()), Some(b"s.smil".as_slice()))
    );
    assert_eq!(smil.data, b"<smil/>");

    assert_eq!(text.content_type.media, Media::Code(media_type::TEXT_PLAIN));
    assert_eq!(
        text.content_type.parameters().named("charset").unwrap().text(),
        Some(b"x-klingon".as_slice())
    );
    assert_eq!(text.content_location(), Some(b"t.txt".as_slice()));
    assert_eq!(text.headers.text("x-odd"), Some(b"kept".as_slice()));
    assert_eq!(text.headers.transfer_encoding(), None);
    assert_eq!(text.data, "qü".as_bytes());

    assert_eq!(image.headers.file_name(), Some(b"a b.jpg".as_slice()));
    assert_eq!(image.content_id(), Some(b"0".as_slice()));
    assert_eq!(image.data, b"\xFF\xD8\xFF\xE0\0\x10");
}

#[test]
fn octets_are_those_of_the_specification() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-ID: <t>\r\n\r\nhi\r\n--b--\r\n";
    let (content_type, body, _) = convert(mail).unwrap();
    assert_eq!(content_type, [0xA3], "multipart.mixed, short form");
    let expected: &[u8] = &[
        0x01, // one entry
        0x0A, 0x02, // ten octets of headers, two of data
        0x03, 0x83, 0x81, 0xEA, // general form: text/plain, charset, 106
        0xC0, 0x22, b'<', b't', b'>', 0x00, // Content-ID, Quoted-string
        b'h', b'i',
    ];
    assert_eq!(body, expected);
}

#[test]
fn a_single_part_stays_single_unless_it_has_a_name() {
    let (content_type, body, count) =
        convert(b"Content-Type: text/plain; charset=utf-8\r\n\r\nhi\r\n").unwrap();
    assert_eq!(
        (content_type.as_slice(), body.as_slice(), count),
        ([3, 0x83, 0x81, 0xEA].as_slice(), b"hi\r\n".as_slice(), 1)
    );
    let (content_type, body, _) = convert(b"Subject: x\r\nContent-ID: <a>\r\n\r\nhi").unwrap();
    assert_eq!(content_type, [0xA3]);
    let part = Multipart::read(&body).unwrap().next().unwrap().unwrap();
    assert_eq!(
        (part.content_id(), part.data),
        (Some(b"a".as_slice()), b"hi".as_slice())
    );
    let names: Vec<_> = part
        .headers
        .filter(|h| matches!(h, PartHeader::Text { .. }))
        .collect();
    assert!(
        names.is_empty(),
        "headers of the mail are none of the part's: {names:?}"
    );
}

#[test]
fn nested_multiparts_nest() {
    let mail = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n\
--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n--a\r\n\r\nthree\r\n--a--\r\n";
    let (_, body, count) = convert(mail).unwrap();
    assert_eq!(count, 4);
    let parts: Vec<_> = Multipart::read(&body).unwrap().map(Result::unwrap).collect();
    assert!(
        parts[0]
            .content_type
            .is("application/vnd.wap.multipart.alternative")
    );
    let inner: Vec<_> = parts[0]
        .multipart()
        .unwrap()
        .map(|part| part.unwrap().data)
        .collect();
    assert_eq!(inner, [b"one", b"two"]);
    assert_eq!(parts[1].data, b"three");
}

#[test]
fn lengths_are_right_where_the_guess_is_not() {
    // Base64 with a space after each character is six times as long as its data.
    for octets in [1_usize, 90, 127, 128, 129, 16_383, 16_384, 20_000] {
        let mut text = Vec::new();
        crate::transfer::encode_base64(&vec![b'x'; octets], &mut text);
        let spaced: Vec<u8> = text.iter().flat_map(|&octet| [octet, b' ']).collect();
        for encoded in [text, spaced] {
            let mut mail = b"Content-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
            mail.extend_from_slice(&encoded);
            let (_, body, _) = convert(&mail).unwrap();
            let part = Multipart::read(&body).unwrap().next().unwrap().unwrap();
            assert_eq!(part.data, vec![b'x'; octets]);
            assert_eq!(part.data.len() + part.data_offset, body.len());
            let mut reader = Reader::new(&body[2..]);
            assert_eq!(reader.uintvar().unwrap() as usize, octets);
        }
    }
}

#[test]
fn bombs_are_refused() {
    let mut inner = String::from("x");
    for level in 0..100 {
        inner = format!(
            "Content-Type: multipart/mixed; boundary=b{level}x\r\n\r\n--b{level}x\r\n{inner}\r\n--b{level}x--\r\n"
        );
    }
    assert_eq!(convert(inner.as_bytes()).unwrap_err(), ErrorKind::Depth);
    let wide =
        "--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--\r\n".repeat(300);
    let mail = format!("Content-Type: multipart/mixed; boundary=a\r\n\r\n{wide}--a--");
    assert_eq!(convert(mail.as_bytes()).unwrap_err(), ErrorKind::PartsTooMany);
    let mail = b"Content-Type: multipart/mixed\r\n\r\nx";
    assert_eq!(convert(mail).unwrap_err(), ErrorKind::Boundary);
}
