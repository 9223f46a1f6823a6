//! `/v1/histograms`: each histogram whole, as HdrHistogram's compressed V2 format in base64, with its labels.
//!
//! Any HdrHistogram library reads the member `v2` and adds histograms of several shards up. Invariant: the summary
//! beside it is a convenience, made from the same histogram.

use super::{Series, Table};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use meter::{Class, Stage};
use serde_json::{Value, json};

/// Which ones; nothing stands for all.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    shard: Option<usize>,
    interface: Option<String>,
    transaction: Option<String>,
    stage: Option<String>,
}

impl Wanted {
    fn has(&self, shard: usize, class: Class, stage: Stage) -> bool {
        let labels = class.labels();
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        self.shard.is_none_or(|wanted| wanted == shard)
            && is(&self.interface, labels.interface)
            && is(&self.transaction, labels.transaction)
            && is(&self.stage, stage.name())
    }
}

/// The list; a histogram that can't be serialised would be left out.
pub(crate) fn list(tables: &[Table], wanted: &Wanted) -> Value {
    let mut serializer = V2DeflateSerializer::new();
    let mut list = Vec::new();
    for (shard, table) in tables.iter().enumerate() {
        for (class, stage, series) in table
            .recorded()
            .filter(|(class, stage, _)| wanted.has(shard, *class, *stage))
        {
            if let Some(v2) = encoded(&mut serializer, &series.histogram) {
                list.push(entry(shard, class, stage, series, v2));
            }
        }
    }
    Value::Array(list)
}

fn entry(shard: usize, class: Class, stage: Stage, series: &Series, v2: String) -> Value {
    let (labels, histogram) = (class.labels(), &series.histogram);
    let at = |quantile| histogram.value_at_quantile(quantile);
    json!({
        "shard": shard, "interface": labels.interface, "peer": labels.peer, "transaction": labels.transaction,
        "stage": stage.name(), "unit": "ns", "count": histogram.len(), "sum": series.sum_ns,
        "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "p9999": at(0.9999),
        "max": histogram.max(), "v2": v2,
    })
}

fn encoded(serializer: &mut V2DeflateSerializer, histogram: &Histogram<u64>) -> Option<String> {
    let mut octets = Vec::new();
    serializer.serialize(histogram, &mut octets).ok()?;
    Some(STANDARD.encode(octets))
}
