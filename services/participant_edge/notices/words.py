"""The only words that a notice may say outside, and the guard that keeps others out."""

SUBJECT = "Something waits for you"
TEXT = "Something waits for you. Sign in."
SENDER_NAME = "Notices"

TELLING = (
    "traffick",
    "victim",
    "survivor",
    "referral",
    "shelter",
    "abuse",
    "violence",
    "exploit",
    "immigra",
    "asylum",
    "police",
    "hotline",
    "visa",
    "rescue",
    "consent",
    "slave",
    "prostitut",
    "crisis",
    "safe house",
    "safehouse",
    "safe-house",
)
"""Pieces of words that betray, on a locked screen or in a mail server's log, what this is about."""


def telling(text: str) -> str | None:
    """The first piece in `text` that says too much; None where it is neutral."""
    lowered = text.casefold()
    return next((piece for piece in TELLING if piece in lowered), None)
