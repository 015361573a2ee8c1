"""Expelled: all that it discloses or receives ends, bit by bit, whatever dies meanwhile; it is a stranger."""

import multiprocessing
from dataclasses import replace

import pytest
from follower_kit import PaperFollower
from ledger_kit import (
    CODEC,
    RECIPIENT,
    SENDER,
    START,
    STRANGER,
    STREAMS,
    LedgerKit,
    a_directory,
    a_form,
    a_ground,
    a_part,
    give_body,
    to_open,
)
from race_kit import at_once, expel_process

from consent_ledger import ending, expelling, store
from consent_ledger.directory_watch import DirectoryWatch
from consent_ledger.giving import give, record_ground
from consent_ledger.pins import Pins
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import Denied
from consent_ledger.sealing import open_locks, seal
from referral_exchange.directory import Directory
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

OFFICE = f"{RECIPIENT}-office"


def expel(directory: Directory, participant: str = OFFICE) -> None:
    directory.apply(replace(directory.participants[participant], standing="expelled"))


def standings(kit: LedgerKit) -> dict[str, str]:
    with kit.ledger.operation() as operation:
        return {i: c.standing for i, c in store.hold_all(operation.connection).items()}


def keys_left(kit: LedgerKit) -> set[str]:
    with kit.ledger.operation() as operation:
        return set(store.keys_of(operation.connection))


def told(kit: LedgerKit, kind: type) -> list[str]:
    while kit.outbox.step():
        pass
    events = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in kit.log.messages]
    return sorted(e.consent_id for e in events if isinstance(e, kind))


def kinds(kit: LedgerKit, consent_id: str) -> list[str]:
    with kit.ledger.operation() as operation:
        return [line.kind for line in store.noted(operation.connection, {consent_id})]


def elsewhere() -> ConsentForm:
    return a_form(recipient=STRANGER)


def test_all_that_it_discloses_or_receives_ends_and_nothing_else(kit: LedgerKit) -> None:
    to_it, from_it, others = a_form(), a_form(discloser=RECIPIENT, recipient=SENDER), elsewhere()
    report = a_ground()
    for form in (to_it, from_it, others):
        give(kit.ledger, form)
    record_ground(kit.ledger, report)
    locks = seal(kit.ledger, SENDER, [a_part(to_it), a_part(others)])
    pair = [i for form in (to_it, from_it) for i in (form.consent_id, form.return_consent_id)]
    grounds = [report.ground_id, report.return_ground_id]
    assert expelling.end_all(kit.ledger, {RECIPIENT}) == 6
    stands = standings(kit)
    assert {stands[i] for i in pair} == {"withdrawn"}
    assert {stands[i] for i in grounds} == {"expired"}
    live = {others.consent_id, others.return_consent_id}
    assert {stands[i] for i in live} == {"live"}
    assert keys_left(kit) == live
    assert (told(kit, ConsentWithdrawn), told(kit, ConsentExpired)) == (sorted(pair), sorted(grounds))
    assert [kinds(kit, i)[-1] for i in (*pair, *grounds)] == ["expelled"] * 6
    with pytest.raises(Denied):
        open_locks(kit.ledger, RECIPIENT, [to_open(to_it, locks[0])])
    assert open_locks(kit.ledger, STRANGER, [to_open(others, locks[1])])


def test_done_again_it_does_nothing_again(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    assert [expelling.end_all(kit.ledger, {RECIPIENT}) for _ in range(3)] == [2, 0, 0]
    assert len(told(kit, ConsentWithdrawn)) == 2
    assert kinds(kit, form.consent_id) == ["given", "expelled"]
    assert expelling.end_all(kit.ledger, set()) == 0
    again = ending.withdraw(kit.ledger, SENDER, form.consent_id)
    assert again.opened_before == []
    assert len(told(kit, ConsentWithdrawn)) == 2


def test_what_ran_out_loses_its_key_at_once_and_what_was_withdrawn_stays_so(kit: LedgerKit) -> None:
    over, withdrawn = a_form(ends_at=START.replace(hour=10)), a_form()
    give(kit.ledger, over)
    give(kit.ledger, withdrawn)
    ending.withdraw(kit.ledger, SENDER, withdrawn.consent_id)
    kit.clock.pass_(hours=2)
    ending.expire(kit.ledger, 0)
    assert keys_left(kit) == {over.consent_id, over.return_consent_id}
    expelling.end_all(kit.ledger, {RECIPIENT})
    assert keys_left(kit) == set()
    assert standings(kit)[over.consent_id] == "expired"
    assert kinds(kit, withdrawn.consent_id) == ["given", "withdrawn"]


def test_a_bounded_batch_at_a_time(kit: LedgerKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expelling, "AT_ONCE", 3)
    for form in [a_form() for _ in range(5)]:
        give(kit.ledger, form)
    sizes: list[int] = []
    end_some = expelling._end_some

    def counted(*arguments: object) -> int:
        sizes.append(end_some(*arguments))  # type: ignore[arg-type]
        return sizes[-1]

    monkeypatch.setattr(expelling, "_end_some", counted)
    assert expelling.end_all(kit.ledger, {RECIPIENT}) == 10
    assert sizes == [3, 3, 3, 1, 0]


def test_killed_in_the_middle_it_goes_on_where_it_stopped(kit: LedgerKit) -> None:
    forms = [a_form() for _ in range(7)]
    for form in forms:
        give(kit.ledger, form)
    spawn = multiprocessing.get_context("spawn")
    for _ in range(3):
        dies = spawn.Process(target=expel_process, args=(str(kit.folder), kit.url, RECIPIENT, 4))
        dies.start()
        dies.join(60)
        assert dies.exitcode == -9
    ended = [i for i, stands in standings(kit).items() if stands == "withdrawn"]
    assert len(ended) == 12  # three batches of four, each whole
    assert keys_left(kit).isdisjoint(ended)
    assert expelling.end_all(kit.ledger, {RECIPIENT}) == 2
    both = sorted(i for form in forms for i in (form.consent_id, form.return_consent_id))
    assert told(kit, ConsentWithdrawn) == both
    assert {tuple(kinds(kit, i)) for i in both} == {("given", "expelled")}


def test_two_at_once_and_withdrawals_among_them_end_each_consent_once(kit: LedgerKit) -> None:
    forms = [a_form() for _ in range(20)]
    for form in forms:
        give(kit.ledger, form)

    def withdrawing() -> None:
        for form in forms[::2]:
            ending.withdraw(kit.ledger, SENDER, form.consent_id)

    done = at_once([lambda: expelling.end_all(kit.ledger, {RECIPIENT})] * 2 + [withdrawing])
    assert [d.exception() for d in done] == [None] * 3
    assert told(kit, ConsentWithdrawn) == sorted(
        i for form in forms for i in (form.consent_id, form.return_consent_id)
    )


@pytest.fixture
def watched(kit: LedgerKit) -> tuple[LedgerKit, Pins, DirectoryWatch, PaperFollower]:
    pins, follower = Pins(kit.database), PaperFollower(kit.directory)
    watch = DirectoryWatch(follower, pins, on_expelled=kit.upkeep.hurry)
    kit.upkeep.expelled = lambda: watch.expelled
    watch.step()
    return kit, pins, watch, follower


def test_the_directorys_word_makes_it_a_stranger_at_once_and_ends_all_in_the_next_turn(
    watched: tuple[LedgerKit, Pins, DirectoryWatch, PaperFollower],
) -> None:
    kit, pins, watch, follower = watched
    form = a_form()
    give(kit.ledger, form)
    assert pins.key(RECIPIENT, "1")
    expel(kit.directory)
    follower.unread = 1
    watch.step()
    assert watch.expelled == {RECIPIENT}
    assert kit.upkeep._hurried.is_set()
    for known in (pins, Pins(kit.database)):  # also after a restart, before the directory was read
        assert known.key(RECIPIENT, "1") is None
        assert known.key(SENDER, "1")
    kit.upkeep.turn()
    assert standings(kit)[form.consent_id] == "withdrawn"
    late = a_form()  # somebody's request was judged before the word came, and committed after
    kit.directory.apply(replace(kit.directory.participants[OFFICE], standing="enrolled"))
    give(kit.ledger, late)
    kit.upkeep.turn()
    assert standings(kit)[late.consent_id] == "withdrawn"


def test_its_requests_are_answered_as_those_of_one_that_nobody_lists(
    watched: tuple[LedgerKit, Pins, DirectoryWatch, PaperFollower],
) -> None:
    kit, pins, watch, follower = watched
    form = a_form()
    give(kit.ledger, form)
    expel(kit.directory)
    follower.unread = 1
    watch.step()
    kit.key = pins.key
    app = kit.app()
    named = {"consent_id": form.consent_id, "referral_id": form.referral_id}
    asked = {
        "/v1/open": {"locks": [{**named, "lock": ""}]},
        "/v1/withdrawals": {"consent_id": form.return_consent_id},
        "/v1/closings": {"ground_id": form.consent_id},
        "/v1/confirmations": {"consent_ids": [form.consent_id]},
        "/v1/disclosures": {"consent_ids": [form.consent_id]},
        "/v1/check": {**named, "recipient": SENDER},
        "/v1/seal": {"parts": []},
        "/v1/consents": give_body(a_form(discloser=RECIPIENT, recipient=SENDER)),
    }
    for path, body in asked.items():
        answers = []
        for who in (RECIPIENT, "nobody-knows"):
            with kit.client(app, who) as client:
                answer = client.post(path, json=body)
                answers.append((answer.status_code, sorted(answer.headers.items()), answer.content))
        assert answers[0] == answers[1]
        assert answers[0][0] == 401


def test_with_new_keys_it_comes_back_and_its_old_consents_stay_ended(
    watched: tuple[LedgerKit, Pins, DirectoryWatch, PaperFollower],
) -> None:
    kit, pins, watch, follower = watched
    form, after = a_form(), a_form()
    give(kit.ledger, form)
    expel(kit.directory)
    follower.unread = 1
    watch.step()
    kit.upkeep.turn()
    fresh = a_directory({**kit.signers}).programmes[RECIPIENT]
    kit.directory.apply(replace(fresh, signing_key=b"\2" * 32, key_id="2"))
    kit.directory.apply(replace(kit.directory.participants[OFFICE], standing="enrolled"))
    follower.unread = 1
    watch.step()
    assert (watch.expelled, pins.key(RECIPIENT, "2")) == (frozenset(), b"\2" * 32)
    give(kit.ledger, after)
    kit.upkeep.turn()
    assert (standings(kit)[form.consent_id], standings(kit)[after.consent_id]) == ("withdrawn", "live")


def test_a_storage_that_fails_just_then_is_asked_again(
    watched: tuple[LedgerKit, Pins, DirectoryWatch, PaperFollower], monkeypatch: pytest.MonkeyPatch
) -> None:
    kit, pins, watch, follower = watched
    expel(kit.directory)
    follower.unread = 1
    forget = pins.forget
    monkeypatch.setattr(pins, "forget", lambda _: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        watch.step()
    monkeypatch.setattr(pins, "forget", forget)
    watch.step()
    assert pins.key(RECIPIENT, "1") is None
    assert set(STREAMS) - {RECIPIENT} == {p for p in STREAMS if pins.key(p, "1")}
