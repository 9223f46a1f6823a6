//! Limits as operators publish them, and types.

use super::*;
use profile::peers::Charset;

fn limits(types: &[&str], size_octets_max: u32, size_basis: SizeBasis) -> Takes {
    Takes {
        content_types: types.iter().map(|range| (*range).to_owned()).collect(),
        size_octets_max,
        size_basis,
        recipients_max: 10,
        charset: Charset::Unchanged,
    }
}

/// 1.46 MB of content and 2 MB of base64 are the same limit (US carriers publish both).
#[test]
fn a_limit_is_counted_on_its_basis() {
    assert_eq!(counted(1_461_000, SizeBasis::Binary), 1_461_000);
    assert_eq!(counted(1_461_000, SizeBasis::Base64) / 1_000, 1_999);
    assert_eq!(counted(57, SizeBasis::Base64), 78);
    assert_eq!(counted(58, SizeBasis::Base64), 156);
    assert_eq!(counted(0, SizeBasis::Base64), 0);
    assert_eq!(counted(0, SizeBasis::Whole), 4_096);
    assert_eq!(counted(u64::MAX, SizeBasis::Whole), u64::MAX);
}

#[test]
fn content_up_to_the_limit_is_taken_and_an_octet_more_is_not() {
    for basis in [SizeBasis::Binary, SizeBasis::Base64, SizeBasis::Whole] {
        for limit in [10 << 10, 307_200, 2_000_000] {
            let limits = limits(&["*/*"], limit, basis);
            let most = content_octets_max(&limits);
            let verdict = |octets| {
                let types = &["image/jpeg"];
                takes(
                    &limits,
                    &Content {
                        types,
                        octets,
                        recipients: 1,
                    },
                )
            };
            assert_eq!(verdict(most), Ok(()), "{basis:?} {limit}");
            // A line of base64 is the step.
            assert_eq!(
                verdict(most + LINE_CONTENT_OCTETS),
                Err(Reason::ContentTooLarge),
                "{basis:?} {limit}"
            );
        }
    }
}

#[test]
fn types_fit_ranges_whatever_their_case() {
    let limits = limits(&["image/*", "text/plain"], 1 << 20, SizeBasis::Binary);
    for (media_type, expected) in [
        ("image/jpeg", true),
        ("IMAGE/PNG", true),
        ("text/plain", true),
        ("Text/Plain", true),
        ("text/html", false),
        ("imagex/jpeg", false),
        ("image", false),
        ("", false),
        ("video/3gpp", false),
    ] {
        assert_eq!(takes_type(&limits, media_type), expected, "{media_type}");
    }
    let content = |types| {
        takes(
            &limits,
            &Content {
                types,
                octets: 1,
                recipients: 1,
            },
        )
    };
    assert_eq!(content(&["image/gif", "text/plain"]), Ok(()));
    assert_eq!(content(&["image/gif", "audio/amr"]), Err(Reason::ContentRefused));
    assert_eq!(content(&[]), Ok(()));
}

#[test]
fn recipients_beyond_the_limit_are_refused() {
    let limits = limits(&["*/*"], 1 << 20, SizeBasis::Binary);
    let verdict = |recipients| {
        takes(
            &limits,
            &Content {
                types: &[],
                octets: 1,
                recipients,
            },
        )
    };
    assert_eq!(
        (verdict(10), verdict(11)),
        (Ok(()), Err(Reason::RecipientsTooMany))
    );
}
