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
    /// Only GET and HEAD are known.
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
}

impl Problem {
    fn row(self) -> (StatusCode, Option<Reason>, &'static str) {
        match self {
            Problem::NotFound => (
                StatusCode::NOT_FOUND,
                None,
                "There is nothing here; see /v1/openapi.json.",
            ),
            Problem::Method => (StatusCode::METHOD_NOT_ALLOWED, None, "Only GET is known here."),
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
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
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
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
