"""What each class of a quarantined message means, and what an operator does about it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Meaning(NamedTuple):
    """Two plain sentences. Nothing here can quote a message."""

    means: str
    do: str


_WRITER = "Mend the program that writes there: it must use the schemas as committed. Then drop this."
_THEN_REPLAY = "Mend it, then replay: the message is read as if it came now."
_OLD_READER = (
    "If its writer is newer than this exchange, deploy its schemas here (readers before writers) and replay; "
    "if not, mend the writer and drop it."
)

_OTHER_REGISTRY = (
    "If the registry was made anew since, replay: it is then read by ce_type alone; "
    "if not, mend the writer and drop it."
)
_SENDERS_KEY = "Ask the sender whether its keys changed, and the reader to confirm the new one; then replay."
_LEDGER = "Look at the ledger's log first; a fact it wrote twice or wrongly is for its maintainers."
_ASK_SENDER = "Ask the sender to send it anew; a replay would be reported again."

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "unknown-record": Meaning(
            "The header ce_type is missing, or names no record known here.", _OLD_READER
        ),
        "unknown-schema-id": Meaning(
            "The registry's id in the bytes is not that of ce_type here.", _OTHER_REGISTRY
        ),
        "truncated": Meaning("The bytes end before the event does.", _WRITER),
        "trailing-bytes": Meaning("Bytes stand behind the event.", _WRITER),
        "not-framed": Meaning("The first byte is not 0: this is no Confluent framing.", _WRITER),
        "malformed": Meaning("The bytes are not the one encoding of an event of that schema.", _WRITER),
        "bad-uuid": Meaning("An id is not 36 small letters, digits and dashes.", _WRITER),
        "too-large": Meaning("It is larger than 512 KiB.", _WRITER),
        "event-not-allowed": Meaning("Events of this type do not belong in that topic.", _WRITER),
        "wrong-partition": Meaning("It does not lie in its key's partition.", _WRITER),
        "other-parties": Meaning("The ledger's fact names other parties than the referral has.", _LEDGER),
        "too-many-consents": Meaning("The referral holds as many consents as one may.", _LEDGER),
        "unknown-programme": Meaning("The directory lists no such programme.", f"List it. {_THEN_REPLAY}"),
        "wrong-key": Meaning("The message's key is not the id it is about.", _WRITER),
        "not-your-programme": Meaning(
            "An edge was given a message for a programme that is not its own.", _LEDGER
        ),
        "bad-signature": Meaning("An edge could not verify the sender's signature.", _SENDERS_KEY),
        "bad-proof": Meaning("An edge could not verify the ledger's own signature on an ending.", _LEDGER),
        "unknown-key": Meaning("An edge knows no key of that id for the sender.", _SENDERS_KEY),
        "unknown": Meaning("An edge knows no referral of that id.", _ASK_SENDER),
        "consent-missing": Meaning(
            "It names a consent that the edge does not know for the referral.", _ASK_SENDER
        ),
        "not-openable": Meaning("The recipient's own key does not open a part of it.", _ASK_SENDER),
        "ledger-silent": Meaning("An edge got no answer from the ledger for too long.", _THEN_REPLAY),
        "not-read-yet": Meaning("A replay was asked for what the router had not come to yet.", "Drop this."),
        "reported": Meaning(
            "An edge reported it without a class that can be shown.", "Read that edge's log."
        ),
    }
)
"""By class."""

_NEWER = Meaning("A class that this version does not know.", "Read the router's log, or update this command.")


def meaning(code: str) -> Meaning:
    """What `code` means."""
    return MEANINGS.get(code, _NEWER)
