"""Refusal codes of the exchange: what each means and what its reader does next, in one plain sentence."""

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN = "unknown"
CONSENT_MISSING = "consent-missing"
CONSENT_ENDED = "consent-ended"
GROUND_MISSING = "ground-missing"
WRONG_STATE = "wrong-state"
NOT_YOUR_PROGRAMME = "not-your-programme"
UNKNOWN_PROGRAMME = "unknown-programme"
WRONG_PARTITION = "wrong-partition"
WRONG_KEY = "wrong-key"
EVENT_NOT_ALLOWED = "event-not-allowed"
TOO_OLD = "too-old"
ID_REUSED = "id-reused"
PARTS_MISSING = "parts-missing"
UNSPECIFIED = "unspecified"
TOO_MANY_EVENTS = "too-many-events"
SEAL_AGAIN = "seal-again"
TOO_OFTEN = "too-often"
NOT_TAKING_PART = "not-taking-part"
DENIED = "denied"

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        UNKNOWN: "No referral of that id is yours; check the id, and that its consent was given.",
        CONSENT_MISSING: "The consent named does not cover this referral that way; name the right one.",
        CONSENT_ENDED: "The consent has ended; ask the person for a new one before anything more is shared.",
        GROUND_MISSING: "Such an event stands on a ground, not on a consent; record the ground and name it.",
        WRONG_STATE: "The referral is in a state that does not allow this; read its latest step first.",
        NOT_YOUR_PROGRAMME: "The event speaks for a programme that is not yours; send it from its own edge.",
        UNKNOWN_PROGRAMME: "The directory lists no such programme; choose one that it lists.",
        WRONG_PARTITION: "The message is not in its key's partition; use partitioner murmur2_random.",
        WRONG_KEY: "The message's key is not the id it is about; use the referral id as key.",
        EVENT_NOT_ALLOWED: "No such event goes from an outbox to that programme; send what topic.toml lists.",
        TOO_OLD: "The event is older than 30 days; make a new one if it is still meant.",
        ID_REUSED: "That event id was used for other content; give every event a fresh id.",
        PARTS_MISSING: "The event lacks the sealed part its type requires; seal it and send a new event.",
        UNSPECIFIED: "A code of the event is one this exchange does not know; update the edge that wrote it.",
        TOO_MANY_EVENTS: "This referral holds as many events as one may; end it and offer a new one.",
        SEAL_AGAIN: "Its recipient lost this event and it is no longer kept; seal it again as a new event.",
        NOT_TAKING_PART: "It, or the other side, is paused or was expelled; wait, or choose somebody else.",
        DENIED: "A rule of confidentiality forbids it; `exchange explain route` says which one, and its law.",
        TOO_OFTEN: "This was asked for too often within the hour; what was asked for is coming, so wait.",
    }
)
"""Sentence by code. Tells nothing about a person, and nothing of a referral that is not the reader's."""


def sentence(code: str) -> str:
    """What to do about `code`; for a code of a newer exchange, to look it up by its name."""
    return SENTENCES.get(code, f"Refused with the code {code}; a newer exchange explains it.")
