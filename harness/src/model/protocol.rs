//! The protocols of health checks.

use std::fmt;

use strum::VariantArray;

/// How a health check asks, and thereby who asks: Marathon itself, or Mesos's executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum Protocol {
    /// Marathon sends a request.
    Http,
    /// Marathon sends a request over TLS.
    Https,
    /// Marathon opens a connection.
    Tcp,
    /// The executor runs a command.
    Command,
    /// The executor sends a request.
    MesosHttp,
    /// The executor sends a request over TLS.
    MesosHttps,
    /// The executor opens a connection.
    MesosTcp,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Marathon's name of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Command => "COMMAND",
            Self::MesosHttp => "MESOS_HTTP",
            Self::MesosHttps => "MESOS_HTTPS",
            Self::MesosTcp => "MESOS_TCP",
        }
    }

    /// Reads Marathon's name; `None` for any other text.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| protocol.as_str() == name)
    }

    /// Whether Mesos's executor makes the check, so that only changes of its result are reported.
    #[must_use]
    pub fn is_native(self) -> bool {
        match self {
            Self::Command | Self::MesosHttp | Self::MesosHttps | Self::MesosTcp => true,
            Self::Http | Self::Https | Self::Tcp => false,
        }
    }

    /// Whether the check is made over TLS.
    #[must_use]
    pub fn is_tls(self) -> bool {
        match self {
            Self::Https | Self::MesosHttps => true,
            Self::Http | Self::Tcp | Self::Command | Self::MesosHttp | Self::MesosTcp => false,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_read_by_its_own_name_and_no_other_text_is() {
        for &protocol in Protocol::ALL {
            assert_eq!(Protocol::parse(protocol.as_str()), Some(protocol));
        }
        assert_eq!(Protocol::parse("MESOS_UDP"), None);
        assert_eq!(Protocol::parse(""), None);
    }
}
