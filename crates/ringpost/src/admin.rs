//! Asking a running server's admin listener: what operators' commands stand on.
//!
//! One request, one answer. Invariants: an answer that is no 2xx is an error with the server's own words; the token is
//! written nowhere.

use crate::exit::Exit;
use crate::phone::http::{Call, Client, Url};
use clap::Args;
use serde_json::Value;
use std::time::Duration;

/// Where the server is, and what it asks for.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The admin listener, HOST:PORT
    #[arg(long, default_value = "127.0.0.1:8192", value_name = "HOST:PORT")]
    admin: String,
    /// Its bearer token (setting admin.token)
    #[arg(
        long,
        env = "RINGPOST_ADMIN_TOKEN",
        hide_env_values = true,
        default_value = ""
    )]
    token: String,
    /// Seconds that it may take
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    patience: u64,
}

impl Server {
    /// What stands at a path, as JSON; where there is nothing, it has been said why.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Exit> {
        self.call(path, None)
    }

    /// The list that stands at a path. Where it is none, or nothing, it has been said; `of` names its lines for that.
    pub(crate) fn list(&self, path: &str, of: &str) -> Result<Vec<Value>, Exit> {
        match self.get(path)? {
            Value::Array(lines) => Ok(lines),
            _ => {
                eprintln!("ringpost: the server's answer is no list of {of}");
                Err(Exit::Failed)
            }
        }
    }

    /// Has something done; gives what was, as JSON. Where it was not, it has been said why; where there is nothing of
    /// that name, the command line was wrong.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Exit> {
        self.call(path, Some(body.to_string().as_bytes()))
    }

    fn call(&self, path: &str, body: Option<&[u8]>) -> Result<Value, Exit> {
        let url: Url = match format!("http://{}{path}", self.admin).parse() {
            Ok(url) => url,
            Err(error) => {
                eprintln!("ringpost: --admin: {error}");
                return Err(Exit::Usage);
            }
        };
        let bearer = format!("Bearer {}", self.token);
        let mut fields = Vec::new();
        if !self.token.is_empty() {
            fields.push(("Authorization", bearer.as_str()));
        }
        if body.is_some() {
            fields.push(("Content-Type", "application/json"));
        }
        let call = Call {
            url: &url,
            fields: &fields,
            body,
            patience: Duration::from_secs(self.patience),
        };
        let answer = Client::new(None).call(&call).map_err(|error| {
            eprintln!("ringpost: no answer from the server at {}: {error}", self.admin);
            Exit::Failed
        })?;
        let told: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let (status, told) = match (answer.status, told) {
            (200..=299, Some(told)) => return Ok(told),
            (status, told) => (status, told.unwrap_or_default()),
        };
        let words = told["detail"].as_str().or_else(|| told["title"].as_str());
        eprintln!(
            "ringpost: the server answered {status} {}",
            words.unwrap_or_default()
        );
        Err(match (status, body) {
            (404, Some(_)) => Exit::Usage,
            _ => Exit::Failed,
        })
    }
}
