"""Whether a text that would be public tells a place or a contact. Pure."""

import re
import unicodedata

_STREET = (
    r"street|str|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|parkway|pkwy"
    r"|highway|hwy|terrace|square|sq|way|suite|apartment|apt|calle|avenida|rue|strasse|straße"
)
_KINDS = {
    "an e-mail address": re.compile(r"[^\s@]+@[^\s@]+"),
    "a web address": re.compile(
        r"[a-z][a-z0-9+.-]*://|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|gov|edu|info|us)\b"
    ),
    "coordinates": re.compile(r"[-+]?\d{1,3}[.,]\d{2,}[°\s]*[nsew]?[\s,;/]+[-+]?\d{1,3}[.,]\d{2,}"),
    "a street address": re.compile(
        rf"\b\d{{1,6}}(?:\s*-\s*\d+)?[a-z]?\s+(?:[^\W\d][\w.'’-]*\s+){{0,4}}(?:{_STREET})\b"
        rf"|\b(?:{_STREET})\.?\s+(?:[^\W\d][\w.'’-]*\s+){{0,3}}\d{{1,6}}\b"
        r"|\bp\.?\s?o\.?\s?box\b"
    ),
    "a telephone number": re.compile(r"(?:\d[\s().+/‐-―-]*){7,}"),
    "a postal code": re.compile(r"\b\d{5}(?:-\d{4})?\b"),
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def place_in(text: str) -> str | None:
    """What of a place or a contact `text` tells, in words; None where it tells none."""
    plain = _plain(text)
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(plain)), None)


def formula(text: str) -> bool:
    """Whether a spreadsheet would take `text` for a formula and run it."""
    return text.lstrip(" ").startswith(_FORMULA)


def unprintable(text: str) -> bool:
    """Whether `text` holds control characters, or ones that turn or hide what stands beside them."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} for character in text)


def _plain(text: str) -> str:
    """Small letters and plain digits, nothing invisible: a disguise must not hide a number."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    shown = (c for c in folded if unicodedata.category(c) != "Cf")
    return "".join(str(unicodedata.digit(c)) if unicodedata.digit(c, None) is not None else c for c in shown)
