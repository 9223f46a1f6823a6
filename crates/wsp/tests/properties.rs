//! Properties of the codec: what is written reads back equal, and no bytes make it panic.
//!
//! Beside the vectors, which say what is right; these say that nothing falls between them. Invariant: every case is a
//! function of proptest's seed.

use proptest::collection::vec;
use proptest::prelude::*;
use wsp::{
    ContentType, EncodedString, Media, Multipart, Parameter, ParameterName, ParameterValue, Reader, write,
};

/// Two parts: SMIL with all its headers, and text.
const WHOLE: &[u8] = b"\x02\
    \x2E\x04\x1Dapplication/smil\0\x85smil.xml\0\x81\xEA\xC0\"<s>\0\x8Esmil.xml\0<a/>\
    \x01\x02\x83Hi";

fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8..=255, 0..40)
}

fn written(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![0xAA];
    put(&mut out);
    assert_eq!(out.first(), Some(&0xAA), "writers append");
    out.split_off(1)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers(value: u64, short: u32) {
        let out = written(|out| write::integer(out, value));
        prop_assert_eq!(Reader::new(&out).integer(), Ok(value));
        let out = written(|out| write::long_integer(out, value));
        prop_assert_eq!(Reader::new(&out).long_integer(), Ok(value));
        let out = written(|out| write::uintvar(out, short));
        prop_assert_eq!(Reader::new(&out).uintvar(), Ok(short));
        let out = written(|out| write::value_length(out, short));
        prop_assert_eq!(Reader::new(&out).value_length(), Ok(short));
    }

    #[test]
    fn texts(text in text()) {
        let out = written(|out| write::text_string(out, &text));
        prop_assert_eq!(Reader::new(&out).text_string(), Ok(text.as_slice()));
        // A text must not be taken for anything else by somebody who only skips it.
        let skipped = Reader::new(&out).raw_value(wsp::HighOctet::Value);
        prop_assert_eq!(skipped, Ok(out.as_slice()));
    }

    #[test]
    fn encoded_strings(
        text in text(),
        charset in prop::option::of(prop::sample::select(vec![0_u32, 3, 4, 106, 2084])),
    ) {
        let string = EncodedString { charset, text: &text };
        let out = written(|out| write::encoded_string(out, string));
        prop_assert_eq!(Reader::new(&out).encoded_string(), Ok(string));
    }

    #[test]
    fn wide_strings(units in vec(1_u16..=u16::MAX, 0..40)) {
        let text: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let string = EncodedString { charset: Some(1000), text: &text };
        let out = written(|out| write::encoded_string(out, string));
        prop_assert_eq!(Reader::new(&out).encoded_string(), Ok(string));
    }

    #[test]
    fn content_types(media in text(), entries in vec((0_u8..128, text()), 0..5)) {
        let parameters: Vec<_> = entries.iter().filter(|entry| entry.0 != 0).map(|(token, text)| Parameter {
            name: ParameterName::Token(*token),
            value: ParameterValue::Text(text),
        }).collect();
        let out = written(|out| write::content_type(out, Media::Text(&media), &parameters));
        let read = ContentType::from_raw(&out).expect("readable");
        prop_assert_eq!(read.raw, out.as_slice());
        prop_assert_eq!(read.media, Media::Text(&media));
        prop_assert_eq!(read.parameters().collect::<Vec<_>>(), parameters);
    }

    #[test]
    fn multiparts(parts in vec((text(), vec(any::<u8>(), 0..200)), 0..6)) {
        let mut body = Vec::new();
        write::multipart_head(&mut body, u32::try_from(parts.len()).expect("few"));
        for (name, data) in &parts {
            let headers = written(|out| { out.push(0x8E); write::text_string(out, name); });
            write::part(&mut body, b"\x83", &headers, data);
        }
        let read: Vec<_> = Multipart::read(&body).expect("a count").map(|part| part.expect("a part")).collect();
        prop_assert_eq!(read.len(), parts.len());
        for (part, (name, data)) in read.iter().zip(&parts) {
            prop_assert_eq!(part.data, data.as_slice());
            prop_assert_eq!(part.content_location(), Some(name.as_slice()));
        }
    }

    #[test]
    fn hostile_bytes(bytes in vec(any::<u8>(), 0..300)) {
        wsp::fuzz::multipart(&bytes);
    }

    #[test]
    fn damaged_multiparts(position in 0_usize..60, octet: u8, cut in 0_usize..60) {
        let mut body = WHOLE.to_vec();
        if let Some(slot) = body.get_mut(position) {
            *slot = octet;
        }
        wsp::fuzz::multipart(&body);
        body.truncate(cut);
        wsp::fuzz::multipart(&body);
    }
}
