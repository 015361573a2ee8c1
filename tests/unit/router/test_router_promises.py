"""What holds for whatever is said, in whatever order, how often, and wherever the router is torn down."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cases import (
    PARTITIONS,
    Case,
    answered,
    cancelled,
    disclosed,
    document_answered,
    expired,
    given,
    grounds,
    offered,
    opening,
    part,
    purged,
    received,
    safe_contact,
    status,
    withdrawn,
)
from hypothesis import given as drawn_from
from hypothesis import settings
from hypothesis import strategies as st
from paper_router import (
    DAY_MS,
    HOUR_MS,
    RECIPIENT,
    SENDER,
    STRANGER,
    WIRE,
    PaperRouter,
    Sent,
    paper,
)

from referral_exchange.events import (
    ClockElapsed,
    ReferralDisclosed,
    ReferralRecord,
    TipReported,
    WithdrawalAsked,
)
from referral_exchange.runtime.tail import Read
from referral_exchange.topics import partition_of
from referral_router.records import Records


def drawn(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`hypothesis.given`, on a machine that may be busy with something else."""
    return lambda test: settings(deadline=None)(drawn_from(*strategies)(test))


CASE = Case(SENDER, RECIPIENT)
SWAPPED = Case(RECIPIENT, SENDER, CASE.referral_id, CASE.return_consent_id, CASE.consent_id)

GROUNDED = Case(SENDER, RECIPIENT, CASE.referral_id)
"""The same referral, standing on a ground and its way back."""
STANDS_ON = {
    CASE.consent_id: "forward",
    CASE.return_consent_id: "return",
    GROUNDED.consent_id: "ground",
    GROUNDED.return_consent_id: "ground's return",
}

EDGES = {
    ("consented", "requested"),
    ("consented", "cancelled"),
    ("requested", "received"),
    ("received", "accepted"),
    ("received", "rejected"),
    *((s, t) for s in ("accepted", "in_progress", "on_hold") for t in ("in_progress", "on_hold")),
    *((s, t) for s in ("accepted", "in_progress", "on_hold") for t in ("completed", "failed")),
    *(
        (s, t)
        for s in ("requested", "received", "accepted", "in_progress", "on_hold")
        for t in ("cancelled", "entered_in_error")
    ),
}
"""The states of the design, written down a second time."""

FACTS: dict[str, Callable[[], Any]] = {
    "forward given": lambda: given(CASE)[0],
    "return given": lambda: given(CASE)[1],
    "forward withdrawn": lambda: withdrawn(CASE)[0],
    "return withdrawn": lambda: withdrawn(CASE)[1],
    "forward expired": lambda: expired(CASE)[0],
    "ground given": lambda: grounds(GROUNDED)[0],
    "ground's return given": lambda: grounds(GROUNDED)[1],
    "ground expired": lambda: expired(GROUNDED)[0],
}
EVENTS: dict[str, Callable[[], Any]] = {
    "offer": lambda: offered(CASE),
    "urgent offer": lambda: offered(CASE, urgency="emergency"),
    "offer under the wrong consent": lambda: offered(CASE, consent_id=CASE.return_consent_id),
    "emergency": lambda: opening(CASE, "EmergencyRequested"),
    "document": lambda: opening(CASE, "DocumentSent", parts=[part(), part()]),
    "screening": lambda: opening(CASE, "ScreeningCompleted"),
    "tip": lambda: opening(GROUNDED, "TipReported"),
    "tip under the consent": lambda: opening(CASE, "TipReported"),
    "withdrawal asked": lambda: opening(GROUNDED, "WithdrawalAsked", urgency="urgent"),
    "disclose under the ground": lambda: disclosed(GROUNDED),
    "received": lambda: received(CASE),
    "received under the ground": lambda: received(GROUNDED),
    "document answered": lambda: document_answered(CASE),
    "document answered under the ground": lambda: document_answered(GROUNDED),
    "accept": lambda: answered(CASE),
    "decline": lambda: answered(CASE, "declined"),
    "bare decline": lambda: answered(CASE, "declined", parts=[]),
    "disclose": lambda: disclosed(CASE),
    "safe contact": lambda: safe_contact(CASE),
    "in progress": lambda: status(CASE, "in_progress", sub_state="scheduled", parts=[part()]),
    "on hold": lambda: status(CASE, "on_hold"),
    "completed": lambda: status(CASE, "completed"),
    "failed": lambda: status(CASE, "failed"),
    "cancel": lambda: cancelled(CASE),
    "in error": lambda: cancelled(CASE, cancellation="entered_in_error"),
    "purged": lambda: purged(CASE),
    "offer turned round": lambda: offered(SWAPPED),
    "disclose turned round": lambda: disclosed(SWAPPED),
}
MAIN_PATH = ["forward given", "return given", "offer", "received", "accept", "disclose", "in progress"]
REPORT_PATH = [
    "ground given",
    "ground's return given",
    "disclose under the ground",
    "received under the ground",
    "document answered under the ground",
]


def message(router: PaperRouter, name: str) -> Read:
    if name in FACTS:
        return router.fact(FACTS[name]())
    event = EVENTS[name]()
    return router.letter(SENDER if event.programme_from == SENDER.programme else RECIPIENT, event)


anything = st.sampled_from([*FACTS, *EVENTS])


def nights_from(first: int) -> st.SearchStrategy[list[str]]:
    """One of the paths for a while, at least `first` steps, then anything at all."""
    paths = st.sampled_from([MAIN_PATH, REPORT_PATH])
    steps = st.integers(first, len(MAIN_PATH))
    rest = st.lists(anything, max_size=10)
    return st.builds(lambda path, n, more: [*path[:n], *more], paths, steps, rest)


nights = nights_from(0)
known_nights = nights_from(1)
"""The referral is known from the start: what is said of an unknown one is not remembered."""


def played(night: list[str]) -> tuple[PaperRouter, list[Read]]:
    router = paper(CASE)
    return router, [message(router, name) for name in night]


def inboxes(sent: list[Sent]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What receivers hold after they dropped the doubles; fails where two of one id differ."""
    kept: dict[tuple[str, str], tuple[Any, ...]] = {}
    for s in sent:
        if s.topic.startswith("inbox."):
            same = kept.setdefault(s.identity, (s.key, s.value, s.headers))
            assert same == (s.key, s.value, s.headers)
    return kept


def live(heard: list[str], consent: str) -> bool:
    """An independent reading of the ledger's facts: given, and not ended."""
    return f"{consent} given" in heard and not {f"{consent} withdrawn", f"{consent} expired"} & set(heard)


@drawn(nights)
def test_no_referral_is_released_without_consent_in_force(night: list[str]) -> None:
    router, messages = played(night)
    for index, (name, one) in enumerate(zip(night, messages, strict=True)):
        sent = router.turn([one])
        if name in FACTS or not any(s.value == one.value for s in sent):
            continue
        event = EVENTS[name]()
        consent = STANDS_ON[event.consent_id]
        assert live(night[:index], consent) or not getattr(event, "parts", [])


@drawn(nights)
def test_nothing_comes_before_acceptance_without_a_consent_but_under_a_ground(night: list[str]) -> None:
    router, messages = played(night)
    for index, (name, one) in enumerate(zip(night, messages, strict=True)):
        before = router.records.get(CASE.referral_id)
        sent = router.turn([one])
        first = before is not None and before.state == "consented"
        if not first or name in FACTS or not any(s.value == one.value for s in sent):
            continue
        event = EVENTS[name]()
        if isinstance(event, ReferralDisclosed | TipReported | WithdrawalAsked):
            assert STANDS_ON[event.consent_id] == "ground"
            assert live(night[:index], "ground")


@drawn(nights)
def test_states_move_along_the_edges_of_the_design_and_never_leave_an_end(night: list[str]) -> None:
    router, messages = played(night)
    state = "consented"
    for one in messages:
        router.turn([one])
        record = router.records.get(CASE.referral_id)
        if record is not None and record.state != state:
            assert (state, record.state) in EDGES
            state = record.state


@drawn(known_nights, st.data())
def test_repeats_anywhere_change_no_state_and_say_nothing_new(night: list[str], data: Any) -> None:
    once, messages = played(night)
    often = paper(CASE)
    often.now = once.now
    for index, one in enumerate(messages):
        once.turn([one])
        repeats = data.draw(st.lists(st.sampled_from(messages[: index + 1]), max_size=3))
        for again in (one, *repeats):
            often.turn([again])
    assert often.records.fingerprint(WIRE) == once.records.fingerprint(WIRE)
    assert inboxes(often.sent) == inboxes(once.sent)


@drawn(nights, st.data())
def test_a_torn_turn_is_made_whole_by_the_next(night: list[str], data: Any) -> None:
    """Any part of what it produced may have been seen, of the record too, and the offsets lost."""
    whole, messages = played(night)
    torn = paper(CASE)
    torn.now = whole.now
    for one in messages:
        whole.turn([one])
        tries = torn.turn([one], torn=True)
        if data.draw(st.booleans()):
            for s in tries:
                if s.topic == "referral-records" and s.value is not None:
                    torn.records.put(s.key, WIRE.read_record(s.value))
        torn.turn([one])
    assert torn.records.fingerprint(WIRE) == whole.records.fingerprint(WIRE)
    assert inboxes(torn.sent) == inboxes(whole.sent)


@drawn(nights, st.lists(st.integers(1, 5)))
def test_how_the_input_is_cut_into_turns_makes_no_difference(night: list[str], cuts: list[int]) -> None:
    """Facts come first within a turn, so a cut may only part facts from facts and letters from letters."""
    one_by_one, messages = played(night)
    in_batches = paper(CASE)
    in_batches.now = one_by_one.now
    for one in messages:
        one_by_one.turn([one])
    batch: list[Read] = []
    for index, one in enumerate(messages):
        full = len(batch) >= (cuts[index % len(cuts)] if cuts else 3)
        if batch and (
            full or (batch[-1].partition.topic != "consents" and one.partition.topic == "consents")
        ):
            in_batches.turn(batch)
            batch = []
        batch.append(one)
    in_batches.turn(batch)
    assert in_batches.records.fingerprint(WIRE) == one_by_one.records.fingerprint(WIRE)
    assert inboxes(in_batches.sent) == inboxes(one_by_one.sent)


@drawn(nights)
def test_records_restored_from_the_log_are_those_that_were_kept(night: list[str]) -> None:
    router, messages = played(night)
    for one in messages:
        router.turn([one])
    restored = Records()
    for s in router.sent:
        if s.topic == "referral-records" and s.value is not None:
            restored.put(s.key, WIRE.read_record(s.value))
            assert isinstance(s.event, ReferralRecord)
    assert restored.fingerprint(WIRE) == router.records.fingerprint(WIRE)


@drawn(nights, nights, st.randoms(use_true_random=False))
def test_referrals_do_not_touch_each_other(first: list[str], second: list[str], chance: Any) -> None:
    alone, messages = played(first)
    other = Case(SENDER, RECIPIENT)
    while partition_of(other.referral_id, PARTITIONS) != alone.number:
        other = Case(SENDER, RECIPIENT)
    together = paper(CASE)
    together.now = alone.now
    theirs = [translated(message(together, name), other) for name in second]
    for one in messages:
        alone.turn([one])
    mixed = [(m, i) for i, m in enumerate(messages)] + [(m, i) for i, m in enumerate(theirs)]
    order = sorted(mixed, key=lambda pair: (pair[1], chance.random()))
    for one, _ in order:
        together.turn([one])
    assert together.records.get(CASE.referral_id) == alone.records.get(CASE.referral_id)


def translated(read: Read, case: Case) -> Read:
    """The same message about another referral."""
    renamed = {
        CASE.referral_id: case.referral_id,
        CASE.consent_id: case.consent_id,
        CASE.return_consent_id: case.return_consent_id,
        GROUNDED.consent_id: case.consent_id,
        GROUNDED.return_consent_id: case.return_consent_id,
    }
    value, key = read.value or b"", read.key or b""
    for old, new in renamed.items():
        value, key = value.replace(old.encode(), new.encode()), key.replace(old.encode(), new.encode())
    return read._replace(value=value, key=key)


@drawn(nights)
def test_a_stranger_learns_and_changes_nothing(night: list[str]) -> None:
    router, messages = played(night)
    for one in messages:
        router.turn([one])
    before = router.records.fingerprint(WIRE)
    for event in (offered(CASE), answered(CASE), disclosed(CASE), cancelled(CASE), purged(CASE)):
        sent = router.say(STRANGER, replace(event, programme_from=STRANGER.programme))
        assert [(s.topic, s.event.code) for s in sent] == [("inbox.orchard", "unknown")]  # type: ignore[union-attr]
    assert router.records.fingerprint(WIRE) == before


@drawn(nights, st.integers(0, 200))
def test_no_clock_is_missed_and_none_runs_out_twice(night: list[str], minutes: int) -> None:
    router, messages = played([*MAIN_PATH[:2], "urgent offer", *night])
    for one in messages:
        router.turn([one])
    router.now += minutes * 60_000
    for _ in range(3):
        router.turn()
    record = router.record(CASE)
    told = [
        s for s in router.sent if s.topic.startswith("inbox.") and s.headers["ce_type"] == b"ClockElapsed.v1"
    ]
    running = record.state in ("requested", "received")
    assert len(told) == (running and minutes >= 60 and record.urgency == "emergency")
    unanswered = [c for c in record.clocks if c.name == "unanswered-urgent" and not c.elapsed]
    assert not unanswered or minutes < 60


def elapsed(sent: list[Sent], clock: str) -> list[Sent]:
    """What went to the sender about `clock`, doubles and all."""
    told = [s for s in sent if s.topic == f"inbox.{SENDER.participant}"]
    return [s for s in told if isinstance(s.event, ClockElapsed) and s.event.clock == clock]


endings = st.lists(
    st.sampled_from(
        [
            "forward withdrawn",
            "return withdrawn",
            "forward expired",
            "purged",
            "cancel",
            "completed",
            "accept",
        ]
    ),
    max_size=6,
)
"""What is said around the end of a consent, in any order and again."""


@drawn(
    st.builds(list.__add__, nights, endings),
    st.lists(st.sampled_from([0, 1, 20, 71, 72, 100]), max_size=12),
    st.booleans(),
)
def test_a_withdrawal_is_answered_or_told_overdue_and_once(
    night: list[str], hours: list[int], torn: bool
) -> None:
    """An independent account: due three days after the word, unless the recipient's answer was passed on."""
    router, messages = played([*MAIN_PATH[:3], *night])
    due: int | None = None
    overdue: list[int] = []
    heard: list[str] = []
    waits = iter(hours)
    for name, one in zip([*MAIN_PATH[:3], *night], messages, strict=True):
        now = one._replace(appended_ms=router.now)
        opened = (r := router.records.get(CASE.referral_id)) is not None and r.programme_from is not None
        if torn:
            router.turn([now], torn=True)
        sent = router.turn([now])
        if name == "forward withdrawn" and name not in heard and opened and due is None:
            due = router.now + 3 * DAY_MS
        if name == "purged" and any(s.value == now.value for s in sent):
            due = None
        heard.append(name)
        router.now += next(waits, 0) * HOUR_MS
        router.turn()
        if due is not None and due <= router.now:
            overdue.append(due)
            due = None
        told = elapsed(router.sent, "purge-overdue")
        assert [s.event.due_at.timestamp() * 1000 for s in told] == overdue  # type: ignore[union-attr]
    record = router.record(CASE)
    assert [c.due_at for c in record.clocks if not c.elapsed] == ([] if due is None else [due])
