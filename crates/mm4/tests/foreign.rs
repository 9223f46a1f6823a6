//! The foreign judge: Python's `email` package reads what we write, and writes what we read.
//!
//! Our encoder never judges our decoder (rule 28). Where there is no python3 the tests say so and pass. Values go to
//! and fro in hexadecimal, one line each.

#![expect(clippy::unwrap_used, reason = "a test's steps fail the test")]

use std::io::Write;
use std::process::{Command, Stdio};

use entity::{Carriage, Entity, canonical, mime};
use mm4::{Dialect, Message};
use wsp::Multipart;

/// Runs a Python program with `input`; `None` where there is no Python.
fn python(program: &str, input: &[u8]) -> Option<String> {
    let child = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: there is no python3");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 failed");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn octets(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

/// Reads a mail; prints headers, then for each leaf its type, charset, name, Content-ID, Content-Location and data.
const READER: &str = r#"
import sys, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
assert not any(p.defects for p in m.walk()), [p.defects for p in m.walk()]
h = lambda s: str(s or '').encode().hex()
for name in ['From', 'To', 'Subject', 'X-Mms-Message-Type', 'X-Mms-Message-ID', 'X-Mms-Status-Text', 'X-Long']:
    print(h(m[name]))
for p in m.walk():
    if not p.is_multipart():
        data = p.get_payload(decode=True)
        print(p.get_content_type(), p.get_content_charset() or '-', h(p.get_filename()), h(p['Content-ID']),
              h(p['Content-Location']), data.hex() or '-')
"#;

/// Bodies that are hard to carry.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let octets: Vec<u8> = (0..=255).cycle().take(30_000).collect();
    vec![
        ("image/jpeg", octets),
        ("text/plain", "Grüße\r\nund ein Ende ohne Zeile".into()),
        ("text/plain", "plain\r\nlines\r\n.\r\n..\r\nFrom me\r\n".into()),
        (
            "text/plain",
            b"lone\nfeeds\rand returns = 1 \r\n--=_0001\r\n".to_vec(),
        ),
        ("text/plain", "x".repeat(5_000).into_bytes()),
        ("text/plain", Vec::new()),
        ("application/smil", b"<smil><img src=\"a.jpg\"/></smil>".to_vec()),
    ]
}

fn multipart() -> Vec<u8> {
    let bodies = bodies();
    let mut out = Vec::new();
    wsp::write::multipart_head(&mut out, bodies.len() as u32);
    for (index, (media, data)) in bodies.iter().enumerate() {
        let name = format!("nämé {index}.bin");
        let parameters = [
            wsp::Parameter {
                name: wsp::ParameterName::Token(wsp::parameter::CHARSET),
                value: wsp::ParameterValue::Integer(106),
            },
            wsp::Parameter {
                name: wsp::ParameterName::Token(wsp::parameter::NAME),
                value: wsp::ParameterValue::Text(name.as_bytes()),
            },
        ];
        let (mut head, mut headers) = (Vec::new(), vec![0xC0]);
        wsp::write::content_type(&mut head, wsp::Media::Text(media.as_bytes()), &parameters);
        wsp::write::quoted_string(&mut headers, format!("<{index}@x>").as_bytes());
        headers.push(0x8E);
        wsp::write::text_string(&mut headers, format!("{index}.bin").as_bytes());
        wsp::write::part(&mut out, &head, &headers, data);
    }
    out
}

#[test]
fn python_reads_what_we_write() {
    let base = "From: a@b\r\nTo: +447700900001, +447700900002\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
X-Mms-Transaction-ID: t\r\nX-Mms-Message-ID: m@x\r\nX-Mms-Status-Text: unknown here\r\n\r\n";
    let body = multipart();
    for carriage in [Carriage::SevenBit, Carriage::EightBit, Carriage::Binary] {
        let Ok(Message::ForwardReq(mut request)) = Message::read(base.as_bytes()) else {
            panic!("a forward")
        };
        let content_type = wsp::ContentType::from_raw(&[0xA3]).unwrap();
        request.content = mm4::Content::Canonical {
            content_type,
            body: &body,
        };
        let subject = "Grüße 你好 😀 und noch sehr viel mehr Text, der gefaltet werden muss";
        request.subject = Some(subject.into());
        let long = "word ".repeat(400);
        request.extra.push("X-Long", long.trim().as_bytes());
        let mut mail = Vec::new();
        request
            .write(
                &Dialect {
                    carriage,
                    ..Dialect::default()
                },
                &mut mail,
            )
            .unwrap();
        let Some(read) = python(READER, &mail) else { return };
        let lines: Vec<_> = read.lines().collect();
        let headers: Vec<_> = lines[..7]
            .iter()
            .map(|line| String::from_utf8(octets(line)).unwrap())
            .collect();
        let to = "+447700900001/TYPE=PLMN, +447700900002/TYPE=PLMN";
        let expected = ["a@b", to, subject, "MM4_forward.REQ", "\"m@x\"", "", long.trim()];
        assert_eq!(headers, expected, "{carriage:?}");
        assert_eq!(lines.len(), 7 + bodies().len());
        for (index, (line, (media, data))) in lines[7..].iter().zip(bodies()).enumerate() {
            let columns: Vec<_> = line.split(' ').collect();
            assert_eq!(columns[..2], [media, "utf-8"], "{line}");
            let text = |column: usize| String::from_utf8(octets(columns[column])).unwrap();
            assert_eq!(text(2), format!("nämé {index}.bin"));
            assert_eq!(text(3), format!("<{index}@x>"));
            assert_eq!(text(4), format!("{index}.bin"));
            // A part that ends in a line end is read without it where it is not encoded: the delimiter's own.
            assert_eq!(
                columns[5].trim_matches('-'),
                hexadecimal(&data),
                "{carriage:?} part {index}"
            );
        }
    }
}

/// Writes a mail of the bodies that it is given, one line of hexadecimal each, with names in RFC 2231 and RFC 2047.
const WRITER: &str = r#"
import sys
from email.mime.multipart import MIMEMultipart
from email.mime.base import MIMEBase
from email import encoders
from email.header import Header
lines = sys.stdin.read().split('\n')
style = lines[0]
m = MIMEMultipart('related', type='application/smil', start='<0@x>')
m['From'] = '+447700900001/TYPE=PLMN@mms.a.example'
m['To'] = ', '.join('+4477009000%02d/TYPE=PLMN' % n for n in range(2, 30))
m['Subject'] = Header('Grüße 你好 😀 und noch sehr viel mehr Text, der gefaltet werden muss', 'utf-8')
m['X-Mms-Message-Type'] = 'MM4_forward.REQ'
m['X-Mms-Transaction-ID'] = 't'
m['X-Mms-Message-ID'] = 'm'
for i, line in enumerate(lines[1:]):
    media, data = line.split(' ')
    p = MIMEBase(*media.split('/'))
    p.set_param('charset', 'utf-8')
    p.set_payload(bytes.fromhex(data))
    encoders.encode_base64(p) if style == 'base64' else encoders.encode_quopri(p)
    p.set_param('name', ('utf-8', '', 'nämé %d.bin' % i))
    p['Content-ID'] = '<%d@x>' % i
    p['Content-Location'] = '%d.bin' % i
    m.attach(p)
sys.stdout.write(m.as_bytes(policy=m.policy.clone(linesep='\r\n')).hex())
"#;

#[test]
fn we_read_what_python_writes() {
    for style in ["base64", "quoted-printable"] {
        // Its encoder of quoted-printable takes line ends for line ends, of whatever kind.
        let carried =
            |data: &[u8]| style == "base64" || !data.iter().any(|octet| matches!(octet, b'\r' | b'\n'));
        let sent: Vec<_> = bodies().into_iter().filter(|(_, data)| carried(data)).collect();
        let lines: Vec<_> = sent
            .iter()
            .map(|(media, data)| format!("{media} {}", hexadecimal(data)))
            .collect();
        let Some(written) = python(WRITER, format!("{style}\n{}", lines.join("\n")).as_bytes()) else {
            return;
        };
        let mail = octets(&written);
        let Ok(Message::ForwardReq(request)) = Message::read(&mail) else {
            panic!("a forward")
        };
        let subject = "Grüße 你好 😀 und noch sehr viel mehr Text, der gefaltet werden muss";
        assert_eq!(request.subject.as_deref(), Some(subject));
        assert_eq!(request.to.len(), 28);
        let (mut content_type, mut body) = (Vec::new(), Vec::new());
        assert_eq!(
            request.content.canonical(&mut content_type, &mut body).unwrap(),
            sent.len()
        );
        assert_eq!(
            wsp::ContentType::from_raw(&content_type).unwrap().start(),
            Some(b"<0@x>".as_slice())
        );
        for (index, (part, (media, data))) in Multipart::read(&body).unwrap().zip(&sent).enumerate() {
            let part = part.unwrap();
            assert!(part.content_type.is(media) && part.content_type.charset() == Some(106));
            assert_eq!(part.data, data, "{style} {index}");
            assert_eq!(part.name(), Some(format!("nämé {index}.bin").as_bytes()));
            assert_eq!(part.content_id(), Some(format!("{index}@x").as_bytes()));
            assert_eq!(part.content_location(), Some(format!("{index}.bin").as_bytes()));
        }
    }
}

/// The canary: a mail with one octet changed must not pass for the same.
#[test]
fn a_changed_octet_is_seen() {
    let body = multipart();
    let media = wsp::ContentType::from_raw(&[0xA3]).unwrap();
    let mut mail = Vec::new();
    mime::write(&media, &body, Carriage::SevenBit, &mut mail).unwrap();
    let at = mail.len() / 3;
    mail[at] = if mail[at] == b'A' { b'B' } else { b'A' };
    let (mut content_type, mut again) = (Vec::new(), Vec::new());
    canonical::write(&Entity::read(&mail).unwrap(), &mut content_type, &mut again).unwrap();
    assert_ne!(body, again);
}
