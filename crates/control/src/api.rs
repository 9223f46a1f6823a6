//! The requests of the admin plane.
//!
//! Behind the listeners, on one thread. Invariants: every handler only reads, but the one that has things done to
//! peers, which takes nothing that a web page could have a browser send; every refusal is a Problem; where a token is
//! set, what is not health asks for it first, unknown paths included.

mod authorise;
mod openapi;

use crate::histograms::{Histograms, LOOK, PATIENCE, text, v2};
use crate::identity::Masking;
use crate::limited::{self, Caller};
use crate::links::{self, Link};
use crate::metrics::{self, Dialect, Kind, Single};
use crate::outbox::looks::NoLook;
use crate::peers::{self, Peer};
use crate::problem::Problem;
use crate::state::{Phase, State};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Path, Query, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base::Msisdn;
use meter::Gauge;
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The sequence number of the push in the body (DESIGN §9).
const OUTBOX_SEQ: HeaderName = HeaderName::from_static("outbox-seq");

/// Octets of a body that says who wants something and why: two words, escaped as they may be.
const SAYS_OCTETS_MAX: usize = 4_096;

/// How long it may take to come: it is one packet, and its connection holds a place that nobody else can have.
const SAYS_PATIENCE: Duration = Duration::from_secs(5);

/// How long a request waits for the journals to be read after nobody has asked for a while: a start with gigabytes of
/// log takes seconds.
const CATCH_UP_PATIENCE: Duration = Duration::from_secs(30);

/// All routes.
pub(crate) fn router(state: Arc<State>) -> Router {
    let guarded = Router::new()
        .route("/metrics", get(metrics_text))
        .route("/v1/histograms", get(histograms))
        .route("/v1/identity/{address}", get(who))
        .route("/v1/openapi.json", get(async || Json(openapi::document())))
        .route("/v1/outbox/{msisdn}", get(outbox))
        .route("/v1/audit", get(audit))
        .route("/v1/peers", get(peer_list))
        .route(
            "/v1/peers/{peer}/{action}",
            post(act)
                .layer(DefaultBodyLimit::max(SAYS_OCTETS_MAX))
                .fallback(async || Problem::Method.allowing("POST")),
        )
        .route("/v1/push/links", get(push_links))
        .method_not_allowed_fallback(async || Problem::Method)
        .fallback(async || Problem::NotFound)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            authorise::check,
        ));
    Router::new()
        .route("/healthz", get(async || Json(json!({ "status": "alive" }))))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(async || Problem::Method)
        .merge(guarded)
        .layer(middleware::from_fn(limited::answer))
        .with_state(state)
}

/// 200 while subscribers are served, else 503; the body says what is the matter.
async fn ready(Shared(state): Shared<Arc<State>>) -> Response {
    let (is_ready, text) = readiness(&state);
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(json!({ "status": text }))).into_response()
}

/// Whether subscribers are served, and the word for it. A log without room is no reason to send nobody here any more:
/// phones that fetch are what makes room. One that has stopped is.
fn readiness(state: &State) -> (bool, &'static str) {
    let is_raised = |gauge| {
        let mut meters = state.meters.get().into_iter().flatten();
        meters.any(|meter| meter.gauge(gauge) != 0)
    };
    match state.phase() {
        Phase::Ready if is_raised(Gauge::JournalFailed) => (false, "failed"),
        Phase::Ready if is_raised(Gauge::AdmissionClosed) => (true, "full"),
        phase => (phase == Phase::Ready, phase.text()),
    }
}

async fn metrics_text(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let dialect = Dialect::of_accept(accept);
    let meters = state.meters.get().map(Vec::as_slice).unwrap_or_default();
    let mut singles = own(&state, meters.len());
    singles.extend(metrics::process());
    let histograms = looked(&state).await;
    let mut families = histograms.map_or_else(String::new, |histograms| histograms.show(text::families));
    if let Some(identity) = &*state.identity.borrow() {
        families.push_str(&identity.families(dialect));
    }
    families.push_str(&links::families(dialect, &shown_links(&state)));
    families.push_str(&peers::families(dialect, &shown_peers(&state).await));
    let text = metrics::exposition(dialect, meters, &singles, &families);
    (
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static(dialect.content_type()),
        )],
        text,
    )
        .into_response()
}

/// The links to SMSCs and gateways; none with the outbox, and before the shards run.
async fn push_links(Shared(state): Shared<Arc<State>>) -> Response {
    Json(shown_links(&state)).into_response()
}

/// Other operators' MMSCs; none before the shards run.
async fn peer_list(Shared(state): Shared<Arc<State>>) -> Response {
    Json(shown_peers(&state).await).into_response()
}

async fn shown_peers(state: &State) -> Vec<Peer> {
    let Some(desk) = state.peers.get().map(Arc::clone) else {
        return Vec::new();
    };
    // It waits for the shards.
    let shown = tokio::task::spawn_blocking(move || desk.peers()).await;
    shown.unwrap_or_default()
}

/// What operators did to peers; nothing before the shards run.
async fn audit(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let desk = state.peers.get().map(Arc::clone).ok_or(Problem::Starting)?;
    let deeds = tokio::task::spawn_blocking(move || desk.audit()).await;
    Ok(Json(deeds.map_err(|_| Problem::Late)?).into_response())
}

/// Has something done to a peer. Only a body that says it is JSON is taken: a page in an operator's browser can't send
/// one elsewhere without asking first, and nobody answers its question.
async fn act(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Path((peer, action)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let media_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let essence = media_type.and_then(|text| text.split(|&octet| octet == b';').next());
    if !essence.is_some_and(|text| text.trim_ascii().eq_ignore_ascii_case(b"application/json")) {
        return Err(Problem::MediaType);
    }
    let body = tokio::time::timeout(SAYS_PATIENCE, Bytes::from_request(request, &()));
    let body = body.await.ok().and_then(Result::ok).ok_or(Problem::Says)?;
    let caller = caller.address.ip().to_canonical().to_string();
    let wanted = peers::wanted(peer, &action, &body, caller)?;
    let desk = state.peers.get().map(Arc::clone).ok_or(Problem::Starting)?;
    let done = tokio::task::spawn_blocking(move || desk.act(wanted)).await;
    Ok(Json(done.map_err(|_| Problem::Late)??).into_response())
}

fn shown_links(state: &State) -> Vec<Link> {
    state.links.get().map(|links| links()).unwrap_or_default()
}

/// The histograms with what the shards have recorded up to now; nothing before there are shards.
async fn looked(state: &State) -> Option<&Histograms> {
    let histograms = state.histograms.get()?;
    histograms.order();
    let deadline = Instant::now() + PATIENCE;
    while !histograms.is_settled() && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    histograms.gather();
    Some(histograms)
}

/// Every histogram since the start, whole.
async fn histograms(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<v2::Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.map_err(|_| Problem::Labels)?;
    let list = looked(&state)
        .await
        .map(|histograms| histograms.show(|tables| v2::list(tables, &wanted)));
    Ok(Json(list.unwrap_or_else(|| json!([]))).into_response())
}

/// How an address may be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    /// Show numbers whole.
    #[serde(default)]
    unmask: bool,
}

/// Who holds an address, by the map of sessions.
async fn who(
    Shared(state): Shared<Arc<State>>,
    Path(address): Path<String>,
    asked: Result<Query<Who>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let address: IpAddr = address.parse().map_err(|_| Problem::Address)?;
    let Query(asked) = asked.map_err(|_| Problem::Address)?;
    let masking = match asked.unmask {
        true => Masking::Whole,
        false => Masking::Masked,
    };
    let identity = state.identity.borrow().clone().ok_or(Problem::Starting)?;
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(identity.who(address, masking))).into_response())
}

/// The admin plane's own numbers.
fn own(state: &State, shards: usize) -> Vec<Single> {
    let gauge = |name, text, value: f64| Single {
        name,
        kind: Kind::Gauge,
        text,
        value,
    };
    let index = state.index();
    let ready = f64::from(u8::from(readiness(state).0));
    let failed = f64::from(u8::from(state.looks.has_stopped()));
    vec![
        gauge(
            "ringpost_ready",
            "1 while subscribers are served, as /readyz says.",
            ready,
        ),
        gauge("ringpost_shards", "Shards of this process.", shards as f64),
        gauge(
            "ringpost_outbox_failed",
            "1 when the outbox has stopped after an error; look at any.",
            failed,
        ),
        gauge(
            "ringpost_outbox_pushes",
            "Pushes kept for the outbox.",
            index.pushes() as f64,
        ),
        gauge(
            "ringpost_outbox_numbers",
            "Numbers that have pushes in the outbox.",
            index.numbers() as f64,
        ),
        gauge(
            "ringpost_outbox_octets",
            "Octets that the outbox keeps.",
            index.octets() as f64,
        ),
        gauge(
            "ringpost_outbox_waiters",
            "Outbox requests that wait.",
            index.waiters() as f64,
        ),
    ]
}

/// What an outbox request may ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The push after this one; 0 is the first.
    #[serde(default)]
    after: u64,
    /// Seconds to wait for one, cut at the limit.
    #[serde(default)]
    wait: u64,
}

/// The first push of a number after a sequence number; 204 where there is none in the time allowed (DESIGN §9), 503
/// where as many are looked for as may be.
async fn outbox(
    Shared(state): Shared<Arc<State>>,
    Path(msisdn): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let digits = msisdn.strip_prefix('+').unwrap_or(&msisdn);
    let number = Msisdn::from_digits(digits.as_bytes()).ok_or(Problem::Number)?;
    let Query(asked) = asked.map_err(|_| Problem::Query)?;
    if let Some(push) = state.index().after(number, asked.after) {
        return Ok(shown(push.seq, push.pdu));
    }
    let _wait = state.waits.try_acquire().map_err(|_| Problem::Crowded)?;
    let wait_s = asked.wait.min(u64::from(state.live.borrow().wait_s_max));
    let deadline = Instant::now() + Duration::from_secs(wait_s);
    // What was durable when the request came is seen, however long nobody has asked.
    state
        .looks
        .fresh(CATCH_UP_PATIENCE)
        .await
        .map_err(|why| match why {
            NoLook::Stopped => Problem::Stopped,
            NoLook::Late => Problem::CatchingUp,
        })?;
    loop {
        let told = {
            let mut index = state.index();
            if let Some(push) = index.after(number, asked.after) {
                return Ok(shown(push.seq, push.pdu));
            }
            if wait_s == 0 {
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            index.wait(number)
        };
        if state.looks.has_stopped() {
            return Err(Problem::Stopped);
        }
        state.looks.wake();
        if tokio::time::timeout_at(deadline, told).await.is_err() {
            state.index().gave_up(number);
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
}

fn shown(seq: u64, pdu: axum::body::Bytes) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/vnd.wap.mms-message"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (OUTBOX_SEQ, HeaderValue::from(seq)),
    ];
    (headers, pdu).into_response()
}
