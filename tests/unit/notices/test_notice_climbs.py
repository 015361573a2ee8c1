"""The ladder on a database: told once, taken up after a death, acknowledged, and loud at the top."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from notice_kit import DOWN, LADDER, MINUTE, Desk, Killed, a_view, an_id
from sqlalchemy import create_engine, event, inspect, text

from participant_edge.errors import UnknownThing
from participant_edge.notices import matter_rows
from participant_edge.notices.outcomes import Failed
from participant_edge.notices.rules import Ladder, Rung
from participant_edge.notices.store import NoticeStore, StoreAway, migrate
from participant_edge.notices.tables import VERSION_TABLE, metadata

EVERYBODY = [(rung.to, rung.by) for rung in LADDER.rungs]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    yield made
    made.close()


@pytest.fixture
def file_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(f"sqlite:///{tmp_path_factory.mktemp('notices')}/notices.db")
    yield made
    made.close()


def test_an_offer_climbs_rung_by_rung_until_it_is_answered(desk: Desk) -> None:
    desk.edge.offered("one")
    assert desk.turn() == [("duty", "email")]
    assert desk.turn(4 * MINUTE) == []
    assert desk.turn(1 * MINUTE) == [("duty", "sms")]
    desk.edge.answered("one")
    assert desk.turn(60 * MINUTE) == []
    assert desk.notices.waiting() == []


def test_an_answer_in_the_same_moment_tells_nobody(desk: Desk) -> None:
    desk.edge.offered("one")
    desk.edge.answered("one")
    assert desk.turn() == []


def test_what_somebody_acknowledged_climbs_no_further_and_stays_known(desk: Desk) -> None:
    desk.edge.offered("one")
    desk.turn()
    (matter,) = desk.notices.waiting()
    desk.notices.acknowledge(matter.number)
    desk.notices.acknowledge(matter.number)
    assert desk.turn(120 * MINUTE) == []
    assert not desk.notices.report().loud
    with pytest.raises(UnknownThing):
        desk.notices.acknowledge(matter.number + 1)
    desk.edge.answered("one")
    desk.turn()
    with pytest.raises(UnknownThing):
        desk.notices.acknowledge(matter.number)


def test_another_clock_that_runs_out_climbs_again_after_an_acknowledgement(desk: Desk) -> None:
    sent = {"direction": "sent", "state": "received"}
    desk.edge.change("one", "ClockElapsed", "unanswered", overdue=("unanswered",), **sent)
    assert desk.turn() == [("duty", "email")]
    desk.notices.acknowledge(desk.notices.waiting()[0].number)
    desk.edge.change("one", "ClockElapsed", "unread", overdue=("unanswered", "unread"), **sent)
    assert desk.turn() == [("duty", "email")]


def test_the_top_reached_without_an_answer_is_loud_in_log_and_report_until_it_is_dealt_with(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.edge.offered("one")
    for _ in range(60):
        desk.turn(MINUTE)
    assert desk.ways.told == EVERYBODY
    report = desk.notices.report()
    assert (report.loud, report.well) == (1, False)
    assert report.as_json()["nobody_answered"] == 1
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.CRITICAL]
    assert len(lines) == 1
    assert "NOBODY HAS ANSWERED" in lines[0]
    desk.restarted()
    desk.turn(MINUTE)
    assert desk.notices.report().loud == 1
    desk.edge.answered("one")
    desk.turn()
    assert desk.notices.report().well
    assert desk.ways.told == EVERYBODY


def test_a_death_before_the_gateway_answers_repeats_that_message_under_the_same_id_and_no_other(
    desk: Desk,
) -> None:
    desk.edge.offered("one")
    desk.turn()
    desk.ways.broken["sms"] = Killed()
    with pytest.raises(Killed):
        desk.turn(5 * MINUTE)
    desk.ways.broken.clear()
    desk.restarted()
    assert desk.turn(timedelta(seconds=6)) == [("duty", "sms")]
    assert desk.ways.ids[1] == desk.ways.ids[2]
    assert desk.ways.told == [("duty", "email"), ("duty", "sms")]
    desk.restarted()
    assert desk.turn(MINUTE) == []


def test_a_process_that_dies_over_a_message_again_and_again_leaves_it_alone_for_longer_each_time(
    desk: Desk,
) -> None:
    desk.edge.offered("one")
    desk.ways.broken["email"] = Killed()
    deaths = 0
    for _ in range(120):
        try:
            desk.turn(timedelta(seconds=1))
        except Killed:
            deaths += 1
            desk.restarted()
    assert 2 <= deaths <= 6
    # After the second death the next rung was used, long before its time.
    assert desk.ways.told[:1] == [("duty", "sms")]


def test_a_gateway_that_is_down_loses_nothing_is_shown_and_the_next_rung_is_used_at_once(
    desk: Desk,
) -> None:
    desk.ways.broken["email"] = DOWN
    desk.edge.offered("one")
    assert desk.turn() == [("duty", "sms")]
    shown = {gateway.name: gateway.code for gateway in desk.notices.report().gateways}
    assert shown == {"email": "no-connection", "sms": None}
    for _ in range(3):
        desk.turn(10 * MINUTE)
    desk.ways.broken.clear()
    desk.turn(11 * MINUTE)
    assert sorted(desk.ways.told) == sorted(EVERYBODY)
    assert {gateway.code for gateway in desk.notices.report().gateways} == {None}


def test_a_gateway_that_is_down_is_tried_with_pauses_and_not_by_every_message(desk: Desk) -> None:
    desk.ways.broken["email"] = DOWN
    for number in range(30):
        desk.edge.change(f"{number}", "ReferralOffered", urgency="routine", state="received")
        desk.turn(timedelta(seconds=1))
    tries = [tried for tried in desk.ways.tried if tried[1] == "email"]
    assert 2 <= len(tries) <= 5


def test_a_gateway_that_fails_for_one_contact_is_not_tried_for_the_next_in_the_same_turn(
    database_url: str,
) -> None:
    desk = Desk(database_url, Ladder((Rung(0 * MINUTE, "duty", "email"), Rung(0 * MINUTE, "night", "email"))))
    desk.ways.broken["email"] = DOWN
    desk.edge.offered("one")
    desk.turn()
    assert desk.ways.tried == [("duty", "email")]
    desk.close()


def test_what_was_answered_since_the_changes_were_read_is_not_told(desk: Desk) -> None:
    change = desk.edge.offered("one")
    desk.notices._climbing.read()
    desk.edge.views[change.referral_id or ""] = a_view("one", state="accepted")
    assert desk.notices._climbing.climb() == 0
    assert desk.notices.waiting() == []


def test_the_two_consents_of_one_withdrawal_are_one_matter(desk: Desk) -> None:
    for _ in range(2):
        desk.edge.change("one", "ConsentEnded", "withdrawn", state="cancelled", purge="asked")
    desk.turn()
    (matter,) = desk.notices.waiting()
    # However urgent the referral was: what is left to do can wait for the day.
    assert (matter.kind, matter.urgency) == ("purge-wanted", "routine")


def test_an_attempt_is_not_even_stored_for_what_is_known_as_sent_or_acknowledged(desk: Desk) -> None:
    desk.edge.offered("one")
    desk.turn()
    (matter,) = desk.notices.waiting()
    store = desk._store
    assert store is not None
    with store.transaction() as connection:
        assert not matter_rows.plan_step(connection, matter.number, LADDER.rungs[0], desk.clock.now())
        assert matter_rows.plan_step(connection, matter.number, LADDER.rungs[1], desk.clock.now())
        matter_rows.acknowledge(connection, matter.number, desk.clock.now())
        assert not matter_rows.plan_step(connection, matter.number, LADDER.rungs[2], desk.clock.now())


def test_everything_down_is_loud_at_once_and_goes_out_when_they_are_back(desk: Desk) -> None:
    desk.ways.broken = {"email": DOWN, "sms": DOWN}
    desk.edge.offered("one")
    desk.turn()
    desk.turn(timedelta(seconds=1))
    assert desk.notices.report().loud == 1
    desk.ways.broken.clear()
    desk.turn(timedelta(seconds=6))
    assert desk.ways.told[0] == ("duty", "email")
    assert desk.notices.report().loud == 0


def test_a_message_that_will_never_be_taken_is_given_up_and_its_gateway_goes_on(desk: Desk) -> None:
    desk.ways.broken["sms"] = Failed("http-400", gateway=False, lasting=True)
    desk.edge.offered("one")
    desk.turn()
    desk.turn(5 * MINUTE)
    assert desk.ways.tried.count(("duty", "sms")) == 1
    # The next rungs were brought forward, one by one.
    assert ("operator", "email") in desk.ways.told
    desk.turn(60 * MINUTE)
    assert desk.ways.tried.count(("duty", "sms")) == 1
    assert not desk.notices.report().well


def test_a_gateway_that_asks_for_time_is_given_it(desk: Desk) -> None:
    desk.ways.broken["email"] = Failed("http-429", retry_after=timedelta(minutes=3))
    desk.edge.change("one", "ReferralOffered", urgency="routine", state="received")
    desk.turn()
    desk.turn(2 * MINUTE)
    assert desk.ways.tried.count(("duty", "email")) == 1
    desk.turn(2 * MINUTE)
    assert desk.ways.tried.count(("duty", "email")) == 2


def test_many_things_at_once_are_one_message_to_each_contact(desk: Desk) -> None:
    for number in range(25):
        desk.edge.offered(f"{number}")
    assert desk.turn() == [("duty", "email")]
    assert len(desk.ways.payloads[0]) == 25
    assert desk.turn(6 * MINUTE) == [("duty", "sms")]


def test_what_is_declined_is_told_once(desk: Desk) -> None:
    desk.edge.change("one", "ReferralAnswered", "declined", direction="sent", state="rejected")
    assert desk.turn() == [("duty", "email")]
    assert desk.turn(200 * MINUTE) == []
    assert desk.notices.waiting() == []
    assert desk.notices.report().well


def test_a_lost_database_tells_again_of_what_still_waits_and_of_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    desk = Desk(f"sqlite:///{tmp_path_factory.mktemp('first')}/notices.db")
    desk.edge.offered("one")
    desk.edge.offered("two")
    desk.turn()
    desk.edge.answered("one")
    desk.turn()
    desk.url = f"sqlite:///{tmp_path_factory.mktemp('second')}/notices.db"
    desk.restarted()
    assert desk.turn() == [("duty", "email")]
    assert [matter.referral_id for matter in desk.notices.waiting()] == [an_id("two")]
    desk.close()


def test_an_edge_that_lost_its_disk_and_numbers_anew_is_heard(desk: Desk) -> None:
    for number in range(5):
        desk.edge.offered(f"{number}")
        desk.edge.answered(f"{number}")
    desk.turn()
    desk.edge.said.clear()
    desk.edge.offered("after the loss")
    desk.restarted()
    assert desk.turn() == [("duty", "email")]


def test_changes_that_were_tidied_away_are_not_missed_nor_told_again(desk: Desk) -> None:
    desk.edge.offered("one")
    desk.turn()
    desk.edge.first = desk.edge.said[-1].number + 40
    desk.edge.said.clear()
    desk.restarted()
    assert desk.turn() == []
    desk.edge.offered("two")
    assert desk.turn() == [("duty", "email")]


def test_a_referral_that_is_unknown_or_none_tells_nobody(desk: Desk) -> None:
    change = desk.edge.offered("one")
    desk.edge.views.clear()
    assert desk.turn() == []
    assert desk.notices.waiting() == []
    assert change.number == 1


def test_no_ladder_tells_nobody_and_is_not_loud(database_url: str) -> None:
    desk = Desk(database_url, Ladder())
    desk.edge.offered("one")
    assert desk.turn(timedelta(days=2)) == []
    assert desk.notices.report().loud == 0
    desk.close()


def test_a_ladder_that_was_changed_tells_by_its_new_rungs_only(desk: Desk) -> None:
    desk.edge.offered("one")
    desk.turn()
    desk.settings = type(desk.settings)(ladder=Ladder((LADDER.rungs[0], Rung(MINUTE, "night", "sms"))))
    desk.restarted()
    assert desk.turn(10 * MINUTE) == [("night", "sms")]


def test_threads_tell_of_a_change_by_themselves_and_stop(desk: Desk) -> None:
    desk.notices.start()
    try:
        desk.edge.offered("one")
        assert eventually(lambda: desk.ways.told) == [("duty", "email")]
    finally:
        desk.notices.stop()


def test_a_thread_that_cannot_go_on_is_told_to_its_host(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    ended: list[int] = []
    desk.notices._on_failure = lambda: ended.append(70)
    desk.ways.broken["email"] = RuntimeError("duty@example.org")
    desk.notices.start()
    try:
        desk.edge.offered("one")
        eventually(lambda: ended)
    finally:
        desk.notices.stop()
    assert ended == [70]
    assert "duty@example.org" not in caplog.text


def test_the_tables_go_up_and_down_with_rows_in_them(database_url: str) -> None:
    desk = Desk(database_url)
    desk.edge.offered("one")
    desk.turn()
    desk.close()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM notice_matters")).scalar_one() == 1
        migrate(connection, "base")
    with engine.begin() as connection:
        assert [name for name in inspect(connection).get_table_names() if name != "notice_migrations"] == []
        migrate(connection)
    engine.dispose()
    desk.restarted()
    assert desk.turn() == [("duty", "email")]
    desk.close()


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    NoticeStore(database_url).close()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_full_disk_is_waited_out_and_told_without_the_statement(file_desk: Desk) -> None:
    store = file_desk._store
    assert store is not None
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store._engine.dispose()
    event.listen(
        store._engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}").close()
    )
    for number in range(400):
        file_desk.edge.offered(f"{number}")
    with pytest.raises(StoreAway) as refused:
        file_desk.turn()
    assert "INSERT" not in str(refused.value)
    file_desk.restarted()
    assert file_desk.turn() == [("duty", "email")]


def eventually(condition: Callable[[], object]) -> object:
    for _ in range(400):
        if found := condition():
            return found
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")
