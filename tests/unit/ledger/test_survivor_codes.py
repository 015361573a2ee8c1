"""A code is good once, for a quarter of an hour, for one person; what it opens is hers alone."""

import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from ledger_kit import RECIPIENT, SENDER, START, STRANGER, LedgerKit, a_form, a_ground, a_part, to_open
from race_kit import at_once
from sqlalchemy import select

from consent_ledger import backup, ending, evidence_rows, store, survivor_codes, survivors
from consent_ledger.database import migrate, step_back
from consent_ledger.giving import give, record_ground
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import CodesFull, ConsentConflict, Denied, TriesSpent, UnknownConsent
from consent_ledger.sealing import open_locks, seal
from consent_ledger.strangers import Strangers
from consent_ledger.survivors import Made, Shown, end_session, make_code, open_session, view, withdraw
from consent_ledger.tables import metadata, survivor_sessions
from referral_exchange import ids

QUARTER = timedelta(minutes=15)


def given(kit: LedgerKit, **changes: object) -> ConsentForm:
    form = a_form(**changes)
    give(kit.ledger, form)
    return form


def code(kit: LedgerKit, form: ConsentForm, request_id: str | None = None) -> Made:
    return make_code(kit.ledger, SENDER, form.consent_id, request_id or ids.fresh())


def session(kit: LedgerKit, form: ConsentForm) -> bytes:
    """Opened and looked at."""
    fresh = secrets.token_bytes(32)
    open_session(kit.ledger, code(kit, form).code, fresh)
    view(kit.ledger, fresh)
    return fresh


def kinds(kit: LedgerKit) -> list[str]:
    """Of the leaves that concern no one consent, oldest first."""
    with kit.database.snapshot() as connection:
        found = evidence_rows.acts(connection, 0, 10_000)
    return [kind for leaf in found if (kind := _kind(leaf.text)).startswith("survivor-")]


def _kind(leaf: str) -> str:
    return leaf.partition('"kind":"')[2].partition('"')[0]


def test_a_code_is_nine_digits_for_a_quarter_of_an_hour(kit: LedgerKit) -> None:
    made = code(kit, given(kit))
    assert len(made.code) == 9
    assert made.code.isdigit()
    assert made.expires_at == START + QUARTER


def test_a_code_opens_one_session_once(kit: LedgerKit) -> None:
    made, one, other = code(kit, given(kit)), secrets.token_bytes(32), secrets.token_bytes(32)
    assert open_session(kit.ledger, made.code, one) == START + QUARTER
    with pytest.raises(UnknownConsent):
        open_session(kit.ledger, made.code, other)
    with pytest.raises(UnknownConsent):
        view(kit.ledger, other)
    # An answer that was lost is asked for again.
    assert open_session(kit.ledger, made.code, one) == START + QUARTER


def test_of_many_who_use_one_code_at_once_exactly_one_gets_in(kit: LedgerKit) -> None:
    form = given(kit)
    for _ in range(6):
        made = code(kit, form).code
        sessions = [secrets.token_bytes(32) for _ in range(6)]
        done = at_once([partial(open_session, kit.ledger, made, each) for each in sessions])
        assert [d.exception() is None for d in done].count(True) == 1
        inside = [s for s in sessions if _looks(kit, s)]
        assert len(inside) == 1


def _looks(kit: LedgerKit, fresh: bytes) -> bool:
    try:
        return bool(view(kit.ledger, fresh))
    except UnknownConsent:
        return False


def test_first_codes_at_once_are_marked_under_one_key(kit: LedgerKit) -> None:
    forms = [given(kit) for _ in range(4)]
    done = at_once([partial(code, kit, form) for form in forms])
    for made in (d.result() for d in done):
        open_session(kit.ledger, made.code, secrets.token_bytes(32))  # type: ignore[attr-defined]


def test_a_code_and_a_session_are_over_after_a_quarter_of_an_hour(kit: LedgerKit) -> None:
    form = given(kit)
    late, looking = code(kit, form), session(kit, given(kit))
    kit.clock.pass_(minutes=14, seconds=59)
    assert view(kit.ledger, looking)
    kit.clock.pass_(seconds=1)
    with pytest.raises(UnknownConsent):
        open_session(kit.ledger, late.code, secrets.token_bytes(32))
    with pytest.raises(UnknownConsent):
        view(kit.ledger, looking)


def test_a_new_code_ends_what_was_made_before_for_the_same_person_only(kit: LedgerKit) -> None:
    form = given(kit)
    neighbour = session(kit, given(kit))
    first, looking = code(kit, form), None
    looking = session(kit, form)
    with pytest.raises(UnknownConsent):
        open_session(kit.ledger, first.code, secrets.token_bytes(32))
    code(kit, form)
    with pytest.raises(UnknownConsent):
        view(kit.ledger, looking)
    assert view(kit.ledger, neighbour)


def test_the_same_request_has_the_same_code_until_it_is_used(kit: LedgerKit) -> None:
    form, request_id = given(kit), ids.fresh()
    made = code(kit, form, request_id)
    assert code(kit, form, request_id) == made
    open_session(kit.ledger, made.code, secrets.token_bytes(32))
    with pytest.raises(ConsentConflict):
        code(kit, form, request_id)


def test_only_who_gave_the_consent_makes_a_code_for_its_person(kit: LedgerKit) -> None:
    form = given(kit)
    for asker, consent_id in (
        (STRANGER, form.consent_id),
        (RECIPIENT, form.consent_id),
        (RECIPIENT, form.return_consent_id),
        (SENDER, form.return_consent_id),
        (SENDER, ids.fresh()),
    ):
        with pytest.raises(UnknownConsent):
            make_code(kit.ledger, asker, consent_id, ids.fresh())


def test_a_ground_has_no_code(kit: LedgerKit) -> None:
    ground = a_ground()
    record_ground(kit.ledger, ground)
    with pytest.raises(UnknownConsent):
        make_code(kit.ledger, SENDER, ground.ground_id, ids.fresh())


def test_a_code_can_be_made_after_the_consent_has_ended(kit: LedgerKit) -> None:
    form = given(kit)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    (shown,) = view(kit.ledger, session(kit, form))
    assert (shown.consent.standing, shown.consent.ended_at) == ("withdrawn", START)


def test_a_programme_has_so_many_codes_that_wait_and_no_more(kit: LedgerKit) -> None:
    for _ in range(survivor_codes.LIVE_CODES):
        last = code(kit, given(kit))
    with pytest.raises(CodesFull):
        code(kit, given(kit))
    open_session(kit.ledger, last.code, secrets.token_bytes(32))
    code(kit, given(kit))


def test_another_programmes_code_that_is_the_same_is_passed_over(
    kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        survivor_codes, "code_of", lambda key, discloser, request_id, attempt: f"{attempt:09}"
    )
    first, second = code(kit, given(kit)), code(kit, given(kit))
    assert (first.code, second.code) == ("000000000", "000000001")


def test_a_person_sees_all_that_she_agreed_to_there_and_nobody_elses(kit: LedgerKit) -> None:
    form = given(kit)
    other = given(kit, subject_token=form.subject_token, recipient=STRANGER)
    given(kit)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    shown = view(kit.ledger, session(kit, other))
    assert {each.consent.consent_id for each in shown} == {form.consent_id, other.consent_id}
    assert _opened(shown, form) == [("identity", START)]
    assert _opened(shown, other) == []


def _opened(shown: list[Shown], form: ConsentForm) -> list[tuple[str | None, object]]:
    (one,) = [each for each in shown if each.consent.consent_id == form.consent_id]
    return [(line.data_class, line.at) for line in one.opened]


def test_what_she_takes_back_opens_no_more(kit: LedgerKit) -> None:
    form = given(kit)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    hers = session(kit, form)
    done = withdraw(kit.ledger, hers, form.consent_id)
    assert [line.data_class for line in done.opened_before] == ["identity"]
    with pytest.raises(Denied):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    assert withdraw(kit.ledger, hers, form.consent_id) == done
    (shown,) = view(kit.ledger, hers)
    assert shown.consent.standing == "withdrawn"
    with kit.ledger.operation() as operation:
        lines = store.noted(operation.connection, {form.consent_id, form.return_consent_id}, "withdrawn")
    assert {line.asked_by for line in lines} == {"survivor_page"}
    while kit.outbox.step():
        continue
    assert [m.headers["ce_type"] for m in kit.log.messages][-2:] == [b"ConsentWithdrawn.v1"] * 2


def test_a_suspended_consent_is_taken_back_too(kit: LedgerKit) -> None:
    form = given(kit)
    hers = session(kit, form)
    with kit.ledger.operation() as operation:
        store.suspend(operation.connection)
    assert withdraw(kit.ledger, hers, form.consent_id).in_force_at == START


def test_a_session_takes_back_for_a_week_what_it_was_shown(kit: LedgerKit) -> None:
    form = given(kit)
    hers = session(kit, form)
    kit.clock.pass_(minutes=1)
    later = given(kit, subject_token=form.subject_token)
    kit.clock.pass_(days=6, hours=23)
    with pytest.raises(UnknownConsent):
        withdraw(kit.ledger, hers, later.consent_id)
    withdraw(kit.ledger, hers, form.consent_id)
    kit.clock.pass_(hours=1)
    with pytest.raises(UnknownConsent):
        withdraw(kit.ledger, hers, form.consent_id)


def test_who_is_done_looks_no_more_and_what_she_asked_for_is_still_repeated(kit: LedgerKit) -> None:
    form = given(kit)
    hers = session(kit, form)
    end_session(kit.ledger, hers)
    with pytest.raises(UnknownConsent):
        view(kit.ledger, hers)
    withdraw(kit.ledger, hers, form.consent_id)
    end_session(kit.ledger, secrets.token_bytes(32))


def test_a_session_takes_back_nothing_that_it_was_not_shown(kit: LedgerKit) -> None:
    form, others = given(kit), given(kit)
    unseen = secrets.token_bytes(32)
    open_session(kit.ledger, code(kit, form).code, unseen)
    with pytest.raises(UnknownConsent):
        withdraw(kit.ledger, unseen, form.consent_id)
    view(kit.ledger, unseen)
    for consent_id in (others.consent_id, ids.fresh()):
        with pytest.raises(UnknownConsent):
            withdraw(kit.ledger, unseen, consent_id)
    with pytest.raises(UnknownConsent):
        withdraw(kit.ledger, secrets.token_bytes(32), form.consent_id)
    assert standing(kit, others) == "live"


def standing(kit: LedgerKit, form: ConsentForm) -> str:
    with kit.ledger.operation() as operation:
        return store.hold(operation.connection, {form.consent_id})[form.consent_id].standing


def test_wrong_codes_are_counted_and_end_the_trying(kit: LedgerKit) -> None:
    tries = Strangers(burst=3, every_s=60, monotonic=kit.clock.monotonic)
    ledger = replace(kit.ledger, tries=tries)
    made = code(kit, given(kit))
    wrong = f"{(int(made.code) + 1) % 10**9:09}"
    for _ in range(3):
        with pytest.raises(UnknownConsent):
            open_session(ledger, wrong, secrets.token_bytes(32))
    for tried in (wrong, made.code):
        with pytest.raises(TriesSpent):
            open_session(ledger, tried, secrets.token_bytes(32))
    kit.clock.pass_(seconds=60)
    open_session(ledger, made.code, secrets.token_bytes(32))
    assert kinds(kit) == ["survivor-code-made", *["survivor-code-wrong"] * 3, "survivor-session-opened"]


def test_the_log_tells_that_codes_were_made_and_used_and_never_whose(kit: LedgerKit) -> None:
    form = given(kit)
    hers = session(kit, form)
    withdraw(kit.ledger, hers, form.consent_id)
    assert kinds(kit) == ["survivor-code-made", "survivor-session-opened"]
    with kit.database.snapshot() as connection:
        told = repr([leaf for leaf in evidence_rows.acts(connection, 0, 10_000)])
    for named in (SENDER, form.subject_token, form.consent_id, form.referral_id):
        assert named not in told.replace("policy-changed", "")


def test_neither_code_nor_session_stands_in_database_or_backup(kit: LedgerKit) -> None:
    form = given(kit)
    made, hers = code(kit, form), secrets.token_bytes(32)
    open_session(kit.ledger, made.code, hers)
    path = kit.folder / "a.backup"
    backup.take(kit.database, path)
    with kit.database.snapshot() as connection:
        rows = repr([list(connection.execute(select(t))) for t in metadata.sorted_tables])
    held = rows.encode() + path.read_bytes()
    for secret in (made.code.encode(), hers, hers.hex().encode()):
        assert secret not in held


def test_a_code_outlives_a_restart_and_a_turn_of_the_epoch(kit: LedgerKit) -> None:
    form = given(kit)
    made = code(kit, form)
    kit.upkeep.new_epoch()
    again = kit.restarted()
    try:
        hers = secrets.token_bytes(32)
        open_session(again.ledger, made.code, hers)
        assert view(again.ledger, hers)
    finally:
        again.close()


def test_what_is_over_is_forgotten_after_a_week(kit: LedgerKit) -> None:
    session(kit, given(kit))
    kit.clock.pass_(days=7)
    survivors.forget_old(kit.ledger)
    with kit.database.snapshot() as connection:
        assert connection.execute(select(survivor_sessions)).all() == []


def test_a_step_back_leaves_no_code_and_no_key_of_codes(kit: LedgerKit) -> None:
    form = given(kit)
    session(kit, form)
    with kit.database.transaction(alone=True) as connection:
        step_back(connection, "0005")
        assert set(store.keys_of(connection)) == {form.consent_id, form.return_consent_id}
        migrate(connection)
    assert view(kit.ledger, session(kit, form))
