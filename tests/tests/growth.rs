//! Bombs: nesting, counts of parts, headers and recipients, lengths that lie; work and memory grow with the input only.
//!
//! Alone in its program, since it counts every allocation. Each subject is read at a size and at twice the size.
//! Invariants: allocations and allocated octets grow by [`RATIO_MAX`] at most; so do instructions, which callgrind
//! counts where it is installed (no clock is looked at). A subject of quadratic work is caught: the canary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test that panics is a failed test"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::Command;
use std::sync::Arc;

use smtp::fuzz::{Cut, accept_all, exchanges, serve};

/// Growth that is allowed for twice the input: a tenth for tables that double.
const RATIO_MAX: f64 = 2.2;

/// Allocations and octets below which a ratio says nothing.
const COUNT_MIN: u64 = 64;
const OCTETS_MIN: u64 = 16 << 10;

/// Names a subject and a size to the program run under callgrind.
const PROBE: &str = "GROWTH_PROBE";

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static OCTETS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator that counts must be an allocator")]
// SAFETY: every call is passed on unchanged; counting touches only a thread's own cells, which need no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends may have lost its cells; it counts no more.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        let _ = OCTETS.try_with(|octets| octets.set(octets.get() + layout.size() as u64));
        // SAFETY: as for this call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for this call.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A bomb: its name, its smaller size, how it is made, what reads it.
struct Subject {
    name: &'static str,
    size: usize,
    make: fn(usize) -> Vec<u8>,
    read: fn(&[u8]),
}

const fn subject(name: &'static str, size: usize, make: fn(usize) -> Vec<u8>, read: fn(&[u8])) -> Subject {
    Subject {
        name,
        size,
        make,
        read,
    }
}

const SUBJECTS: &[Subject] = &[
    subject("wsp: parts", 2_000, |n| parts(n, b""), multipart),
    subject(
        "wsp: headers of a part",
        2_000,
        |n| parts(1, &b"X-A\0y\0".repeat(n)),
        multipart,
    ),
    subject("wsp: parameters", 2_000, parameters, multipart),
    subject(
        "wsp: nesting",
        40,
        |n| (0..n).fold(parts(1, b""), |inner, _| nested(&inner)),
        multipart,
    ),
    subject(
        "wsp: entries that lie",
        20_000,
        |n| [&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F][..], &vec![0; n]].concat(),
        multipart,
    ),
    subject(
        "mms: recipients",
        2_000,
        |n| submission(&b"\x97+447700900002/TYPE=PLMN\0".repeat(n)),
        pdu,
    ),
    subject(
        "mms: unknown headers",
        2_000,
        |n| submission(&b"X-Scanned-By\0yes\0".repeat(n)),
        pdu,
    ),
    subject(
        "mms: one field many times",
        2_000,
        |n| submission(&b"\x96\x05\xEA\x22\"x\0".repeat(n)),
        pdu,
    ),
    subject(
        "mms: a long subject",
        40_000,
        |n| submission(&[b"\x96", &vec![b'x'; n][..], b"\0"].concat()),
        pdu,
    ),
    subject(
        "http1: fields",
        40,
        |n| request(&"X-A: y\r\n".repeat(n), ""),
        http,
    ),
    subject(
        "http1: a long field",
        6_000,
        |n| request(&format!("X-A: {}\r\n", "y".repeat(n)), ""),
        http,
    ),
    subject(
        "http1: chunks of one octet",
        5_000,
        |n| chunked(&"1\r\nx\r\n".repeat(n)),
        http,
    ),
    subject(
        "http1: chunk extensions",
        50,
        |n| chunked(&format!("1;{}\r\nx\r\n", "a".repeat(n))),
        http,
    ),
    subject(
        "http1: empty lines before",
        1_000,
        |n| [&b"\r\n".repeat(n)[..], &request("", "")].concat(),
        http,
    ),
    subject("http1: requests", 400, |n| request("", "").repeat(n), http),
    subject(
        "entity: headers",
        200,
        |n| mail(&"X-A: y\r\n".repeat(n), ""),
        entity,
    ),
    subject(
        "entity: a folded header",
        400,
        |n| mail(&format!("X-A: y\r\n{}", " z\r\n".repeat(n)), ""),
        entity,
    ),
    subject("entity: parts", 40, |n| many_parts(n, "", "x"), entity),
    subject("entity: nesting", 40, nested_mail, entity),
    subject(
        "entity: boundaries that are none",
        5_000,
        |n| many_parts(1, "", &"\r\n--bx".repeat(n)),
        entity,
    ),
    subject(
        "entity: encoded words",
        200,
        |n| mail(&format!("Subject: {}\r\n", "=?utf-8?Q?=C3=BC?= ".repeat(n)), ""),
        entity,
    ),
    subject("entity: pieces of names", 20, pieces_of_names, entity),
    subject(
        "entity: comments",
        200,
        |n| mail(&format!("To: {}a@b{}\r\n", "(".repeat(n), ")".repeat(n)), ""),
        entity,
    ),
    subject(
        "entity: quoted-printable",
        5_000,
        |n| coded("quoted-printable", &"=3D=\r\n".repeat(n)),
        entity,
    ),
    subject(
        "entity: base64 of noise",
        5_000,
        |n| coded("base64", &"A!=\r\n".repeat(n)),
        entity,
    ),
    subject(
        "mm4: recipients",
        100,
        |n| forward(&format!("Cc: {}\r\n", vec!["+447700900003"; n].join(", "))),
        mm4,
    ),
    subject(
        "mm4: unknown headers",
        200,
        |n| forward(&"X-A: y\r\n".repeat(n)),
        mm4,
    ),
    subject("mm4: hops", 100, hops, mm4),
    subject(
        "smtp: lines",
        5_000,
        |n| dialogue(&format!("DATA\r\n{}.\r\n", "a: b\r\n".repeat(n))),
        smtp,
    ),
    subject(
        "smtp: dots",
        5_000,
        |n| dialogue(&format!("DATA\r\na: b\r\n\r\n{}.\r\n", "..\r\n".repeat(n))),
        smtp,
    ),
    subject(
        "smtp: recipients",
        100,
        |n| dialogue(&"RCPT TO:<b@x>\r\n".repeat(n)),
        smtp,
    ),
    subject(
        "smtp: chunks of one octet",
        1_000,
        |n| dialogue(&"BDAT 1\r\nx".repeat(n)),
        smtp,
    ),
    subject("smtp: commands", 400, |n| dialogue(&"NOOP\r\n".repeat(n)), smtp),
    subject(
        "smtp: a line without end",
        20_000,
        |n| dialogue(&"x".repeat(n)),
        smtp,
    ),
];

/// Reads all that came before for each octet, and keeps it.
const QUADRATIC: Subject = subject("canary", 400, |n| vec![1; n], quadratic);

fn quadratic(octets: &[u8]) {
    let mut sums = 0_u64;
    for at in 0..octets.len() {
        let before = octets[..at].to_vec();
        sums += before
            .iter()
            .map(|&octet| u64::from(std::hint::black_box(octet)))
            .sum::<u64>();
    }
    std::hint::black_box(sums);
}

fn parts(count: usize, headers: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wsp::write::multipart_head(&mut out, count as u32);
    for _ in 0..count {
        wsp::write::part(&mut out, &[0x83], headers, b"x");
    }
    out
}

fn parameters(count: usize) -> Vec<u8> {
    let parameter = wsp::Parameter {
        name: wsp::ParameterName::Text(b"a"),
        value: wsp::ParameterValue::Text(b"b"),
    };
    let (mut content_type, mut out) = (Vec::new(), Vec::new());
    wsp::write::content_type(&mut content_type, wsp::Media::Code(3), &vec![parameter; count]);
    wsp::write::multipart_head(&mut out, 1);
    wsp::write::part(&mut out, &content_type, b"", b"x");
    out
}

fn nested(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wsp::write::multipart_head(&mut out, 1);
    wsp::write::part(&mut out, &[0xB3], b"", inner);
    out
}

fn submission(fields: &[u8]) -> Vec<u8> {
    let mut out = b"\x8C\x80\x98T1\0\x8D\x92\x89\x01\x81\x97+447700900001/TYPE=PLMN\0".to_vec();
    out.extend_from_slice(fields);
    out.extend_from_slice(b"\x84\x83x");
    out
}

fn request(fields: &str, body: &str) -> Vec<u8> {
    let octets = body.len();
    format!("POST / HTTP/1.1\r\nHost: m\r\n{fields}Content-Length: {octets}\r\n\r\n{body}").into_bytes()
}

fn chunked(chunks: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").into_bytes()
}

fn mail(headers: &str, body: &str) -> Vec<u8> {
    format!("From: a@b\r\n{headers}\r\n{body}").into_bytes()
}

fn many_parts(count: usize, headers: &str, body: &str) -> Vec<u8> {
    let part = format!("--b\r\n{headers}\r\n{body}\r\n");
    mail(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        &format!("{}--b--\r\n", part.repeat(count)),
    )
}

fn nested_mail(depth: usize) -> Vec<u8> {
    let head = |at: usize| format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n");
    (0..depth).map(head).collect::<String>().into_bytes()
}

/// The library joins the pieces of one name with work that is quadratic in them; a Content-Type is read up to 4 KiB, so
/// that many of them are what may grow.
fn pieces_of_names(count: usize) -> Vec<u8> {
    let pieces: String = (0..100).map(|at| format!("; name*{at}=\"x\"")).collect();
    many_parts(count, &format!("Content-Type: text/plain{pieces}\r\n"), "x")
}

fn coded(encoding: &str, body: &str) -> Vec<u8> {
    mail(&format!("Content-Transfer-Encoding: {encoding}\r\n"), body)
}

fn forward(headers: &str) -> Vec<u8> {
    format!(
        "X-Mms-Message-Type: MM4_forward.REQ\r\nFrom: +447700900001\r\nTo: +447700900002\r\n\
         X-Mms-Transaction-ID: t\r\nX-Mms-Message-ID: m\r\n{headers}Content-Type: text/plain\r\n\r\nhi\r\n"
    )
    .into_bytes()
}

fn hops(count: usize) -> Vec<u8> {
    let hop = |at: usize| format!("X-Mms-Previously-sent-by: {at}, +447700900003\r\n");
    forward(&(1..=count).map(hop).collect::<String>())
}

fn dialogue(rest: &str) -> Vec<u8> {
    format!("EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n{rest}").into_bytes()
}

fn multipart(octets: &[u8]) {
    wsp::fuzz::multipart(octets);
}

fn pdu(octets: &[u8]) {
    mms::fuzz::pdu(octets);
}

fn http(octets: &[u8]) {
    std::hint::black_box(http1::fuzz::run(octets, http1::Limits::DEFAULT, 1_400));
}

fn entity(octets: &[u8]) {
    entity::fuzz::mail(octets);
}

fn mm4(octets: &[u8]) {
    mm4::fuzz::mail(octets);
}

fn smtp(octets: &[u8]) {
    let config = Arc::new(smtp::server::Config::new("mmsc.example"));
    std::hint::black_box(serve(&config, &exchanges(octets), Cut::Pieces(256), &accept_all));
}

/// What callgrind collects. A function of its own, by whose name it is found.
#[inline(never)]
fn measured_work(read: fn(&[u8]), octets: &[u8]) {
    read(octets);
}

/// Allocations and octets allocated.
fn allocations(subject: &Subject, size: usize) -> (u64, u64) {
    let input = (subject.make)(size);
    let before = (COUNT.get(), OCTETS.get());
    measured_work(subject.read, &input);
    (COUNT.get() - before.0, OCTETS.get() - before.1)
}

fn grows_too_much(once: u64, twice: u64, floor: u64) -> bool {
    twice as f64 > RATIO_MAX * once.max(floor) as f64
}

fn memory_verdict(subject: &Subject) -> Result<(), String> {
    let once = allocations(subject, subject.size);
    let twice = allocations(subject, 2 * subject.size);
    println!("{:34} {once:?} {twice:?} allocations, octets", subject.name);
    if grows_too_much(once.0, twice.0, COUNT_MIN) || grows_too_much(once.1, twice.1, OCTETS_MIN) {
        return Err(format!("{}: {once:?} becomes {twice:?}", subject.name));
    }
    Ok(())
}

#[test]
fn memory_grows_with_the_input() {
    let failures: Vec<String> = SUBJECTS.iter().filter_map(|s| memory_verdict(s).err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(memory_verdict(&QUADRATIC).is_err(), "the canary");
}

fn probed(subject: &Subject, size: usize) -> Option<u64> {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*measured_work*")
        .arg(program)
        .args(["--exact", "probe", "--nocapture", "--test-threads=1"])
        .env(PROBE, format!("{}|{size}", subject.name))
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find_map(|line| line.split("Collected :").nth(1));
    Some(
        line.and_then(|count| count.trim().parse().ok())
            .unwrap_or_else(|| panic!("{said}")),
    )
}

/// Does one subject's work once, where it is told to; else nothing.
#[test]
fn probe() {
    let Ok(told) = std::env::var(PROBE) else { return };
    let (name, size) = told.split_once('|').unwrap();
    let all = SUBJECTS.iter().chain([&QUADRATIC]);
    let subject = all.into_iter().find(|subject| subject.name == name).unwrap();
    measured_work(subject.read, &(subject.make)(size.parse().unwrap()));
}

fn work_verdict(subject: &Subject) -> Option<Result<(), String>> {
    let (once, twice) = (probed(subject, subject.size)?, probed(subject, 2 * subject.size)?);
    let ratio = twice as f64 / once.max(1) as f64;
    println!(
        "{:34} {once:>12} {twice:>12} instructions, {ratio:.2}",
        subject.name
    );
    let failure = format!("{}: {once} instructions become {twice}", subject.name);
    Some(if once > 0 && ratio <= RATIO_MAX {
        Ok(())
    } else {
        Err(failure)
    })
}

#[test]
fn work_grows_with_the_input() {
    let Some(canary) = work_verdict(&QUADRATIC) else {
        println!("skipped: no valgrind");
        return;
    };
    assert!(canary.is_err(), "the canary");
    let failures: Vec<String> = SUBJECTS.iter().filter_map(|s| work_verdict(s)?.err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}
