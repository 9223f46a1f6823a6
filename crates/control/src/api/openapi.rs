//! The OpenAPI document of the admin API, at `/v1/openapi.json`.
//!
//! Beside the routes; a test asks every path that it names.

use serde_json::{Value, json};

/// The document (OpenAPI 3.1).
pub(crate) fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ringpost admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Health, metrics, the lab's outbox: every GET changes nothing. Actions on peers: POST.",
        },
        "security": [{}, { "token": [] }],
        "paths": {
            "/healthz": { "get": health("The process answers.", &[("200", "Alive.")]) },
            "/readyz": { "get": health(
                "Whether subscribers are served.",
                &[
                    ("200", "Ready; or full: new messages are refused until there is room in the log."),
                    ("503", "Starting, draining, or failed: a log has stopped after a failed write."),
                ],
            ) },
            "/metrics": { "get": {
                "summary": "Counters, gauges and histograms of each shard.",
                "responses": {
                    "200": { "description": "Prometheus text, or OpenMetrics where Accept asks for it.", "content": {
                        "text/plain": {}, "application/openmetrics-text": {},
                    } },
                    "401": problem("The token is missing or wrong."),
                },
            } },
            "/v1/histograms": { "get": histograms() },
            "/v1/openapi.json": { "get": {
                "summary": "This document.",
                "responses": {
                    "200": { "description": "OpenAPI.", "content": { "application/json": {} } },
                    "401": problem("The token is missing or wrong."),
                },
            } },
            "/v1/identity/{address}": { "get": identity() },
            "/v1/outbox/{msisdn}": { "get": outbox() },
            "/v1/peers": { "get": {
                "summary": "Other operators' MMSCs: state, what waits and how long, last error.",
                "responses": {
                    "200": {
                        "description": "A list; empty without [[peer]].",
                        "content": { "application/json": {} },
                    },
                    "401": problem("The token is missing or wrong."),
                },
            } },
            "/v1/peers/{peer}/{action}": { "post": action() },
            "/v1/audit": { "get": audit() },
            "/v1/push/links": { "get": {
                "summary": "The links to SMSCs and push gateways: state, window, rate, counts, last error.",
                "responses": {
                    "200": {
                        "description": "A list; empty with push = outbox.",
                        "content": { "application/json": {} },
                    },
                    "401": problem("The token is missing or wrong."),
                },
            } },
        },
        "components": { "securitySchemes": { "token": {
            "type": "http", "scheme": "bearer",
            "description": "Setting admin.token; none is asked for where it is empty.",
        } } },
    })
}

fn audit() -> Value {
    json!({
        "summary": "What operators did to peers, the earliest first: when, what, who, from where, why.",
        "responses": {
            "200": {
                "description": "A list: what holds now, and the latest 1,000 of each shard.",
                "content": { "application/json": {} },
            },
            "401": problem("The token is missing or wrong."),
            "503": problem("The server is starting."),
        },
    })
}

fn action() -> Value {
    let path =
        |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let word = json!({ "type": "string", "maxLength": 200 });
    json!({
        "summary": "Holds, releases or drains a peer, or has what waits for it tried at once.",
        "description": "hold: nothing is sent until it is released. drain: what was accepted by then goes out, what \
                        comes later is accepted and waits until it is released. release: ends both. retry: what waits \
                        for another try is tried at once. Answered when it is on disk and holds on every shard.",
        "parameters": [
            path("peer", json!({ "type": "string" })),
            path("action", json!({ "enum": ["hold", "release", "drain", "retry"] })),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {
            "type": "object", "required": ["by"], "additionalProperties": false,
            "properties": { "by": word, "reason": word },
        } } } },
        "responses": {
            "200": { "description": "Done; as the audit has it.", "content": { "application/json": {} } },
            "400": problem("The body does not say who and why."),
            "401": problem("The token is missing or wrong."),
            "404": problem("There is no such peer, or no such action."),
            "415": problem("The body is not said to be JSON."),
            "503": problem("Not now; nothing was done."),
            "504": problem("No answer in time: it may have been done."),
        },
    })
}

fn histograms() -> Value {
    let label = |name: &str, text: &str, kind: &str| {
        let schema = json!({ "type": kind });
        json!({ "name": name, "in": "query", "description": text, "schema": schema })
    };
    json!({
        "summary": "How long requests took, by shard, interface, peer, transaction and stage, since the start.",
        "description": "Each entry holds its histogram whole in `v2`: HdrHistogram's compressed V2 format in \
                        base64, nanoseconds. The stage `total` is the sum of the others.",
        "parameters": [
            label("shard", "Only of this shard.", "integer"),
            label("interface", "Only of this interface.", "string"),
            label("transaction", "Only of this transaction.", "string"),
            label("stage", "Only of this stage.", "string"),
        ],
        "responses": {
            "200": {
                "description": "A list; empty before anything was recorded.",
                "content": { "application/json": {} },
            },
            "400": problem("There are no such labels."),
            "401": problem("The token is missing or wrong."),
        },
    })
}

fn identity() -> Value {
    json!({
        "summary": "Who holds an address, by the map of sessions, in each realm that an access point looks in.",
        "description": "`state` is held, ambiguous (two sessions claim it: nobody is served) or nobody. Numbers are \
                        masked unless unmask=true.",
        "parameters": [
            {
                "name": "address", "in": "path", "required": true, "description": "IPv4 or IPv6.",
                "schema": { "type": "string" },
            },
            {
                "name": "unmask", "in": "query", "description": "Show numbers whole.",
                "schema": { "type": "boolean", "default": false },
            },
        ],
        "responses": {
            "200": { "description": "What is known.", "content": { "application/json": {} } },
            "400": problem("The address or the query is malformed."),
            "401": problem("The token is missing or wrong."),
            "503": problem("The server is starting."),
        },
    })
}

fn outbox() -> Value {
    json!({
        "summary": "The first push for a number after a sequence number.",
        "description": "Lab only (push = outbox). A view of the journals' push records, the last 1,000 of a number; \
                        reading changes nothing. A repeated push is a new entry with the same identity.",
        "parameters": [
            {
                "name": "msisdn", "in": "path", "required": true,
                "description": "International number, with or without +.",
                "schema": { "type": "string", "pattern": "^\\+?[1-9][0-9]{6,14}$" },
            },
            {
                "name": "after", "in": "query", "description": "Outbox-Seq of the last one seen; 0: from the start.",
                "schema": { "type": "integer", "minimum": 0, "default": 0 },
            },
            {
                "name": "wait", "in": "query", "description": "Seconds to wait for one, cut at admin.wait_s_max.",
                "schema": { "type": "integer", "minimum": 0, "default": 0 },
            },
        ],
        "responses": {
            "200": {
                "description": "The PDU alone.",
                "headers": { "Outbox-Seq": {
                    "description": "Its sequence number: rises with each push of a number, never changes.",
                    "schema": { "type": "integer", "minimum": 1 },
                } },
                "content": { "application/vnd.wap.mms-message": {} },
            },
            "204": { "description": "There was none in the time allowed." },
            "400": problem("The number or the query is malformed."),
            "401": problem("The token is missing or wrong."),
            "503": problem("The outbox is still reading the journals or has stopped, or as many ask it as may."),
        },
    })
}

fn health(summary: &str, answers: &[(&str, &str)]) -> Value {
    let mut responses = json!({});
    for (status, description) in answers {
        responses[*status] = json!({ "description": description, "content": { "application/json": {} } });
    }
    json!({ "summary": summary, "security": [{}], "responses": responses })
}

fn problem(description: &str) -> Value {
    json!({ "description": description, "content": { "application/problem+json": {} } })
}
