//! Properties of the conversion, over generated and damaged mails and binary multiparts.
//!
//! The same functions that the fuzzers call: see `entity::fuzz` for what they assert. Each failing input is printed and
//! kept small by proptest.

use entity::{Carriage, Entity, HeadWriter, Headers, canonical, fuzz, mime};
use proptest::prelude::*;
use wsp::Multipart;

/// A mail that is nearly right: the shapes that the walk has to tell apart.
fn mails() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=b\r\n".to_owned()),
        Just("Content-Type: multipart/related; boundary=\"bb\"; start=\"<a>\"\r\n".to_owned()),
        Just("Content-Type: text/plain; charset=utf-8; name=\"=?utf-8?Q?=C3=BC?=\"\r\n".to_owned()),
        Just("Content-Transfer-Encoding: base64\r\n".to_owned()),
        Just("Content-Transfer-Encoding: quoted-printable\r\n".to_owned()),
        Just("Content-Disposition: attachment; filename*=utf-8''%C3%BC\r\n".to_owned()),
        Just("Content-ID: <a>\r\n".to_owned()),
        Just("X-WSP-Header: 8c81\r\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\r\n--b\r\n".to_owned()),
        Just("\n--bb\n".to_owned()),
        Just("\r\n--b--\r\n".to_owned()),
        Just("\r\n--bb--\r\n".to_owned()),
        Just("--=_0001\r\n".to_owned()),
        "[A-Za-z0-9+/=]{0,80}\r\n",
        "[ -~]{0,40}: [ -~]{0,80}\r\n",
        "\\PC{0,40}",
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat().into_bytes())
}

/// A binary multipart of any parts, with any names.
fn multiparts() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    let part = (
        prop::collection::vec(any::<u8>(), 0..300),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![0x03_u16, 0x1E, 0x27, 0x5A]),
    );
    prop::collection::vec(part, 0..6).prop_map(|parts| {
        let mut body = Vec::new();
        wsp::write::multipart_head(&mut body, parts.len() as u32);
        for (data, name, media) in &parts {
            let parameter = wsp::Parameter {
                name: wsp::ParameterName::Token(wsp::parameter::NAME),
                value: wsp::ParameterValue::Text(name),
            };
            let (mut head, mut headers) = (Vec::new(), vec![0xC0]);
            wsp::write::content_type(&mut head, wsp::Media::Code(*media), &[parameter]);
            wsp::write::quoted_string(&mut headers, name);
            wsp::write::part(&mut body, &head, &headers, data);
        }
        (body, parts.into_iter().map(|part| part.0).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn mails_convert_there_and_back(mail in mails()) {
        fuzz::mail(&mail);
    }

    #[test]
    fn octets_of_any_kind_are_no_danger(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz::mail(&bytes);
        fuzz::content(&bytes);
        fuzz::words(&bytes);
    }

    #[test]
    fn words_survive(text in "\\PC{0,200}") {
        fuzz::words(text.as_bytes());
    }

    #[test]
    fn every_octet_of_every_part_survives((body, data) in multiparts(), kind in 0..3) {
        let carriage = [Carriage::SevenBit, Carriage::EightBit, Carriage::Binary][kind as usize];
        let media = wsp::ContentType::from_raw(&[0xB3]).unwrap();
        let mut mail = Vec::new();
        mime::write(&media, &body, carriage, &mut mail).unwrap();
        let (mut content_type, mut again) = (Vec::new(), Vec::new());
        canonical::write(&Entity::read(&mail).unwrap(), &mut content_type, &mut again).unwrap();
        let read: Vec<_> = Multipart::read(&again).unwrap().map(|part| part.unwrap().data.to_vec()).collect();
        prop_assert_eq!(read, data);
        prop_assert_eq!(content_type, vec![0xB3]);
    }

    #[test]
    fn no_value_forges_a_header(value in prop::collection::vec(any::<u8>(), 0..3_000), name in "\\PC{0,20}") {
        let mut out = Vec::new();
        let mut head = HeadWriter::new(&mut out);
        head.put("X-One", &value);
        head.text("X-Two", &String::from_utf8_lossy(&value));
        head.media("X-Three", "text/plain", &[(&name, "x"), ("name", &String::from_utf8_lossy(&value))]);
        head.put(&name, b"x");
        let written = usize::from(out.ends_with(format!("\r\n{name}: x\r\n").as_bytes()));
        let (headers, end) = Headers::read(&out, 0).unwrap();
        prop_assert_eq!(end, out.len());
        prop_assert_eq!(headers.count(), 3 + written);
        for line in out.split(|&octet| octet == b'\n') {
            prop_assert!(line.len() <= 999 && line.is_ascii());
            prop_assert!(!line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r'));
        }
        prop_assert!(!out.contains(&0));
    }
}
