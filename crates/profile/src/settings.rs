//! The table of settings: the single place where a setting's type, default, range, unit, reload class, example and
//! sentence stand.
//!
//! First in the flow of this crate; everything else is made from it. Timers take their rows from `base::timers`, sizes
//! are bounded by `base::limits`. Invariant: each default lies in its own range (a test walks the table).

use crate::apn::{ApnEntry, RadiusEntry};
use crate::centre::{PapEntry, SmscEntry};
use crate::kind::Kind;
use crate::peer::{OverrideEntry, PeerEntry, RelationEntry};
use crate::prefix::Prefix;
use crate::table::settings;
use crate::value::{self, Form};
use base::{limits, timers};
use std::net::{Ipv4Addr, SocketAddr};

const fn between(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const fn timer(timer: &timers::Timer) -> Kind {
    between(timer.min_s as u64, timer.max_s as u64)
}

const fn texts(form: Form, count_min: usize, count_max: usize) -> Kind {
    Kind::Texts {
        form,
        count_min,
        count_max,
    }
}

fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const ADDRESSES: Kind = Kind::Addresses { count_max: 16 };
/// Seconds of a month, as `base::timers` bounds the longest validity.
const MONTH_S: u64 = 30 * 86_400;
const PDU_OCTETS_MAX: u64 = limits::PDU_OCTETS_MAX as u64;

settings! {
    lists {
        /// Other operators.
        peers: PeerEntry;
        /// Who may send to whom.
        relations: RelationEntry;
        /// Numbers that go elsewhere.
        overrides: OverrideEntry;
        /// Access points.
        apns: ApnEntry;
        /// Feeds of sessions.
        radius: RadiusEntry;
        /// SMSCs.
        smscs: SmscEntry;
        /// Push proxy gateways.
        paps: PapEntry;
    }

    /// The process: where it keeps its data, how many cores it takes, how it reaches phones.
    process Process {
        data: String = "./ringpost-data".to_owned(), "data", Kind::Text(value::PATH), "", Restart,
            "\"/var/lib/ringpost\"", "Folder of the journals; made when it is not there, locked while in use.";
        shards: u16 = 0, "shards", between(0, limits::SHARDS_MAX as u64), "", Restart,
            "4", "Shards, each a thread with its own journal; 0 is one for each core.";
        pin: bool = true, "pin", Kind::Switch, "", Restart,
            "false", "Bind each shard to one core, where there are at least as many cores as shards.";
        spin_us: u32 = 0, "spin_us", between(0, 1_000), "µs", Restart,
            "50", "How long an idle shard spins before it sleeps: lower latency between shards for processor time.";
        drain_s: u32 = 30, "drain_s", between(1, 3_600), "s", Live,
            "120", "How long SIGTERM waits for what is under way.";
        push: String = "outbox".to_owned(), "push", Kind::Choice(&["outbox", "smpp", "pap"]), "",
            Restart, "\"smpp\"",
            "How notifications and reports leave: `outbox` (lab) keeps them for who asks the admin listener, `smpp` \
            gives them to the [[smsc]], `pap` to the [[pap]].";
    }

    /// Where this server listens.
    listen Listen {
        mm1: Vec<SocketAddr> = loopback(8190), "listen.mm1", ADDRESSES, "", Restart,
            "[\"127.0.0.1:0\", \"[::1]:8190\"]", "Addresses for phones (MM1 over HTTP); port 0 lets the kernel choose.";
        mm4: Vec<SocketAddr> = loopback(2525), "listen.mm4", ADDRESSES, "", Restart,
            "[\"127.0.0.1:0\"]", "Addresses for other operators' MMSCs (MM4 over SMTP).";
        admin: Vec<SocketAddr> = loopback(8192), "listen.admin", ADDRESSES, "", Restart,
            "[\"127.0.0.1:0\"]", "Addresses for operators: health, metrics, outbox.";
    }

    /// Whose word is taken for who is asking.
    identity Identity {
        headers: Vec<String> = vec!["X-MSISDN".to_owned()],
            "identity.headers", texts(value::HEADER_NAME, 0, 8), "", Live,
            "[\"X-MSISDN\", \"X-WAP-MSISDN\"]",
            "Headers that hold the subscriber's number; all that are there must agree.";
        gateways: Vec<Prefix> = Prefix::loopback(), "identity.gateways", Kind::Prefixes { count_max: 256 }, "", Live,
            "[\"10.20.0.0/24\"]",
            "Addresses of gateways whose headers are believed; phones write such headers themselves.";
    }

    /// The map of sessions that feeds fill: who holds which address.
    sessions Sessions {
        addresses_max: u32 = 1 << 20, "sessions.addresses_max", between(64, 1 << 26), "", Restart,
            "2000000", "Addresses in the map, over all realms; 145 octets of memory each, taken at the first feed.";
        silent_s: u32 = 10_800, "sessions.silent_s", between(60, 30 * 86_400), "s", Live,
            "5400", "A session that nothing was heard of for so long is forgotten: three times its Interim-Updates.";
        ended_s: u32 = 3_600, "sessions.ended_s", between(60, 86_400), "s", Live,
            "900", "How long an ended session is remembered, so that its late Interim-Updates find it ended.";
        away_s_max: u32 = 60, "sessions.away_s_max", between(0, 86_400), "s", Restart,
            "20", "Kept sessions are used at a start if nobody was deaf for longer: as long as clients go on trying.";
        repeats_max: u32 = 65_536, "sessions.repeats_max", between(256, 1 << 24), "", Restart,
            "600000", "Accounting requests remembered for a minute: repeated ones are answered and not applied.";
        log_octets_max: u64 = 64 * MIB, "sessions.log_octets_max", between(MIB, 64 * GIB), "octets", Live,
            "268435456", "Log of changes after which a snapshot is made, where it is twice the last snapshot, too.";
    }

    /// How numbers are written here, and which are served.
    numbering Numbering {
        country_code: String = String::new(), "numbering.country_code", Kind::Text(value::COUNTRY_CODE), "", Live,
            "\"44\"", "Country code of numbers written nationally; empty: national numbers are refused.";
        national_prefix: String = "0".to_owned(), "numbering.national_prefix", Kind::Text(value::DIAL_PREFIX), "", Live,
            "\"8\"", "What a national number begins with.";
        international_prefix: String = "00".to_owned(), "numbering.international_prefix",
            Kind::Text(value::DIAL_PREFIX), "", Live,
            "\"011\"", "What an international number may begin with instead of +.";
        local_ranges: Vec<String> = Vec::new(),
            "numbering.local_ranges", texts(value::NUMBER_RANGE, 0, 1_024), "", Live,
            "[\"+4477009\"]", "Leading digits of the numbers served here; empty: every number not routed elsewhere.";
    }

    /// HTTP on the listeners for phones.
    http Http {
        connections_max: u32 = 30_000, "http.connections_max", between(1, 1_000_000), "", Restart,
            "100000", "Connections of one shard; more are answered 503 and closed.";
        head_octets_max: u32 = 16 * 1_024, "http.head_octets_max", between(KIB, 65_535), "octets", Restart,
            "32768", "Request line and headers of one request.";
        request_line_octets_max: u32 = 8 * 1_024,
            "http.request_line_octets_max", between(16, 65_534), "octets", Restart,
            "4096", "Request line of one request; less than http.head_octets_max.";
        fields_max: u16 = 100, "http.fields_max", between(1, 100), "", Restart,
            "50", "Headers of one request.";
        body_octets_max: u64 = 2 * MIB, "http.body_octets_max", between(16 * KIB, PDU_OCTETS_MAX), "octets", Restart,
            "8388608", "Body that is kept; at least mm1.message_octets_max with 5 % and 64 KiB of headers.";
        drain_octets_max: u64 = 16 * MIB,
            "http.drain_octets_max", between(16 * KIB, u32::MAX as u64), "octets", Restart,
            "33554432", "Body that is read to its end though too large, so that the refusal can be an MMS one.";
        buffer_octets_max: u64 = 256 * MIB, "http.buffer_octets_max", between(16 * MIB, 1_024 * GIB), "octets", Restart,
            "1073741824", "Bodies under way in one shard, together; above it new ones are answered 503.";
        requests_max: u32 = 100_000, "http.requests_max", between(1, u32::MAX as u64), "", Restart,
            "1000", "Requests on one connection; then it is closed, so that long connections spread anew.";
        idle_s: u32 = 60, "http.idle_s", between(2, 3_600), "s", Restart,
            "300", "Silence between requests, and before the first.";
        head_s: u32 = 10, "http.head_s", between(1, 600), "s", Restart,
            "20", "From the first octet of a head to its last.";
        body_s_max: u32 = 600, "http.body_s_max", between(1, 3_600), "s", Restart,
            "120", "From the end of a head to the end of its body, whatever the rate.";
        body_grace_s: u32 = 20, "http.body_grace_s", between(0, 600), "s", Restart,
            "5", "How long a body or an answer may be slower than its least rate at the start.";
        body_stall_s: u32 = 30, "http.body_stall_s", between(1, 600), "s", Restart,
            "10", "Silence within a body; a change of cell takes some seconds.";
        rate_octets_per_s_min: u32 = 500, "http.rate_octets_per_s_min", between(1, MIB), "octets/s", Restart,
            "1000", "Least rate of a body, and of taking an answer; bad GPRS gives about 1000.";
    }

    /// What phones may send and get.
    mm1 Mm1 {
        message_octets_max: u32 = 1 << 20, "mm1.message_octets_max", between(10 * KIB, 7 * MIB), "octets", Live,
            "614400", "Subject and parts of one message (3GPP TS 23.140 message size); 5 % more is let through.";
        recipients_max: u16 = 50, "mm1.recipients_max", between(1, limits::RECIPIENTS_MAX as u64), "", Live,
            "20", "Recipients of one message, over To, Cc and Bcc.";
        sender_hiding: bool = true, "mm1.sender_hiding", Kind::Switch, "", Live,
            "false", "Whether a sender may hide their number from the recipients.";
        mailbox_messages_max: u32 = 1_000, "mm1.mailbox_messages_max", between(1, 1_000_000), "", Live,
            "100", "Messages that may wait for one recipient.";
        retrieval_base: String = String::new(), "mm1.retrieval_base", Kind::Text(value::RETRIEVAL_BASE), "", Live,
            "\"http://mms.example/\"",
            "Start of retrieval URLs, short since it costs SMS; empty: the first mm1 address.";
        domain: String = "ringpost.invalid".to_owned(), "mm1.domain", Kind::Text(value::DOMAIN), "", Live,
            "\"mms.example\"", "What stands behind the @ of a Message-ID.";
    }

    /// What other operators' MMSCs may bring, and how the listeners for them speak.
    mm4 Mm4 {
        domain: String = String::new(), "mm4.domain", Kind::Text(value::DOMAIN_OR_NONE), "", Live,
            "\"mms.mnc015.mcc234.gprs\"", "Our MMSE domain, in greetings and addresses; empty: mm1.domain.";
        system_user: String = "system-user".to_owned(), "mm4.system_user", Kind::Text(value::LOCAL_PART), "", Live,
            "\"mmscadm\"", "What stands before the @ of this system's own address.";
        repeats_s: u32 = timers::MM4_REPEATS.default_s, "mm4.repeats_s", timer(&timers::MM4_REPEATS), "s", Live,
            "604800", timers::MM4_REPEATS.text;
        mail_octets_max: u32 = 3 << 20, "mm4.mail_octets_max", between(64 * KIB, 2 * PDU_OCTETS_MAX), "octets", Live,
            "6291456", "One mail as it comes, headers and base64 included; a larger SIZE is refused at MAIL.";
        recipients_max: u16 = 100, "mm4.recipients_max", between(1, limits::RECIPIENTS_MAX as u64), "", Live,
            "50", "Recipients of one mail; more are answered 452.";
        hops_max: u16 = 30, "mm4.hops_max", between(1, 1_000), "", Live,
            "10", "Relays that a mail may have passed (Received); one that has passed more is refused as a loop.";
        forwards_max: u32 = 10, "mm4.forwards_max", between(1, 1_000), "", Live,
            "5", "The highest X-Mms-Forward-Counter that is taken.";
        connections_max: u32 = 1_000, "mm4.connections_max", between(1, 100_000), "", Restart,
            "200", "Connections of one shard from other operators; more are answered 421 and closed.";
        connections_per_source_max: u32 = 100, "mm4.connections_per_source_max", between(1, 100_000), "", Live,
            "20", "Those of them from one address, whoever is behind it.";
        chunking: bool = true, "mm4.chunking", Kind::Switch, "", Live,
            "false", "Whether CHUNKING and BINARYMIME are offered.";
        idle_s: u32 = 600, "mm4.idle_s", between(1, 86_400), "s", Live,
            "300", "Silence between two mails on a connection.";
        command_s: u32 = 300, "mm4.command_s", between(1, 3_600), "s", Live,
            "60", "Silence between two commands of one mail, and within a TLS handshake.";
        block_s: u32 = 180, "mm4.block_s", between(1, 3_600), "s", Live,
            "60", "Silence within a mail, and of a peer that takes no answer.";
        mail_s: u32 = 1_800, "mm4.mail_s", between(1, 86_400), "s", Live,
            "600", "From the start of a mail to its end, whatever the rate.";
        dns_servers: Vec<String> = Vec::new(), "mm4.dns_servers", texts(value::DNS_SERVER, 0, 8), "", Restart,
            "[\"192.0.2.53\", \"[2001:db8::53]:5353\"]",
            "Whom to ask for peers' machines (MX, A, AAAA), one after another; empty: as this machine does by itself.";
        tls: String = "offered".to_owned(), "mm4.tls", Kind::Choice(&["never", "offered", "required"]), "", Live,
            "\"required\"", "STARTTLS to whoever connects, where there is a certificate; `required`: no mail without.";
        tls_certificate: String = String::new(), "mm4.tls_certificate", Kind::Text(value::FILE_OR_NONE), "", Live,
            "\"/etc/ringpost/mm4.pem\"", "Certificate chain in PEM; empty: STARTTLS is not offered.";
        tls_key: String = String::new(), "mm4.tls_key", Kind::Text(value::FILE_OR_NONE), "", Live,
            "\"/etc/ringpost/mm4.key\"", "The certificate's private key in PEM.";
        tls_authorities: String = String::new(), "mm4.tls_authorities", Kind::Text(value::FILE_OR_NONE), "", Live,
            "\"/etc/ringpost/ipx-ca.pem\"",
            "Authorities in PEM that peers' certificates must come from; empty: none is asked for.";
    }

    /// Submission.
    send Send {
        dedup_s: u32 = timers::DEDUP.default_s, "send.dedup_s", timer(&timers::DEDUP), "s", Live,
            "1800", timers::DEDUP.text;
        expiry_max_s: u32 = timers::EXPIRY.default_s, "send.expiry_max_s", timer(&timers::EXPIRY), "s", Live,
            "259200", timers::EXPIRY.text;
        expiry_min_s: u32 = timers::EXPIRY_MIN.default_s, "send.expiry_min_s", timer(&timers::EXPIRY_MIN), "s", Live,
            "3600", timers::EXPIRY_MIN.text;
    }

    /// Notification.
    notify Notify {
        schedule_s: Vec<u32> = timers::NOTIFY_SCHEDULE_S.to_vec(), "notify.schedule_s",
            Kind::Integers { min: 1, max: MONTH_S, count_max: 16 }, "s", Live,
            "[60, 300, 3600]", "Waits between one notification and its repeats; the last one holds until expiry.";
        jitter_percent: u8 = 10, "notify.jitter_percent", between(0, 50), "%", Live,
            "20", "By how much each wait is varied at random, so that repeats do not march in step.";
        place_s: u32 = timers::PUSH_PLACE.default_s, "notify.place_s", timer(&timers::PUSH_PLACE), "s", Live,
            "30", timers::PUSH_PLACE.text;
        resume_per_s: u32 = 1_000, "notify.resume_per_s", between(1, 1_000_000), "1/s", Live,
            "200", "Pushes that a shard makes at most while it catches up after a start.";
    }

    /// Retrieval.
    retrieve Retrieve {
        unanswered_s: u32 = timers::RETRIEVED_UNANSWERED.default_s, "retrieve.unanswered_s",
            timer(&timers::RETRIEVED_UNANSWERED), "s", Live,
            "300", timers::RETRIEVED_UNANSWERED.text;
        again_s: u32 = timers::RETRIEVE_AGAIN.default_s, "retrieve.again_s", timer(&timers::RETRIEVE_AGAIN), "s", Live,
            "600", timers::RETRIEVE_AGAIN.text;
        delivered_on_fetch: bool = false, "retrieve.delivered_on_fetch", Kind::Switch, "", Live,
            "true", "Whether a complete retrieval counts as delivered without its acknowledgement.";
    }

    /// Reports.
    report Report {
        read_s: u32 = timers::READ_REPORT.default_s, "report.read_s", timer(&timers::READ_REPORT), "s", Live,
            "86400", timers::READ_REPORT.text;
        told_s: u32 = timers::TOLD.default_s, "report.told_s", timer(&timers::TOLD), "s", Live,
            "86400", timers::TOLD.text;
    }

    /// What becomes of new messages when there are more than can be served.
    overload Overload {
        slo_ms: u32 = 1_000, "overload.slo_ms", between(50, 60_000), "ms", Live,
            "2000", "How long a sender may wait for an answer: what waited half of it is refused, not served.";
        target_ms: u32 = 200, "overload.target_ms", between(5, 30_000), "ms", Live,
            "50", "Waiting that is borne for long; at most half of overload.slo_ms. A slow disk's commits count.";
        interval_ms: u32 = 100, "overload.interval_ms", between(10, 10_000), "ms", Live,
            "500", "Waiting above the target for so long is overload: new messages that waited longer are refused.";
        memory_percent: u8 = 80, "overload.memory_percent", between(10, 100), "%", Live,
            "90", "Part of http.buffer_octets_max open to large bodies; the rest is for reports and retrievals.";
        refusals_per_s: u32 = 2_000, "overload.refusals_per_s", between(10, 1_000_000), "1/s", Live,
            "500", "Refusals for overload that a shard makes at once; after more, their connections wait.";
    }

    /// The journal of each shard.
    journal Journal {
        segment_octets: u64 = 64 * MIB, "journal.segment_octets", between(MIB, 2 * GIB), "octets", Restart,
            "1073741824", "Size of a segment file, a power of two; 1 GiB on a server, 64 MiB on a laptop.";
        group_octets: u32 = 4 << 20, "journal.group_octets", between(64 * KIB, 16 * MIB), "octets", Restart,
            "8388608", "Largest group, and so largest message: a multiple of 4096, at most an eighth of a segment.";
        groups_in_flight: u8 = 2, "journal.groups_in_flight", between(1, 4), "", Restart,
            "4", "Groups on their way to the disk at once.";
        segments_max: u16 = 64, "journal.segments_max", between(3, 4_096), "", Restart,
            "1024", "Segment files of one shard: with the size of a segment, the disk that it may take.";
        segments_reserved: u16 = 1, "journal.segments_reserved", between(1, 1_024), "", Restart,
            "4", "Segments kept for states and reports, and one more for freeing: new messages are refused before.";
        segments_ahead: u16 = 1, "journal.segments_ahead", between(1, 64), "", Restart,
            "4", "Segments kept ready in front of the writer.";
        evacuate_below_percent: u8 = 25, "journal.evacuate_below_percent", between(0, 100), "%", Restart,
            "10", "A full segment of which less is still needed is copied out and freed.";
        recent_octets_max: u64 = 64 * MIB, "journal.recent_octets_max", between(0, 64 * GIB), "octets", Restart,
            "1073741824", "Bodies that a shard keeps in memory, since most messages are fetched at once.";
    }

    /// The listener for operators.
    admin Admin {
        token: String = String::new(), "admin.token", Kind::Text(value::TOKEN), "", Live,
            "\"paste-32-random-characters-here!\"",
            "Bearer token that requests must carry, /healthz and /readyz apart; empty: none.";
        connections_max: u32 = 256, "admin.connections_max", between(2, 65_536), "", Restart,
            "1024", "Connections at once; one more takes the longest idle one's place. The outbox gets three quarters.";
        wait_s_max: u32 = 60, "admin.wait_s_max", between(1, 600), "s", Live,
            "30", "Longest wait of one outbox request.";
        outbox_octets_max: u64 = 256 * MIB, "admin.outbox_octets_max", between(MIB, 64 * GIB), "octets", Restart,
            "67108864", "Pushes kept for the outbox, together; the oldest are forgotten first.";
    }

    /// Histograms of how long requests take, as files.
    metrics Metrics {
        hlog_folder: String = String::new(), "metrics.hlog_folder", Kind::Text(value::FOLDER_OR_NONE), "", Restart,
            "\"/var/log/ringpost/hlog\"",
            "Where each interval's histograms are written as HdrHistogram logs; empty: nowhere.";
        hlog_interval_s: u32 = 10, "metrics.hlog_interval_s", between(1, 3_600), "s", Restart,
            "1", "How long an interval of the histogram log is.";
        hlog_octets_max: u64 = 64 * MIB, "metrics.hlog_octets_max", between(64 * KIB, GIB), "octets", Restart,
            "16777216", "A histogram log that has grown to this size is followed by a new file.";
        hlog_files_max: u32 = 16, "metrics.hlog_files_max", between(1, 10_000), "", Restart,
            "96", "Histogram logs that are kept; the oldest goes first.";
    }

    /// Files about numbers and peers.
    routing Routing {
        peer_files: Vec<String> = Vec::new(), "routing.peer_files", texts(value::PATH, 0, 1_000), "", Live,
            "[\"/etc/ringpost/peers/alpha.toml\"]", "Files that hold one [[peer]] each, its keys at the top.";
        ported_files: Vec<String> = Vec::new(), "routing.ported_files", texts(value::PATH, 0, 64), "", Live,
            "[\"/var/lib/ringpost/ported.csv\"]",
            "Files of ported numbers, lines NUMBER,PEER, read in this order: a later line wins, - takes one back.";
        ported_rows_max: u32 = 10_000_000, "routing.ported_rows_max", between(1, 100_000_000), "", Live,
            "50000000", "Lines of all files of ported numbers together; 11 octets of memory each, twice in a reload.";
    }
}
