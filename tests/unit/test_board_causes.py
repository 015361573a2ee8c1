"""What is stuck, why, and what else an operator should look at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from console_kit import (
    a_directory,
    a_health,
    a_lag,
    an_entry,
    set_aside,
)

from referral_exchange.contract_files import DEPLOY
from status_board import causes, matters, rules
from status_board.causes import RUNBOOKS, Cause
from status_board.matters import Matter
from status_board.rules import Entry
from status_board.world import Subject, World

WITHIN = timedelta(seconds=2)
GATHERED = datetime.now(UTC)
"""When the worlds below were made: what they say of ages is true then."""
UNSENT = an_entry(1)
LATE = an_entry(2, "received", elapsed=True)
PURGE = an_entry(3, "cancelled", sub_state="cancel_requested", elapsed=True)
AWAY = a_health("ngo_bridge.harbor-house", "silent", "harbor-house")
UP = a_health("ngo_bridge.harbor-house", "ready", "harbor-house")


def now() -> datetime:
    return datetime.now(UTC)


def found(*entries: Entry, **world: Any) -> list[tuple[str, str, int]]:
    seen = World(**{"directory": a_directory(), "health": (UP,), **world})
    return [(s.reason, s.cause, len(s.entries)) for s in causes.stuck(entries, now(), seen, WITHIN)]


def test_an_offer_is_stuck_after_two_seconds_and_no_longer_once_it_is_received() -> None:
    at = UNSENT.since + WITHIN
    assert rules.stuck(UNSENT, at - timedelta(milliseconds=1), WITHIN) is None
    assert rules.stuck(UNSENT, at, WITHIN) == "not-yet-received"
    assert rules.stuck(replace(UNSENT, state="received"), at + timedelta(hours=1), WITHIN) is None


def test_a_clock_that_ran_out_is_stuck_at_once() -> None:
    fresh = an_entry(4, "received", age_s=0, elapsed=True)
    assert rules.stuck(fresh, now(), WITHIN) == "clock-elapsed"


@pytest.mark.parametrize(
    ("entry", "world", "cause"),
    [
        (UNSENT, {"broker_lost": True, "health": (AWAY,)}, "broker-lost"),
        (UNSENT, {"health": (a_health("referral_router", "silent"), AWAY)}, "router-down"),
        (UNSENT, {"health": (a_health("referral_router", "not-ready"),)}, "router-down"),
        (UNSENT, {"directory": a_directory("paused"), "health": (AWAY,)}, "recipient-paused"),
        (UNSENT, {"health": (AWAY,)}, "recipient-away"),
        (UNSENT, {"health": (replace(AWAY, status="never"),)}, "recipient-away"),
        (UNSENT, {"health": (UP, a_health("consent_ledger", "silent"))}, "ledger-away"),
        (UNSENT, {"lags": (a_lag("harbor-house.edge", 2, 9),)}, "recipient-behind"),
        (UNSENT, {"lags": (a_lag("meadow-collective.edge", 2, 9),)}, "unseen"),
        (UNSENT, {"health": ()}, "unseen"),
        (LATE, {}, "not-answered"),
        (LATE, {"health": (AWAY,)}, "recipient-away"),
        (PURGE, {}, "purge-not-answered"),
    ],
)
def test_the_widest_cause_that_is_seen_is_told(entry: Entry, world: dict[str, Any], cause: str) -> None:
    assert [each[1] for each in found(entry, **world)] == [cause]


def test_what_is_stuck_alike_stands_together_and_what_moves_is_left_out() -> None:
    moving = an_entry(9, "accepted")
    told = found(UNSENT, an_entry(4), moving, LATE, health=(AWAY,))
    assert told == [("clock-elapsed", "recipient-away", 1), ("not-yet-received", "recipient-away", 2)]


def test_the_oldest_of_them_says_since_when() -> None:
    older = replace(an_entry(5), since=UNSENT.since - timedelta(seconds=500))
    (told,) = causes.stuck([UNSENT, older], now(), World(directory=a_directory(), health=(UP,)), WITHIN)
    assert (told.since, told.participant) == (older.since, "harbor-house")


def test_every_cause_and_every_matter_names_a_runbook_that_is_there() -> None:
    assert set(RUNBOOKS) == set(get_args(Cause))
    named = {*RUNBOOKS.values(), *(Matter(kind, "", 1, None).runbook for kind in get_args(matters.Kind))}
    assert [name for name in sorted(named) if not (DEPLOY / "runbooks" / f"{name}.md").is_file()] == []


@pytest.mark.parametrize(
    ("world", "told"),
    [
        (World(), []),
        (World(health=(UP,)), []),
        (World(health=(replace(UP, status="never"),)), []),
        (World(health=(a_health("consent_ledger", "silent", age_s=1),)), []),
        (World(health=(a_health("consent_ledger", "silent"),)), [("process-silent", "consent_ledger", 1)]),
        (
            World(health=(a_health("consent_ledger", "not-ready"),)),
            [("process-not-ready", "consent_ledger", 1)],
        ),
        (World(lags=(a_lag("sample.edge", 7, 29),)), []),
        (
            World(lags=(a_lag("sample.edge", 7, 31),)),
            [("reader-behind", "sample.edge (inbox.harbor-house)", 7)],
        ),
        (World(aside=(replace(set_aside(1), how="replayed"),)), []),
        (World(aside=(set_aside(1), set_aside(2))), [("set-aside", "truncated", 2)]),
        (
            World(subjects=(Subject("a", (1,), (1,), "same"), Subject("b", (1,), (), "missing"))),
            [("schemas-differ", "", 1)],
        ),
    ],
)
def test_what_needs_a_look_beside_the_referrals(world: World, told: list[tuple[str, str, int]]) -> None:
    assert [(m.kind, m.about, m.count) for m in matters.matters(world, GATHERED)] == told
