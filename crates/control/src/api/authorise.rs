//! Who may ask: the holder of the token, where one is set.
//!
//! In front of everything but health. Invariant: the time of a comparison does not depend on where texts differ.

use crate::problem::Problem;
use crate::state::State;
use axum::extract::{Request, State as Shared};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Lets a request through or refuses it.
pub(crate) async fn check(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    if may_pass(state.live.borrow().token.as_bytes(), given) {
        next.run(request).await
    } else {
        Problem::Unauthorised.into_response()
    }
}

/// Whether `Authorization: given` holds the token; an empty token lets everybody pass. The scheme's case does not count
/// (RFC 9110 §11.1).
fn may_pass(token: &[u8], given: Option<&[u8]>) -> bool {
    if token.is_empty() {
        return true;
    }
    let Some((scheme, credentials)) = given.and_then(|given| given.split_at_checked(7)) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(credentials.ct_eq(token))
}

#[cfg(test)]
mod tests;
