//! How phones and the proxies before them speak HTTP: one row a kind.
//!
//! Asked by the templates and by the phone actor. What the rows do was seen in real traffic: absolute targets
//! through a proxy, a close after each answer, chunked bodies, 100-continue, POST on retrieval URLs, the
//! transaction appended to the URL. Invariants: a personality changes how a request is said, never what it asks for.

/// The HTTP habits of a kind of phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personality {
    /// What scenarios call it.
    pub name: &'static str,
    /// User-Agent.
    pub user_agent: &'static str,
    /// Whether the target is `http://host/…`, as through a proxy.
    pub is_absolute: bool,
    /// Whether it closes after each answer.
    pub closes: bool,
    /// Whether bodies go out chunked.
    pub is_chunked: bool,
    /// Whether it waits for 100 before a body.
    pub expects_continue: bool,
    /// Whether it retrieves by POST.
    pub retrieves_by_post: bool,
    /// Whether it appends the notification's transaction to the URL.
    pub appends_transaction: bool,
    /// Whether it ends a retrieval by M-NotifyResp.ind and not by M-Acknowledge.ind (immediate retrieval).
    pub responds: bool,
}

/// The plainest.
const PLAIN: Personality = Personality {
    name: "plain",
    user_agent: "ringpost-load",
    is_absolute: false,
    closes: false,
    is_chunked: false,
    expects_continue: false,
    retrieves_by_post: false,
    appends_transaction: false,
    responds: false,
};

/// All kinds.
pub const PERSONALITIES: &[Personality] = &[
    PLAIN,
    Personality {
        name: "proxy",
        user_agent: "Gateway/5.1",
        is_absolute: true,
        ..PLAIN
    },
    Personality {
        name: "android",
        user_agent: "Android-Mms/2.0",
        is_absolute: true,
        responds: true,
        ..PLAIN
    },
    Personality {
        name: "iphone",
        user_agent: "iOSMMS",
        appends_transaction: true,
        responds: true,
        ..PLAIN
    },
    Personality {
        name: "closing",
        user_agent: "Feature/1.0",
        closes: true,
        is_absolute: true,
        ..PLAIN
    },
    Personality {
        name: "chunked",
        user_agent: "Java-ME",
        is_chunked: true,
        ..PLAIN
    },
    Personality {
        name: "careful",
        user_agent: "Modem/3",
        expects_continue: true,
        ..PLAIN
    },
    Personality {
        name: "poster",
        user_agent: "Legacy/0.9",
        retrieves_by_post: true,
        closes: true,
        ..PLAIN
    },
];

/// The name in Host and absolute targets; nobody resolves it.
const HOST: &str = "mmsc.load.invalid";
/// The media type of PDUs.
const PDU: &str = "application/vnd.wap.mms-message";

impl Personality {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Personality> {
        PERSONALITIES.iter().find(|personality| personality.name == name)
    }

    /// The head of a POST of a PDU from a number.
    #[must_use]
    pub fn submission_head(&self, msisdn: &str, octets: usize) -> Vec<u8> {
        let mut head = Vec::with_capacity(512);
        let length = if self.is_chunked { None } else { Some(octets) };
        self.write_head(&mut head, "POST", "/", msisdn, Some(length));
        if self.expects_continue {
            head.truncate(head.len() - 2);
            head.extend_from_slice(b"Expect: 100-continue\r\n\r\n");
        }
        head
    }

    /// The head of a POST of a small PDU (an acknowledgement, a read report): never chunked, never held back.
    pub fn write_post(&self, out: &mut Vec<u8>, msisdn: &str, octets: usize) {
        self.write_head(out, "POST", "/", msisdn, Some(Some(octets)));
    }

    /// The request for a message: its Content-Location, and the transaction of the notification.
    pub fn write_retrieval(&self, out: &mut Vec<u8>, msisdn: &str, location: &str, transaction: &str) {
        let behind_scheme = location.split_once("://").map_or(location, |(_, rest)| rest);
        let path = behind_scheme
            .find('/')
            .and_then(|at| behind_scheme.get(at..))
            .unwrap_or("/");
        let target = if self.is_absolute { location } else { path };
        let appended = if self.appends_transaction { transaction } else { "" };
        let target = [target, appended].concat();
        if self.retrieves_by_post {
            self.write_head(out, "POST", &target, msisdn, Some(Some(0)));
        } else {
            self.write_head(out, "GET", &target, msisdn, None);
        }
    }

    /// Request line and fields. `length`: nothing for no body, then nothing for a chunked one.
    fn write_head(
        &self,
        out: &mut Vec<u8>,
        method: &str,
        target: &str,
        msisdn: &str,
        length: Option<Option<usize>>,
    ) {
        let absolute = if self.is_absolute && target.starts_with('/') {
            HOST
        } else {
            ""
        };
        let scheme = if absolute.is_empty() { "" } else { "http://" };
        let parts = [
            method,
            " ",
            scheme,
            absolute,
            target,
            " HTTP/1.1\r\nHost: ",
            HOST,
            "\r\nX-MSISDN: ",
            msisdn,
        ];
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
        for part in [
            "\r\nUser-Agent: ",
            self.user_agent,
            "\r\nAccept: */*, ",
            PDU,
            "\r\n",
        ] {
            out.extend_from_slice(part.as_bytes());
        }
        if self.closes {
            out.extend_from_slice(b"Connection: close\r\n");
        }
        match length {
            None => {}
            Some(None) => {
                out.extend_from_slice(
                    b"Content-Type: application/vnd.wap.mms-message\r\nTransfer-Encoding: chunked\r\n",
                );
            }
            Some(Some(octets)) => {
                let text = format!("Content-Type: {PDU}\r\nContent-Length: {octets}\r\n");
                out.extend_from_slice(text.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}
