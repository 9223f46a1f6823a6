//! The message types of MMS 1.0 to 1.3.
//!
//! The second octet of every PDU. Invariant: the numbers are those of OMA-TS-MMS_ENC X-Mms-Message-Type; all of
//! 0x80 to 0x97 are assigned.

macro_rules! pdu_types {
    ($($octet:literal $variant:ident $name:literal,)*) => {
        /// X-Mms-Message-Type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum PduType {
            $(#[doc = $name] $variant = $octet,)*
        }

        impl PduType {
            /// All types by rising octet.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the specification, such as `M-Send.req`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl TryFrom<u8> for PduType {
            type Error = u8;

            fn try_from(octet: u8) -> Result<Self, u8> {
                match octet { $($octet => Ok(Self::$variant),)* other => Err(other) }
            }
        }
    };
}

pdu_types! {
    0x80 SendReq "M-Send.req",
    0x81 SendConf "M-Send.conf",
    0x82 NotificationInd "M-Notification.ind",
    0x83 NotifyRespInd "M-NotifyResp.ind",
    0x84 RetrieveConf "M-Retrieve.conf",
    0x85 AcknowledgeInd "M-Acknowledge.ind",
    0x86 DeliveryInd "M-Delivery.ind",
    0x87 ReadRecInd "M-Read-Rec.ind",
    0x88 ReadOrigInd "M-Read-Orig.ind",
    0x89 ForwardReq "M-Forward.req",
    0x8A ForwardConf "M-Forward.conf",
    0x8B MboxStoreReq "M-Mbox-Store.req",
    0x8C MboxStoreConf "M-Mbox-Store.conf",
    0x8D MboxViewReq "M-Mbox-View.req",
    0x8E MboxViewConf "M-Mbox-View.conf",
    0x8F MboxUploadReq "M-Mbox-Upload.req",
    0x90 MboxUploadConf "M-Mbox-Upload.conf",
    0x91 MboxDeleteReq "M-Mbox-Delete.req",
    0x92 MboxDeleteConf "M-Mbox-Delete.conf",
    0x93 MboxDescr "M-Mbox-Descr",
    0x94 DeleteReq "M-Delete.req",
    0x95 DeleteConf "M-Delete.conf",
    0x96 CancelReq "M-Cancel.req",
    0x97 CancelConf "M-Cancel.conf",
}

impl PduType {
    /// The octet on the wire.
    #[must_use]
    pub const fn octet(self) -> u8 {
        self as u8
    }

    /// Whether it belongs to the network mailbox (MMBox), which this codec only recognises.
    #[must_use]
    pub const fn is_mailbox(self) -> bool {
        matches!(self.octet(), 0x8B..=0x93)
    }
}

/// A set of message types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PduSet(u32);

impl PduSet {
    /// The set of the types in `list`.
    #[must_use]
    pub const fn of(mut list: &[PduType]) -> Self {
        let mut bits = 0;
        while let [first, rest @ ..] = list {
            bits |= Self::bit(*first);
            list = rest;
        }
        Self(bits)
    }

    /// Whether `pdu_type` is in the set.
    #[must_use]
    pub const fn contains(self, pdu_type: PduType) -> bool {
        self.0 & Self::bit(pdu_type) != 0
    }

    const fn bit(pdu_type: PduType) -> u32 {
        1 << (pdu_type.octet() & 0x1F)
    }
}
