//! Histograms go out with an interval and come back empty.
use super::*;
use std::sync::mpsc::sync_channel;

#[test]
fn a_histogram_comes_back_empty_and_is_used_again() {
    let (back, returned) = sync_channel(READY);
    let mut recorder = Recorder::with_returned(returned);
    let mut sum = Frame::default();
    // More intervals than histograms were ready for.
    for interval in 0..=READY as u64 {
        recorder.record(0, Series::Submit, 1_000 * (interval + 1));
        sum.add(recorder.take(), |histogram| {
            assert!(histogram.is_empty());
            back.try_send(histogram).unwrap();
        });
    }
    let submitted = &sum.histograms[&(0, Series::Submit)];
    assert_eq!(submitted.len(), READY as u64 + 1);
    assert!(submitted.min() <= 1_000 && submitted.max() >= 1_000 * READY as u64);
    assert!(recorder.spare.ready.is_empty(), "the last one came back");
}
