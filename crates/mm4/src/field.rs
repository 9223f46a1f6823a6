//! The one table of headers: what they are called, and what peers call them by mistake.
//!
//! The walk over a head looks every name up here; what is not here is unknown and survives as it is. Invariants: names
//! are compared without case; a header is in one row. Source: MM4 reference §2, §3 and §8.

macro_rules! fields {
    ($($field:ident $name:literal $(, $alias:literal)*;)*) => {
        /// A header that is understood here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = $name] $field,)*
        }

        impl Field {
            /// All of them, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// The name that is written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)* }
            }

            /// Other names that are read.
            #[must_use]
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$field => &[$($alias),*],)* }
            }
        }

        /// How many there are.
        pub(crate) const COUNT: usize = Field::ALL.len();
    };
}

fields! {
    From "From";
    To "To";
    Cc "Cc";
    Sender "Sender";
    Subject "Subject";
    Date "Date";
    MailId "Message-ID";
    Version "X-Mms-3GPP-MMS-Version";
    VersionMisspelt "X-Mms-3GPP-Version", "X-Mms-MMS-Version";
    MessageType "X-Mms-Message-Type";
    TransactionId "X-Mms-Transaction-ID";
    MessageId "X-Mms-Message-ID";
    OriginatorSystem "X-Mms-Originator-System";
    AckRequest "X-Mms-Ack-Request";
    MessageClass "X-Mms-Message-Class";
    Expiry "X-Mms-Expiry";
    DeliveryReport "X-Mms-Delivery-Report";
    OriginatorDeliveryReport "X-Mms-Originator-R/S-Delivery-Report", "X-Mms-Originator-RS-Delivery-Report";
    ForwardToOriginator "X-Mms-Forward-To-Originator-UA";
    Priority "X-Mms-Priority";
    SenderVisibility "X-Mms-Sender-Visibility";
    ReadReply "X-Mms-Read-Reply";
    ForwardCounter "X-Mms-Forward-Counter";
    PreviouslySentBy "X-Mms-Previously-sent-by";
    PreviouslySentDate "X-Mms-Previously-sent-date-and-time", "X-Mms-Previously-sent-date";
    ApplicId "X-Mms-Applic-ID";
    ReplyApplicId "X-Mms-Reply-Applic-ID";
    AuxApplicInfo "X-Mms-Aux-Applic-Info";
    ContentClass "X-Mms-Content-Class";
    DrmContent "X-Mms-Drm-Content";
    AdaptationAllowed "X-Mms-Adaptation-Allowed", "X-Mms-Adaptations";
    MmsipAddress "X-Mms-MMSIP-Address";
    ForwardRoute "X-Mms-Forward-Route";
    ReturnRoute "X-Mms-Return-Route";
    OriginatorRecipientAddress "X-Mms-Originator-Recipient-Address";
    VaspId "X-Mms-VASP-ID";
    VasId "X-Mms-VAS-ID";
    ServiceCode "X-Mms-Service-Code";
    ChargedPartyId "X-Mms-Charged-Party-ID";
    RequestStatusCode "X-Mms-Request-Status-Code";
    StatusText "X-Mms-Status-Text";
    RequestRecipients "X-Mms-Request-Recipients";
    MmStatusCode "X-Mms-MM-Status-Code";
    VendorStatus "X-Mms-Status";
    MmStatusExtension "X-Mms-MM-Status-Extension";
    ReadStatus "X-Mms-Read-Status";
}

impl Field {
    /// The header of that name.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let named = |text: &str| text.as_bytes().eq_ignore_ascii_case(name);
        let is = |field: &Self| named(field.name()) || field.aliases().iter().any(|alias| named(alias));
        Self::ALL.iter().copied().find(is)
    }
}

#[cfg(test)]
mod tests;
