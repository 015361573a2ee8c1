"""One-time codes as authenticator apps make them (TOTP, RFC 6238): six digits, a new one every 30 seconds."""

import hmac
import re
from datetime import datetime

import pyotp

SECONDS = 30
"""How long one code is shown."""

WINDOW = 1
"""Codes before and after the present one that are taken too: clocks differ, and typing takes time."""

_NOT_DIGITS = re.compile(r"[\s-]")


def fresh_secret() -> str:
    """A new random secret of 160 bits, in base 32, for an app."""
    return pyotp.random_base32()


def code_at(secret: str, now: datetime) -> str:
    """The code that an app shows at `now`."""
    return pyotp.HOTP(secret).at(_step(now))


def seconds_left(now: datetime) -> int:
    """For how many seconds an app goes on showing the code of `now`."""
    return SECONDS - int(now.timestamp()) % SECONDS


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The time step whose code was typed, if it is near `now`; takes as long whether it is or not."""
    code, here, made = _NOT_DIGITS.sub("", typed).encode(), _step(now), pyotp.HOTP(secret)
    found = None
    for step in range(here - WINDOW, here + WINDOW + 1):
        if hmac.compare_digest(made.at(step).encode(), code):
            found = step
    return found


def address_for_apps(secret: str, name: str, issuer: str) -> str:
    """What an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def _step(now: datetime) -> int:
    return int(now.timestamp()) // SECONDS
