//! The request line: method, target, version (RFC 9112 §3).
//!
//! Called by the scan as soon as the line is whole, and again when the request is made. Invariants: exactly two single
//! spaces; the target is visible ASCII; ranges lie within the line. Targets are liberal in what a path may hold, since
//! handsets append their Transaction-ID to a retrieval URL as it is.

use crate::head::Span;
use crate::reason::Reason;
use crate::scan::is_token_octet;

/// The method, as far as an MMSC tells them apart; the word itself is `Request::method_text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Retrieval.
    Get,
    /// Every PDU of a handset.
    Post,
    /// As GET, and the answer has no body.
    Head,
    /// Anything else; the owner answers 405.
    Other,
}

/// The version that a request's rules follow. HTTP/1.2 and above within major 1 count as 1.1 (RFC 9110 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// HTTP/1.0: closes unless asked to keep alive; never gets 100 or chunks.
    Http10,
    /// HTTP/1.1.
    Http11,
}

/// The form of a target (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `/path?query`.
    Origin,
    /// `http://host/path?query`, as sent to a proxy.
    Absolute,
    /// `*`, for OPTIONS.
    Asterisk,
}

/// Where the parts of a target lie in the request line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) form: Form,
    pub(crate) whole: Span,
    pub(crate) authority: Option<Span>,
    pub(crate) path: Span,
    pub(crate) query: Option<Span>,
}

/// A request line taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) method: Method,
    pub(crate) method_span: Span,
    pub(crate) target: Target,
    pub(crate) version: Version,
}

impl RequestLine {
    /// Parses a line without its CR LF.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Reason> {
        let mut parts = line.split(|octet| *octet == b' ');
        let method_text = parts.next().unwrap_or_default();
        let target_text = parts.next().unwrap_or_default();
        let version_text = parts.next();
        if method_text.is_empty() || target_text.is_empty() || parts.next().is_some() {
            return Err(Reason::RequestLineMalformed);
        }
        let method = parse_method(method_text)?;
        let version = parse_version(version_text.ok_or(Reason::VersionMalformed)?)?;
        let start = method_text.len().saturating_add(1);
        let target = parse_target(target_text, start, method_text)?;
        Ok(Self {
            method,
            method_span: Span::new(0, method_text.len()),
            target,
            version,
        })
    }

    /// The same, for the verdict alone.
    pub(crate) fn check(line: &[u8]) -> Result<(), Reason> {
        Self::parse(line).map(|_| ())
    }
}

fn parse_method(text: &[u8]) -> Result<Method, Reason> {
    if !text.iter().all(|octet| is_token_octet(*octet)) {
        return Err(Reason::MethodMalformed);
    }
    match text {
        b"GET" => Ok(Method::Get),
        b"POST" => Ok(Method::Post),
        b"HEAD" => Ok(Method::Head),
        b"CONNECT" => Err(Reason::ConnectMethod),
        _ => Ok(Method::Other),
    }
}

pub(crate) fn parse_version(text: &[u8]) -> Result<Version, Reason> {
    match text {
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit() => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Reason::VersionUnsupported)
        }
        _ => Err(Reason::VersionMalformed),
    }
}

fn parse_target(text: &[u8], start: usize, method: &[u8]) -> Result<Target, Reason> {
    if !text.iter().all(u8::is_ascii_graphic) {
        return Err(Reason::TargetMalformed);
    }
    let whole = Span::new(start, text.len());
    if text == b"*" {
        let form = Form::Asterisk;
        let target = Target {
            form,
            whole,
            authority: None,
            path: whole,
            query: None,
        };
        return if method == b"OPTIONS" {
            Ok(target)
        } else {
            Err(Reason::TargetMalformed)
        };
    }
    if text.first() == Some(&b'/') {
        let (path, query) = split_query(text, start);
        return Ok(Target {
            form: Form::Origin,
            whole,
            authority: None,
            path,
            query,
        });
    }
    let scheme_octets = scheme_octets(text).ok_or(Reason::TargetMalformed)?;
    let after_scheme = text.get(scheme_octets..).unwrap_or_default();
    let authority_octets = after_scheme
        .iter()
        .position(|octet| matches!(octet, b'/' | b'?' | b'#'))
        .unwrap_or(after_scheme.len());
    let authority_text = after_scheme.get(..authority_octets).unwrap_or_default();
    // RFC 9110 §4.2.1 and §4.2.4: an empty host, and user information before it, are refused.
    if host_octets(authority_text).is_none_or(|octets| octets == 0) {
        return Err(Reason::HostMalformed);
    }
    let authority_start = start.saturating_add(scheme_octets);
    let rest = after_scheme.get(authority_octets..).unwrap_or_default();
    let (path, query) = split_query(rest, authority_start.saturating_add(authority_octets));
    let authority = Some(Span::new(authority_start, authority_octets));
    Ok(Target {
        form: Form::Absolute,
        whole,
        authority,
        path,
        query,
    })
}

/// Length of `http://` or `https://` at the start, in any case: a gateway may have ended TLS before us.
fn scheme_octets(text: &[u8]) -> Option<usize> {
    let begins = |scheme: &[u8]| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|scheme| begins(scheme))
        .map(<[u8]>::len)
}

fn split_query(text: &[u8], start: usize) -> (Span, Option<Span>) {
    match text.iter().position(|octet| *octet == b'?') {
        None => (Span::new(start, text.len()), None),
        Some(mark) => {
            let behind = mark.saturating_add(1);
            let query = Span::new(start.saturating_add(behind), text.len().saturating_sub(behind));
            (Span::new(start, mark), Some(query))
        }
    }
}

/// Length of the host in `host [":" port]`; `None` if it is malformed (RFC 3986 §3.2.2, without user information).
pub(crate) fn host_octets(text: &[u8]) -> Option<usize> {
    let host = if text.first() == Some(&b'[') {
        let close = text.iter().position(|octet| *octet == b']')?;
        let inside = text.get(1..close).unwrap_or_default();
        if inside.is_empty() || !inside.iter().all(|octet| is_bracketed_octet(*octet)) {
            return None;
        }
        close.saturating_add(1)
    } else {
        let end = text.iter().position(|octet| *octet == b':').unwrap_or(text.len());
        if !text
            .get(..end)
            .unwrap_or_default()
            .iter()
            .all(|octet| is_reg_name_octet(*octet))
        {
            return None;
        }
        end
    };
    match text.get(host..).unwrap_or_default() {
        [] => Some(host),
        [b':', port @ ..] if port.len() <= 5 && port.iter().all(u8::is_ascii_digit) => Some(host),
        _ => None,
    }
}

const fn is_bracketed_octet(octet: u8) -> bool {
    octet.is_ascii_hexdigit() || matches!(octet, b':' | b'.' | b'v' | b'V' | b'%')
}

const fn is_reg_name_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}
