"""How the console sees health, lag, schemas and its own coming back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from console_kit import a_health

from referral_exchange.oversight.lag import Place
from referral_exchange.runtime.tail import Partition
from referral_exchange.settings import SettingsError
from status_board import health, schemas_seen
from status_board.health import Watched
from status_board.lag_history import History
from status_board.looking import Looking
from status_board.recovery import Progress, of_router
from status_board.world import World

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
INBOX = Partition("inbox.sample", 0)
OUTBOX = Partition("outbox.sample", 3)


def a_place(reads: int, end: int, partition: Partition = OUTBOX) -> Place:
    return Place("sample.edge", partition, reads, end, True)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_marker_of_a_transaction_is_no_mail() -> None:
    assert [a_place(7, 7 + left, INBOX).unread for left in (0, 1, 2)] == [0, 0, 2]
    assert [a_place(7, 7 + left, OUTBOX).unread for left in (0, 1, 2)] == [0, 1, 2]


def test_what_waits_is_as_old_as_the_first_look_that_saw_it() -> None:
    history = History()
    assert history.take([a_place(5, 5)], at(0))[0].since is None
    assert history.take([a_place(5, 6)], at(2))[0].since == at(2)
    assert history.take([a_place(5, 9)], at(4))[0].since == at(2)
    # The first one was read; what came at the third look waits since then.
    assert history.take([a_place(6, 9)], at(6))[0].since == at(4)
    assert history.take([a_place(9, 9)], at(8))[0].since is None
    assert history.take([a_place(9, 10)], at(9))[0].since == at(9)


def test_a_reader_that_is_away_for_days_costs_little_memory_and_keeps_its_time() -> None:
    history = History()
    for number in range(5000):
        told = history.take([a_place(0, 1 + number)], at(number))
    assert told[0].since == at(0)
    assert sum(len(each) for each in history._seen.values()) <= 501


def test_the_partitions_of_a_topic_are_told_as_one_and_the_furthest_behind_first() -> None:
    other = replace(a_place(0, 4, Partition("outbox.sample", 1)), begun=False)
    calm = replace(a_place(3, 3, Partition("consents", 0)), group="another")
    told = History().take([calm, a_place(2, 3), other], at(0))
    assert [(each.topic, each.unread, each.begun) for each in told] == [
        ("outbox.sample", 5, True),
        ("consents", 0, True),
    ]


def test_a_process_never_heard_is_not_down_until_it_was_up() -> None:
    never = a_health("sample", "never")
    assert health.after(never, "silent", {}, NOON) == never
    up = health.after(never, "ready", {"last_tick_age_s": 1.0}, NOON)
    assert (up.status, up.since, up.seen_at, up.is_down) == ("ready", NOON, NOON, False)
    later = health.after(up, "ready", {}, at(5))
    assert (later.since, later.seen_at) == (NOON, at(5))
    gone = health.after(later, "silent", {}, at(6))
    assert (gone.status, gone.since, gone.seen_at, gone.is_down) == ("silent", at(6), at(5), True)


def test_only_figures_are_taken_from_a_health_page() -> None:
    partitions = {"0": {"restored": True}, "1": {"restored": False, "name": "Invented Marigold"}}
    body = {"last_tick_age_s": 2.5, "partitions": partitions, "detail": "Invented Marigold"}
    told = health.figures_of(json.dumps(body).encode())
    assert told == {"last_tick_age_s": 2.5, "partitions": 2.0, "restored": 1.0}
    assert health.figures_of(b"not json") == health.figures_of(b"[1]") == {}


@pytest.mark.parametrize("setting", ["", "alone", "a b c d", "name address", "name ftp://127.0.0.1"])
def test_a_process_that_is_described_wrongly_is_said_at_the_start(setting: str) -> None:
    with pytest.raises(SettingsError, match="watched"):
        Watched.of(setting)


def test_a_process_is_described_in_two_words_or_three() -> None:
    assert Watched.of("router https://127.0.0.1:1/") == Watched("router", "", "https://127.0.0.1:1")
    assert Watched.of("bridge sample http://127.0.0.1:1").participant == "sample"


@pytest.mark.parametrize(
    ("committed", "registered", "same", "told"),
    [
        ((1, 2), (1, 2), True, "same"),
        ((1, 2), (1,), False, "missing"),
        ((1,), (), False, "missing"),
        ((1, 2), (1, 2), False, "differs"),
        ((1,), (1, 2), True, "more"),
        ((1,), (1, 2), False, "differs"),
    ],
)
def test_a_subject_is_compared_with_what_is_committed(
    committed: tuple[int, ...], registered: tuple[int, ...], same: bool, told: str
) -> None:
    assert schemas_seen.standing(committed, registered, same) == told


def test_progress_ends_only_when_all_is_read() -> None:
    assert [Progress("table", done, 400).percent for done in (0, 100, 399, 400)] == [0, 25, 99, 100]
    assert [Progress("table", done, 400).is_over for done in (399, 400)] == [False, True]
    assert not Progress("table", 0, 0, begun=False).is_over


def test_the_router_tells_how_many_parts_it_has_back() -> None:
    figures = {"partitions": 6.0, "restored": 2.0}
    told = of_router(World(health=(a_health("referral_router", "not-ready", **figures),)))
    assert told == Progress("router", 2, 6)
    assert of_router(World()) is of_router(World(health=(a_health("referral_router", "silent"),))) is None


def test_a_look_that_fails_waits_longer_each_time_and_keeps_the_time_of_the_last_good_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing, forgotten = [True], []

    def look() -> None:
        if failing[0]:
            raise RuntimeError("Invented Marigold")

    looking = Looking("sample", look, 7.0, failed=lambda: forgotten.append(True))
    assert [looking.once() for _ in range(4)] == [1.0, 2.0, 5.0, 5.0]
    assert (looking.at, len(forgotten)) == (None, 4)
    assert "RuntimeError at" in caplog.text
    assert "Marigold" not in caplog.text
    failing[0] = False
    assert looking.once() == 7.0
    assert looking.at is not None
