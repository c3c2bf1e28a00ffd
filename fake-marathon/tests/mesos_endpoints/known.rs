//! The differences that are known, each with its reason.

use crate::compare::Difference;

/// A difference that may be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// A part of the request's line; empty for all requests.
    request: &'static str,
    /// A part of what differs.
    what: &'static str,
    /// Why.
    #[expect(dead_code, reason = "printed when a difference is no more")]
    reason: &'static str,
}

impl Known {
    /// Whether this is the difference.
    pub(crate) fn covers(&self, found: &Difference) -> bool {
        found.request.contains(self.request) && found.what.contains(self.what)
    }
}

/// All that are known.
pub(crate) const KNOWN: &[Known] = &[
    known("", ".cluster: string", "the fake's cluster has a name, the recorded one had none"),
    known("", ".flags.image_providers: string", "the fake's agents provision images, the recorded one did not"),
    known("<pod>", "", "the executor of a pod has no sandbox of its own here, only its containers have"),
];

const fn known(request: &'static str, what: &'static str, reason: &'static str) -> Known {
    Known { request, what, reason }
}
