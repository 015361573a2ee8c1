"""Which paths of the bridge are for people, and which for programs."""

from referral_exchange.own_pages import HEALTH

API = "/v1"


def is_page(path: str) -> bool:
    """Whether a person, not a program, asks for `path`."""
    return not path.startswith((API, HEALTH, "/openapi"))
