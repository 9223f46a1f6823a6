//! Each event is told once, with how often.

use super::*;

#[test]
fn a_counter_that_grew_is_one_line() {
    let (apn, feed) = (ApnMeter::new("mms", 2), FeedMeter::new(""));
    let mut events = Events::default();
    let mut lines = |apn: &ApnMeter, feed: &FeedMeter| events.lines([apn].into_iter(), [feed].into_iter());
    assert!(lines(&apn, &feed).is_empty());
    apn.count(0, Verdict::Untrusted);
    apn.count(1, Verdict::Untrusted);
    apn.count(1, Verdict::Identified);
    feed.add(FeedCounter::Forged, 3);
    feed.add(FeedCounter::Taken, 3);
    let told = lines(&apn, &feed);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("event: apn mms: 2 requests refused, untrusted (R113): "));
    assert!(told[1].starts_with("event: radius (none): 3 accounting requests of strangers"));
    assert!(lines(&apn, &feed).is_empty());
    apn.count(0, Verdict::Untrusted);
    assert!(lines(&apn, &feed)[0].contains("mms: 1 requests"));
}
