//! Errors of the admin API as Problem Details (RFC 9457).
//!
//! Where the one table of reasons has the case, its code goes along, and `ringpost explain` knows it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Reason;
use serde_json::json;

/// A refusal of the admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The path is none of the API's.
    NotFound,
    /// Another method is known there.
    Method,
    /// The token is missing or wrong.
    Unauthorised,
    /// The number in the path is none.
    Number,
    /// `after` or `wait` is no whole number.
    Query,
    /// A label that histograms are not told apart by.
    Labels,
    /// The address in the path is none, or the query is not known.
    Address,
    /// The server has not recovered yet.
    Starting,
    /// The journals are still being read.
    CatchingUp,
    /// The outbox has stopped.
    Stopped,
    /// As many wait at the outbox as may.
    Crowded,
    /// Nothing of that kind is sent here.
    MediaType,
    /// The body does not say who wants something and why.
    Says,
    /// There is no peer of that name.
    NoPeer,
    /// Too much is wanted at once.
    Busy,
    /// The journal takes nothing any more.
    LogFailed,
    /// What was wanted is not known to be done.
    Late,
}

impl Problem {
    fn row(self) -> (StatusCode, Option<Reason>, &'static str) {
        match self {
            Problem::NotFound => (
                StatusCode::NOT_FOUND,
                None,
                "There is nothing here; see /v1/openapi.json.",
            ),
            Problem::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                None,
                "What can be read is read by GET; what is done to a peer is asked for by POST.",
            ),
            Problem::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                None,
                "Send the admin token: Authorization: Bearer TOKEN.",
            ),
            Problem::Number => (
                StatusCode::BAD_REQUEST,
                Some(Reason::RequestMalformed),
                "The number must be international: 7 to 15 digits, with or without +.",
            ),
            Problem::Query => (
                StatusCode::BAD_REQUEST,
                Some(Reason::RequestMalformed),
                "after and wait must be whole numbers, and there are no others.",
            ),
            Problem::Labels => (
                StatusCode::BAD_REQUEST,
                Some(Reason::RequestMalformed),
                "Histograms are chosen by shard (a number), interface, transaction and stage, and nothing else.",
            ),
            Problem::Address => (
                StatusCode::BAD_REQUEST,
                Some(Reason::RequestMalformed),
                "The address must be IPv4 or IPv6; unmask=true shows numbers whole, and there is nothing else to ask.",
            ),
            Problem::Starting => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::Busy),
                "The server is starting.",
            ),
            Problem::CatchingUp => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::Busy),
                "The outbox is still reading the journals.",
            ),
            Problem::Stopped => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::Internal),
                "The outbox has stopped; standard error says why.",
            ),
            Problem::Crowded => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::Busy),
                "Outbox requests hold three quarters of admin.connections_max; ask again, or raise it.",
            ),
            doing => doing.row_of_doing(),
        }
    }

    /// The rows of what is wanted of peers.
    fn row_of_doing(self) -> (StatusCode, Option<Reason>, &'static str) {
        match self {
            Problem::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                None,
                "Send Content-Type: application/json.",
            ),
            Problem::Says => (
                StatusCode::BAD_REQUEST,
                Some(Reason::RequestMalformed),
                "The body must be {\"by\": WHO, \"reason\": WHY}, on one line each, 200 octets at most, and be there.",
            ),
            Problem::NoPeer => (
                StatusCode::NOT_FOUND,
                None,
                "There is no [[peer]] of that name in the settings; nothing was done.",
            ),
            Problem::LogFailed => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::LogFailed),
                "The journal has stopped after a failed write; nothing was done.",
            ),
            Problem::Late => (
                StatusCode::GATEWAY_TIMEOUT,
                None,
                "No answer in time: it may have been done, or be done yet; see /v1/audit.",
            ),
            _ => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some(Reason::Busy),
                "The server takes no more of these now; nothing was done.",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.allowing("GET, HEAD")
    }
}

impl Problem {
    /// As an answer; with [`Problem::Method`] these are the methods known there.
    pub(crate) fn allowing(self, methods: &'static str) -> Response {
        let (status, reason, detail) = self.row();
        let mut problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": detail,
        });
        if let Some(reason) = reason {
            problem["code"] = json!(reason.row().code);
        }
        let mut response = (status, problem.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static(methods));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
