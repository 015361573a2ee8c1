"""A participant is enrolled, paused, resumed, given a new certificate and expelled while everything runs."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from edge_kit import IDENTITY, offer_of
from raw_kafka import RawKafka
from real_edges import a_consent, reaches, real_edge, until

from exchange_command import doing
from exchange_command.main import main
from exchange_command.platform import Platform
from exchange_command.problem import Problem
from exchange_command.standing_change import Change
from participant_edge import outgoing
from participant_edge.commands import CapacityDraft
from participant_edge.edge import Edge, EdgeError, OutcomeUnknown, Refused
from participant_edge.ledger_client import LedgerClient
from referral_exchange import ids, signing
from referral_exchange.refusals import NOT_TAKING_PART
from referral_exchange.topics import inbox, outbox

SERVICES = ["consent_ledger", "referral_router", "service_directory"]
OTHER = "lantern-outreach"
SOON_S = 5.0
"""From the verb's start to the first refusal, of the broker and of the ledger."""
DENIED = "TOPIC_AUTHORIZATION_FAILED"
NEWCOMER = """
id = "{id}"
name = "River House"
kind = "ngo"

[[programmes]]
id = "{id}-shelter"
name = "River night shelter"
confidential = true
role = "assistance"
funding_streams = ["vawa"]
services = ["Housing Services"]
languages = ["en", "es"]
region = "South Fields"
age_bands = ["adult"]
"""

Verb = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def own(platform: Platform) -> Iterator[Platform]:
    """The session's platform with services. Who is enrolled here comes with a name that nobody has again."""
    platform.up(["kafka", "registry", *SERVICES])
    yield platform
    for name in SERVICES:
        platform.stop(name)
    # What was expelled stays so in this module's topics only; without its file nobody brings it up again.
    shutil.rmtree(platform.places.home / "participants", ignore_errors=True)


@pytest.fixture
def verb(own: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    """`exchange VERB ... --json` in this process."""
    places = own.places
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    monkeypatch.setenv("EXCHANGE_CACHE", str(places.cache))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(places.port_base))

    def run(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        code = main([*words, "--json"])
        told = capsys.readouterr()
        assert code == 0, told.err
        found: dict[str, Any] = json.loads(told.out)
        return found

    return run


@dataclass
class Newcomer:
    """A participant that came with a file, and its edge."""

    id: str
    file: Path
    platform: Platform
    edge: Edge

    @property
    def programme(self) -> str:
        return f"{self.id}-shelter"

    @contextmanager
    def raw(self) -> Iterator[RawKafka]:
        places = self.platform.places
        made = RawKafka(places.port("kafka"), places.tls(self.id))
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def newcomer(own: Platform, verb: Verb, tmp_path: Path) -> Iterator[Newcomer]:
    name = f"river-house-{ids.fresh()[:8]}"
    file = tmp_path / "river.toml"
    file.write_text(NEWCOMER.format(id=name), encoding="utf-8")
    told = verb("enrol", str(file))
    assert {step["step"] for step in told["steps"] if step["changed"]} >= STEPS
    places = own.places
    wider = Platform.at(places.home, places.cache, places.port_base)
    # What it meets when it is expelled must not end the tests' own process.
    edge = real_edge(wider, name, tmp_path, on_failure=lambda: None)
    yield Newcomer(name, file, wider, edge)
    edge.stop()


STEPS = {"certificate", "keys", "topics", "directory", "rights", "settings"}


@pytest.fixture
def other(own: Platform, tmp_path: Path) -> Iterator[Edge]:
    edge = real_edge(own, OTHER, tmp_path)
    yield edge
    edge.stop()


def offered(other: Edge, newcomer: Newcomer) -> str:
    form = replace(a_consent("identity", "needs"), recipient=newcomer.programme)
    given = other.give_consent(form, ids.fresh())
    return other.offer(offer_of(given.consent_id), ids.fresh()).referral_id


def accepted(other: Edge, newcomer: Newcomer) -> str:
    referral_id = offered(other, newcomer)
    reaches(newcomer.edge, referral_id, "received")
    newcomer.edge.answer(referral_id, "accepted", "accepted", ids.fresh())
    reaches(other, referral_id, "accepted")
    return referral_id


def told_not_to(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def capacity(now: datetime, room: int) -> CapacityDraft:
    return CapacityDraft(
        capacity="capacity",
        room=room,
        household_size=2,
        accessible=True,
        languages=("en",),
        as_of=now,
        valid_until=now + timedelta(hours=1),
    )


def test_who_is_enrolled_takes_part_and_enrolling_again_changes_nothing(
    newcomer: Newcomer, other: Edge, verb: Verb
) -> None:
    referral_id = accepted(other, newcomer)
    other.disclose(referral_id, [IDENTITY], ids.fresh())
    until(lambda: len(newcomer.edge.open_parts(referral_id)) == 2, "the identity arrives")
    again = verb("enrol", str(newcomer.file))
    assert [step["step"] for step in again["steps"] if step["changed"]] == []


@dataclass
class Watch:
    """Asks again and again, and notes when it was first refused and for how long it was not."""

    name: str
    ask: Callable[[], bool]
    """Whether it was still let in."""
    asked: int = 0
    first_refused: float | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while self.first_refused is None and not self._over.is_set():
            if self.ask():
                self.asked += 1
            else:
                self.first_refused = time.monotonic()
            self._over.wait(0.01)

    def end(self) -> None:
        self._over.set()


def ledger_lets(newcomer: Newcomer, consent_id: str) -> Callable[[], bool]:
    places = newcomer.platform.places
    signer = signing.load_signer(places.keys, newcomer.programme)
    client = LedgerClient(places.address("consent_ledger"), tls=places.tls(newcomer.id))

    def lets() -> bool:
        try:
            client.disclosures(signer, [consent_id])
        except Refused:
            return False
        except OutcomeUnknown:
            # No verdict: a stranger's signature is answered so as well.
            return False
        return True

    return lets


def test_expelled_in_mid_connection_and_mid_stream(
    newcomer: Newcomer,
    other: Edge,
    verb: Verb,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    referral_id = accepted(other, newcomer)
    view = newcomer.edge.referral(referral_id)
    with newcomer.raw() as reading, newcomer.raw() as writing:
        watches = [
            Watch("broker, reading", lambda: reading.fetch(inbox(newcomer.id)) != DENIED),
            Watch("broker, writing", lambda: writing.produce(outbox(newcomer.id)) != DENIED),
            Watch("ledger", ledger_lets(newcomer, view.return_consent_id)),
        ]
        threads = [threading.Thread(target=watch.run, daemon=True) for watch in watches]
        for thread in threads:
            thread.start()
        until(lambda: all(watch.asked > 3 for watch in watches), "all are let in before")
        began = time.monotonic()
        told = verb("expel", newcomer.id, "--yes")
        for thread in threads:
            thread.join(3 * SOON_S)
        for watch in watches:
            watch.end()
    assert told["leaf"] is True
    until(lambda: other.referral(referral_id).state == "cancelled", "its referral closes", 30)
    closed = time.monotonic() - began
    after = {watch.name: (watch.first_refused or float("inf")) - began for watch in watches}
    for name, seconds in {**after, "referral closed, the other told": closed}.items():
        record_property(name, round(seconds, 3))
        with capsys.disabled():
            print(f"expelled: {name} after {seconds:.2f} s")
    assert max(after.values()) < SOON_S
    assert other.referral(referral_id).standing == "withdrawn"
    ends = [entry for entry in other.inbox().items if entry.kind == "ConsentEnded"]
    # An edge with a new disk is also told of what ended before.
    assert referral_id in {entry.referral_id for entry in ends}
    assert told_not_to(lambda: offered(other, newcomer)) == NOT_TAKING_PART
    assert newcomer.id not in {p.participant_id for p in other.participants() if p.standing == "enrolled"}


def test_expelling_again_is_harmless_and_no_way_back_is_left_open(newcomer: Newcomer, verb: Verb) -> None:
    verb("expel", newcomer.id, "--yes")
    again = verb("expel", newcomer.id, "--yes")
    assert {step["step"]: step["changed"] for step in again["steps"]}["rights"] is False
    for words in (["resume", newcomer.id], ["pause", newcomer.id], ["rotate", newcomer.id]):
        assert main(words) == 1
    assert main(["enrol", str(newcomer.file)]) == 1
    # Not even by what stands behind the verb's own question.
    with pytest.raises(Problem):
        doing.do(Change(newcomer.platform, newcomer.id).resume())
    with newcomer.raw() as raw:
        assert raw.fetch("directory") == DENIED


def test_a_pause_stops_what_is_new_lets_ends_pass_and_loses_nothing(
    newcomer: Newcomer, other: Edge, verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An edge leaves to its caller what is new, for half a minute; here it repeats it while it is paused too.
    monkeypatch.setattr(outgoing, "_LEAVE_ALONE", timedelta(seconds=1))
    served, ended = accepted(other, newcomer), accepted(other, newcomer)
    verb("pause", newcomer.id)
    until(lambda: not newcomer_takes_part(other, newcomer), "the other knows of it")
    assert told_not_to(lambda: offered(other, newcomer)) == NOT_TAKING_PART
    assert told_not_to(lambda: other.disclose(served, [IDENTITY], ids.fresh())) == NOT_TAKING_PART
    with newcomer.raw() as raw:
        assert raw.produce(outbox(newcomer.id)) == DENIED
        assert raw.fetch(inbox(newcomer.id)) == ""
    other.cancel(ended, "cancelled", ids.fresh())
    until(lambda: newcomer.edge.referral(ended).purge == "asked", "the end reaches who is paused")
    command = ids.fresh()
    with pytest.raises(OutcomeUnknown):
        newcomer.edge.answer_purge(ended, "purged", command)
    verb("resume", newcomer.id)
    until(lambda: newcomer_takes_part(other, newcomer), "the other knows of it")
    until(lambda: other.referral(ended).purge == "purged", "what waited at its edge arrives", 40)
    other.disclose(served, [IDENTITY], ids.fresh())
    until(lambda: len(newcomer.edge.open_parts(served)) == 2, "the identity arrives")
    assert other.referral(served).refusals == ()


def newcomer_takes_part(other: Edge, newcomer: Newcomer) -> bool:
    standing = {each.participant_id: each.standing for each in other.participants()}
    return standing.get(newcomer.id) == "enrolled"


def test_a_certificate_is_replaced_while_events_flow_and_nothing_is_lost(
    newcomer: Newcomer, other: Edge, verb: Verb, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="referral_exchange.runtime.renewal")
    over, sent, failures = threading.Event(), list[str](), list[EdgeError]()

    def report() -> None:
        while not over.is_set():
            draft = capacity(datetime.now(UTC), len(sent) % 9)
            try:
                sent.append(newcomer.edge.report_capacity(newcomer.programme, draft, ids.fresh()).event_id)
            except EdgeError as error:
                failures.append(error)
            over.wait(0.02)

    reporting = threading.Thread(target=report, daemon=True)
    reporting.start()
    try:
        referrals = [offered(other, newcomer)]
        for _ in range(2):
            before = renewed(caplog)
            verb("rotate", newcomer.id)
            referrals += [offered(other, newcomer) for _ in range(3)]
            until(lambda before=before: renewed(caplog) >= before + CLIENTS, "every client is made anew", 30)  # type: ignore[misc]
        referrals.append(offered(other, newcomer))
        for referral_id in referrals:
            reaches(other, referral_id, "received")
    finally:
        over.set()
        reporting.join()
    assert failures == []
    assert len(sent) > 20
    said = {change.event_id for change in newcomer.edge.changes(0, 1000) if change.kind == "CapacityReported"}
    assert said == set(sent)


CLIENTS = 3
"""Of an edge: outbox, inbox, directory."""


def renewed(caplog: pytest.LogCaptureFixture) -> int:
    return sum("going on with the new one" in record.getMessage() for record in caplog.records)
