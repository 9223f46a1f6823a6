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
        let url: Url = match format!("http://{}{path}", self.admin).parse() {
            Ok(url) => url,
            Err(error) => {
                eprintln!("ringpost: --admin: {error}");
                return Err(Exit::Usage);
            }
        };
        let bearer = format!("Bearer {}", self.token);
        let fields = [("Authorization", bearer.as_str())];
        let call = Call {
            url: &url,
            fields: if self.token.is_empty() { &[] } else { &fields },
            body: None,
            patience: Duration::from_secs(self.patience),
        };
        let answer = Client::new(None).call(&call).map_err(|error| {
            eprintln!("ringpost: no answer from the server at {}: {error}", self.admin);
            Exit::Failed
        })?;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, body) {
            (200..=299, Some(body)) => Ok(body),
            (status, body) => {
                let told = body.as_ref().and_then(|body| body["title"].as_str());
                eprintln!(
                    "ringpost: the server answered {status} {}",
                    told.unwrap_or_default()
                );
                Err(Exit::Failed)
            }
        }
    }
}
