//! A request is taken through its stages: `Request → Parsed → Admitted → Pending`, or refused in its own words.

use crate::Answer;
use crate::admission::admit;
use crate::append::{Draft, Submission, Unappended};
use crate::backlog::{Queued, Waiting};
use crate::brain::Brain;
use crate::deliver::Outcome;
use crate::parse::{Parsed, conf, parse, refusal};
use crate::request::{Method, Request};
use base::{Monotonic, Msisdn, Reason};
use meter::{Class, Counter, Stage};
use mms::{PduType, SendReq};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Serves one request, or puts it back where the journal has no room for it now.
    pub(crate) fn serve(&mut self, queued: Queued) {
        let Queued { since, what } = queued;
        let mut request = match what {
            Waiting::Request(request) => request,
            Waiting::Arrival(arrival) => return self.arrive(since, arrival),
        };
        self.lap(&mut request.reply_to, Stage::Queue);
        let Some(subscriber) = request.subscriber else {
            request.refusal = request.refusal.or(Some(Reason::SenderUnidentified));
            return self.refuse_request(&request, None);
        };
        match request.method {
            Method::Get => match request.refusal {
                Some(reason) => self.refuse_request(&request, Some(reason)),
                None => {
                    request.reply_to.laps.count_as(Class::Mm1Retrieve);
                    self.retrieve(&request, subscriber);
                }
            },
            Method::Post => self.post(since, request, subscriber),
        }
    }

    fn post(&mut self, since: Monotonic, mut request: Box<Request>, subscriber: Msisdn) {
        let parsed = match refusal(&request) {
            Some(reason) => Err(reason),
            None => parse(&request.body),
        };
        let to = &mut request.reply_to;
        self.lap(to, Stage::Parse);
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(reason) => {
                if reason == Reason::MessageCorrupt {
                    self.meter.count(Counter::PduCorrupt);
                }
                return self.refuse_request(&request, Some(reason));
            }
        };
        to.laps.count_as(class_of(&parsed));
        let outcome = match parsed {
            Parsed::Send(send) => {
                let draft = self.draft(&send, subscriber);
                self.lap(to, Stage::Admit);
                match draft {
                    Err(reason) => return self.refuse_request(&request, Some(reason)),
                    Ok(draft) => return self.submit(draft, since, request),
                }
            }
            Parsed::Forward(forward) => return self.forward(&forward, &request, subscriber),
            Parsed::Response(response) => self.respond(&response, &request, subscriber),
            Parsed::Acknowledge(acknowledge) => self.acknowledge(&acknowledge, &request, subscriber),
            Parsed::Read(read) => self.read_report(&read, &request, subscriber),
            Parsed::Nothing => return self.answer(request.reply_to, Answer::noted()),
        };
        if outcome == Outcome::Later {
            self.backlog.put_back(Queued::request(since, request));
        }
    }

    /// Admits an M-Send.req and frees what is admitted from the request's buffer.
    pub(crate) fn draft(&self, send: &SendReq<'_>, sender: Msisdn) -> Result<Draft, Reason> {
        let now = self.wall();
        let admitted = admit(send, sender, (&self.profile, &self.routes), now)?;
        Ok(Draft::of(&admitted, now))
    }

    fn submit(&mut self, mut draft: Draft, since: Monotonic, mut request: Box<Request>) {
        let conf = conf(&request.body);
        let mut pdu = std::mem::take(&mut request.body);
        draft.date(&mut pdu);
        let submission = Submission {
            reply: request.reply_to,
            conf,
            forwarded: None,
        };
        if let Err(back) = self.append(draft, pdu, submission)
            && let (Unappended::Later(pdu), _) = *back
        {
            request.body = pdu;
            self.backlog.put_back(Queued::request(since, request));
        }
    }

    /// Answers a request with the reason it is refused for: a submission with its own kind of answer, a retrieval with
    /// M-Retrieve.conf, what has no answer PDU with HTTP's words.
    pub(crate) fn refuse_request(&mut self, request: &Request, reason: Option<Reason>) {
        let reason = reason.or(request.refusal).unwrap_or(Reason::Internal);
        if request.method == Method::Get {
            self.meter.count(Counter::RetrievalsRefused);
            let answer = self.unretrievable(reason);
            return self.turn_down(request.reply_to, answer);
        }
        let conf = conf(&request.body);
        let answer = match PduType::try_from(conf.pdu_type).ok() {
            // Nothing to tell it by: not even the first two octets are those of a PDU.
            None if conf.pdu_type == 0 => Answer::failed(reason),
            Some(PduType::NotifyRespInd | PduType::AcknowledgeInd | PduType::ReadRecInd) => {
                Answer::failed(reason)
            }
            _ => conf.refused(reason),
        };
        self.refuse(request.reply_to, answer);
    }
}

/// What a request counts as, now that it is understood.
fn class_of(parsed: &Parsed<'_>) -> Class {
    match parsed {
        Parsed::Send(_) => Class::Mm1Submit,
        Parsed::Forward(_) => Class::Mm1Forward,
        Parsed::Response(_) | Parsed::Acknowledge(_) | Parsed::Read(_) | Parsed::Nothing => Class::Mm1Respond,
    }
}
