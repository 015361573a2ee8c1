"""What an operator does about each class of what was set aside, as codes of texts. Pure."""

from collections.abc import Mapping

_OF_WRITERS = (
    "truncated",
    "trailing-bytes",
    "not-framed",
    "malformed",
    "bad-uuid",
    "too-large",
    "event-not-allowed",
    "wrong-partition",
    "wrong-key",
)
_OF_LEDGER = ("other-parties", "too-many-consents", "not-your-programme", "bad-proof")

REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(_OF_WRITERS, "mend"),
    **dict.fromkeys(_OF_LEDGER, "ledger"),
    **dict.fromkeys(("unknown-record", "unknown-schema-id"), "newer"),
    **dict.fromkeys(("bad-signature", "unknown-key"), "key"),
    **dict.fromkeys(("unknown", "consent-missing", "not-openable"), "sender"),
    "unknown-programme": "list",
    "ledger-silent": "mended",
    "not-read-yet": "drop",
    "reported": "log",
}
"""By class of `referral_exchange.oversight.quarantine_classes`."""
