"""How long a session lasts, how long somebody waits after wrong tries, and what a password must be."""

from datetime import datetime, timedelta
from typing import Literal

Role = Literal["caseworker", "supervisor"]
"""A supervisor may also end the sign-ins of others, and take an account away."""

IDLE = timedelta(minutes=20)
"""A session ends when nothing was done with it for so long."""

LONGEST = timedelta(hours=8)
"""A session ends then, whatever was done with it."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
"""Nobody waits longer for a try, so nobody can be kept out for good by somebody else's tries."""

FORGOTTEN = timedelta(hours=24)
"""Wrong tries are forgotten so long after the last one."""

BROWSER_KNOWN = timedelta(days=90)
"""How long a browser that signed in here is counted apart from strangers."""

Counted = Literal["known-browser", "name-and-source", "name", "source"]
"""By what wrong tries are counted."""

FREE_TRIES: dict[Counted, int] = {"known-browser": 5, "name-and-source": 5, "name": 50, "source": 20}
"""The wrong try of this number is the first that makes the next one wait."""

LEAST_PASSWORD, LONGEST_PASSWORD = 12, 200
"""Characters. No rules about kinds of characters: length helps, rules do not (NIST SP 800-63B)."""

NAME = r"[a-z0-9][a-z0-9._@+-]{1,62}"
"""What somebody types to sign in; small letters."""


def ends_at(started_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends that began at `started_at` and was last used at `seen_at`."""
    return min(seen_at + IDLE, started_at + LONGEST)


def wait_after(failures: int, free: int) -> timedelta:
    """How long to wait after so many wrong tries of which the first `free` less one cost nothing."""
    over = failures - free
    doublings: int = 2 ** max(0, min(over, 10))
    return min(FIRST_WAIT * doublings, LONGEST_WAIT) if over >= 0 else timedelta()


PasswordFault = Literal["too-short", "too-long", "same-as-name"]


def password_fault(password: str, name: str) -> PasswordFault | None:
    """What is wrong with a new password; None where it can stand."""
    if len(password) < LEAST_PASSWORD:
        return "too-short"
    if len(password) > LONGEST_PASSWORD:
        return "too-long"
    return "same-as-name" if name and name in password.lower() else None


def tidy_name(typed: str) -> str:
    """A name as it is kept, however it was typed."""
    return typed.strip().lower()[:200]
