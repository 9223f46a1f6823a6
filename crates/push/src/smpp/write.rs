//! SMPP octets out: binds, submissions, answers, written by `rusmpp-core` into the caller's buffer.
//!
//! Last thing before the socket. Invariants: a text that does not fit its field is written empty ([`Settings::check`]
//! has refused it before); esm_class is made from its octet, since the library's default sets a bit of it.

use rusmpp_core::CommandStatus;
use rusmpp_core::command::borrowed::Command;
use rusmpp_core::encode::{Encode, Length};
use rusmpp_core::pdus::borrowed::{
    BindReceiver, BindTransceiver, BindTransmitter, DataSmResp, DeliverSmResp, Pdu, SubmitSm,
};
use rusmpp_core::tlvs::borrowed::MessageSubmissionRequestTlvValue as Parameter;
use rusmpp_core::types::borrowed::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp_core::values::borrowed::{MessagePayload, ServiceType};
use rusmpp_core::values::{DataCoding, EsmClass, InterfaceVersion, Npi, RegisteredDelivery, Ton};

use super::frame::{Head, RESPONSE, command};
use super::settings::{Bind, Carriage, Settings};
use crate::outcome::Submission;
use crate::wdp::{self, PUSH_PORT, SOURCE_PORT, Segment};

/// Optional parameters of a submit_sm at most: two ports and three of segmentation.
const PARAMETERS_MAX: usize = 5;
/// esm_class: the user data begins with a header (SMPP 3.4 §5.2.12).
const HEADER_INDICATOR: u8 = 0x40;
/// The longest validity: 30 days, so that months stay out of it.
const VALIDITY_S_MAX: u32 = 30 * 86_400;
/// The least validity. SMSCs refuse less than their own granularity, which is a minute.
const VALIDITY_S_MIN: u32 = 60;

type Written<'a> = Command<'a, PARAMETERS_MAX>;

fn put(out: &mut Vec<u8>, status: u32, sequence: u32, pdu: Pdu<'_, PARAMETERS_MAX>) {
    let written: Written<'_> = Command::new(CommandStatus::from(status), sequence, pdu);
    let octets = written.length();
    let start = out.len();
    let total = octets.saturating_add(4);
    out.extend_from_slice(&u32::try_from(total).unwrap_or(u32::MAX).to_be_bytes());
    out.resize(start.saturating_add(total), 0);
    if let Some(room) = out.get_mut(start.saturating_add(4)..) {
        written.encode(room);
    }
}

/// Appends the bind that the settings ask for, as version 3.4.
pub fn bind(out: &mut Vec<u8>, sequence: u32, settings: &Settings) {
    let texts = [
        terminated(&settings.credentials.system_id),
        terminated(&settings.credentials.password),
        terminated(&settings.credentials.system_type),
    ];
    let [system_id, password, system_type] = &texts;
    /// The three binds have one layout and three types.
    macro_rules! written {
        ($pdu:ident) => {
            Pdu::$pdu($pdu {
                system_id: field(system_id),
                password: field(password),
                system_type: field(system_type),
                interface_version: InterfaceVersion::Smpp3_4,
                ..$pdu::default()
            })
        };
    }
    let pdu = match settings.bind {
        Bind::Transmitter => written!(BindTransmitter),
        Bind::Receiver => written!(BindReceiver),
        Bind::Transceiver => written!(BindTransceiver),
    };
    put(out, 0, sequence, pdu);
}

/// Appends a request without a body: enquire_link or unbind.
pub fn bare(out: &mut Vec<u8>, command: u32, sequence: u32) {
    let pdu = match command {
        command::UNBIND => Pdu::Unbind,
        _ => Pdu::EnquireLink,
    };
    put(out, 0, sequence, pdu);
}

/// Appends the answer to `request`: of deliver_sm and data_sm with an empty message_id, of a request that is unknown
/// a generic_nack.
pub fn answer(out: &mut Vec<u8>, request: Head, status: u32) {
    let pdu = match request.command {
        command::ENQUIRE_LINK => Pdu::EnquireLinkResp,
        command::UNBIND => Pdu::UnbindResp,
        command::DELIVER_SM => Pdu::DeliverSmResp(DeliverSmResp::default()),
        command::DATA_SM => Pdu::DataSmResp(DataSmResp::default()),
        _ => Pdu::GenericNack,
    };
    debug_assert_eq!(
        u32::from(pdu.command_id()) & RESPONSE,
        RESPONSE,
        "an answer answers"
    );
    put(out, status, request.sequence, pdu);
}

/// Appends one submit_sm for segment `number` (from 1) of `submission`, carried as `carriage` says; with
/// [`Carriage::Payload`] the only one. Says `false`, and writes nothing, when there is no such segment.
pub fn submit_sm(
    out: &mut Vec<u8>,
    sequence: u32,
    settings: &Settings,
    carriage: Carriage,
    submission: &Submission,
    number: u8,
) -> bool {
    let Some(segment) = wdp::segment(&submission.octets, settings.reference, number) else {
        return false;
    };
    let mut user_data = Vec::with_capacity(wdp::SMS_OCTETS);
    if carriage == Carriage::Header {
        wdp::write_message(&mut user_data, settings.reference, submission.reference, &segment);
    }
    let texts = [
        terminated(&settings.service_type),
        terminated(&settings.source.address),
        terminated(&submission.to.digits().to_string()),
        terminated(&validity(submission.valid_for_s)),
    ];
    let [service_type, source, destination, validity] = &texts;
    let mut pdu = SubmitSm::builder()
        .service_type(ServiceType::new(field(service_type)))
        .source_addr_ton(Ton::from(settings.source.ton))
        .source_addr_npi(Npi::from(settings.source.npi))
        .source_addr(field(source))
        .dest_addr_ton(Ton::from(settings.destination.0))
        .dest_addr_npi(Npi::from(settings.destination.1))
        .destination_addr(field(destination))
        .esm_class(EsmClass::from(esm_class(settings, carriage)))
        .priority_flag(settings.priority.into())
        .validity_period(EmptyOrFullCOctetString::new(validity).unwrap_or_default())
        .registered_delivery(RegisteredDelivery::from(settings.receipts.octet()))
        .data_coding(DataCoding::from(settings.data_coding))
        .build();
    match carriage {
        Carriage::Header => {
            pdu.set_short_message(OctetString::new(&user_data).unwrap_or_default());
        }
        Carriage::Sar => pdu.set_short_message(OctetString::new(segment.octets).unwrap_or_default()),
        Carriage::Payload => {}
    }
    for parameter in parameters(carriage, submission, &segment).into_iter().flatten() {
        // There is room for all that `parameters` can give.
        let _ = pdu.push_tlv(parameter);
    }
    put(out, 0, sequence, Pdu::SubmitSm(pdu));
    true
}

/// How many submit_sm a push takes.
#[must_use]
pub fn submissions(settings: &Settings, carriage: Carriage, push_octets: usize) -> Option<u8> {
    let segments = settings.reference.segments(push_octets)?;
    Some(match carriage {
        Carriage::Payload => 1,
        Carriage::Header | Carriage::Sar => segments,
    })
}

fn esm_class(settings: &Settings, carriage: Carriage) -> u8 {
    match carriage {
        Carriage::Header => settings.messaging_mode | HEADER_INDICATOR,
        Carriage::Sar | Carriage::Payload => settings.messaging_mode,
    }
}

/// Ports, and the place of a segment among several (SMPP 3.4 §5.3.2.20 to .24, .32).
fn parameters<'a>(
    carriage: Carriage,
    submission: &'a Submission,
    segment: &Segment<'_>,
) -> [Option<Parameter<'a>>; PARAMETERS_MAX] {
    if carriage == Carriage::Header {
        return [const { None }; PARAMETERS_MAX];
    }
    let ports = [
        Some(Parameter::SourcePort(SOURCE_PORT)),
        Some(Parameter::DestPort(PUSH_PORT)),
    ];
    let [source, destination] = ports;
    let payload = MessagePayload::new(AnyOctetString::new(&submission.octets));
    match (carriage, segment.total) {
        (Carriage::Payload, _) => [
            source,
            destination,
            Some(Parameter::MessagePayload(payload)),
            None,
            None,
        ],
        (_, 0 | 1) => [source, destination, None, None, None],
        (_, total) => [
            source,
            destination,
            Some(Parameter::SarMsgRefNum(submission.reference)),
            Some(Parameter::SarTotalSegments(total)),
            Some(Parameter::SarSegmentSeqnum(segment.number)),
        ],
    }
}

/// A relative time (SMPP 3.4 §7.1.1.2): days, hours, minutes, seconds from now, within 1 minute and 30 days.
fn validity(seconds: u32) -> String {
    let seconds = seconds.clamp(VALIDITY_S_MIN, VALIDITY_S_MAX);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}

fn terminated(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len().saturating_add(1));
    octets.extend_from_slice(text.as_bytes());
    octets.push(0);
    octets
}

fn field<const OCTETS_MAX: usize>(terminated: &[u8]) -> COctetString<'_, 1, OCTETS_MAX> {
    COctetString::new(terminated).unwrap_or_default()
}

#[cfg(test)]
mod tests;
