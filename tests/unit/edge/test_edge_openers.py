"""What opens a referral beside an offer: intake, documents, and grounds of law in place of a consent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from edge_kit import IDENTITY, NEEDS, RECIPIENT, SENDER, Network, accepted, an_offer

from participant_edge.commands import DocumentDraft, GivenConsent, GroundDraft, OpenerKind
from participant_edge.delivery import Effect, Guard
from participant_edge.edge import CommandReused, Edge, OutcomeUnknown, Refused, UnknownThing
from referral_exchange import events

HOTLINE = events.HotlineRequest(
    kind="emergency_shelter", region="Wraithmoor Bay", languages=["es"], household_size=2, access=[]
)
RESOURCE = events.ResourceNeeded(
    kind="resource", services=["Housing Services"], region="Wraithmoor Bay", languages=["es"]
)
SCREENED = events.ScreeningResult(tool="tvit_short", version="2", band="likely")
LETTER = events.CertificationLetter(letter_number="INVENTED-1", issued_on="2026-03-01")
ASKED = events.LetterVerificationAsked(letter_number="INVENTED-1")
VALID = events.LetterVerificationAnswered(valid=True)
REPORT = events.MandatedReport(
    statute="Invented Code 1", jurisdiction="Invented", concerns=["harm"], reporter_role="caseworker"
)


class Taker:
    """An agency system that opens and remembers what it was handed."""

    guard: Guard = "put-by-id"
    opens = True

    def __init__(self) -> None:
        self.taken: list[Effect] = []

    def deliver(self, effect: Effect) -> None:
        self.taken.append(effect)

    def records(self) -> list[Any]:
        return [part.record for effect in self.taken for part in effect.parts]


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def system() -> Taker:
    return Taker()


@pytest.fixture
def recipient(network: Network, system: Taker) -> Edge:
    return network.edge(RECIPIENT, system)


def consented(edge: Edge, network: Network, *classes: str, key: str = "c") -> GivenConsent:
    form = network.consent(data_classes=classes, comes_back=("service-status", "documents"))
    return edge.give_consent(form, key)


def ground(edge: Edge, key: str = "g", **changes: Any) -> GivenConsent:
    draft = GroundDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        kind="mandated_report",
        statute="Invented Code 1",
        jurisdiction="Invented",
        data_classes=("documents", "identity"),
    )
    return edge.record_ground(replace(draft, **changes), key)


def document(given: GivenConsent | str, *forms: Any) -> DocumentDraft:
    named = {"referral_id": given} if isinstance(given, str) else {"consent_id": given.consent_id}
    return DocumentDraft(**named, urgency="urgent", answer_by=None, forms=forms)


@pytest.mark.parametrize(
    ("kind", "part", "data_class"),
    [
        ("EmergencyRequested", HOTLINE, "needs"),
        ("ResourceRequested", RESOURCE, "needs"),
        ("ScreeningCompleted", SCREENED, "screening"),
    ],
)
def test_what_comes_in_at_an_intake_opens_a_referral_like_an_offer(
    network: Network,
    sender: Edge,
    recipient: Edge,
    system: Taker,
    kind: OpenerKind,
    part: Any,
    data_class: str,
) -> None:
    given = consented(sender, network, data_class)
    receipt = sender.open_referral(kind, given.consent_id, "emergency", None, part, "open")
    assert receipt.referral_id == given.referral_id
    network.settle(sender, recipient)
    view = recipient.referral(given.referral_id)
    assert (view.state, view.urgency, view.return_consent_id) == (
        "received",
        "emergency",
        given.return_consent_id,
    )
    assert sender.referral(given.referral_id).state == "received"
    assert sender.referral(given.referral_id).urgency == "emergency"
    assert system.records() == [part]
    recipient.answer(given.referral_id, "accepted", "accepted", "answer")
    network.settle(sender, recipient)
    assert sender.referral(given.referral_id).state == "accepted"


def test_an_opener_carries_its_own_part_and_no_other(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "needs", "identity")
    with pytest.raises(Refused, match="parts-missing"):
        sender.open_referral("EmergencyRequested", given.consent_id, "urgent", None, IDENTITY, "open")
    assert network.broker.produced == []


def test_codes_that_say_nothing_are_refused(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "needs", "screening")
    for number, (kind, part) in enumerate(
        (
            ("EmergencyRequested", replace(HOTLINE, kind="unspecified")),
            ("EmergencyRequested", replace(HOTLINE, access=["a code of nobody"])),
            ("EmergencyRequested", replace(HOTLINE, household_size=0)),
            ("ResourceRequested", replace(RESOURCE, services=["Magic"])),
            ("ScreeningCompleted", replace(SCREENED, band="unspecified")),
        )
    ):
        with pytest.raises(Refused) as refused:
            sender.open_referral(kind, given.consent_id, "urgent", None, part, f"open-{number}")  # type: ignore[arg-type]
        assert refused.value.code == "unknown-code"
    with pytest.raises(Refused, match="unknown-code"):
        sender.open_referral("EmergencyRequested", given.consent_id, "unspecified", None, HOTLINE, "last")
    assert network.broker.produced == []


def test_a_class_that_was_not_consented_to_does_not_leave(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "needs")
    with pytest.raises(Refused) as refused:
        sender.open_referral("ScreeningCompleted", given.consent_id, "routine", None, SCREENED, "open")
    assert refused.value.code == "denied"
    assert refused.value.rule is not None
    assert network.broker.produced == []


def test_a_document_opens_a_referral_and_is_answered_by_a_form(
    network: Network, sender: Edge, recipient: Edge, system: Taker
) -> None:
    given = consented(sender, network, "documents")
    receipt = sender.send_document(document(given, ASKED), "send")
    network.settle(sender, recipient)
    assert system.records() == [ASKED]
    recipient.answer_document(given.referral_id, receipt.event_id, [VALID], "answer")
    network.settle(sender, recipient)
    assert sender.referral(given.referral_id).state == "accepted"
    (opened,) = sender.open_parts(given.referral_id)
    assert (opened.record, opened.data_class) == (VALID, "documents")
    assert [step.kind for step in sender.referral(given.referral_id).steps] == [
        "DocumentSent",
        "ServiceStatusChanged",
        "DocumentAnswered",
    ]


def test_a_document_may_be_answered_by_a_reason_and_again_while_it_is_served(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    given = consented(sender, network, "documents")
    receipt = sender.send_document(document(given, ASKED), "send")
    network.settle(sender, recipient)
    reason = events.AnswerReason(code="accepted")
    recipient.answer_document(given.referral_id, receipt.event_id, [reason], "first")
    recipient.answer_document(given.referral_id, receipt.event_id, [VALID], "second")
    network.settle(sender, recipient)
    assert [part.record for part in sender.open_parts(given.referral_id)] == [reason, VALID]


def test_what_is_being_served_takes_documents_and_stays_as_it_is(
    network: Network, sender: Edge, recipient: Edge, system: Taker
) -> None:
    form = network.consent(data_classes=("needs", "documents", "screening"))
    given = sender.give_consent(form, "c")
    sender.open_referral("EmergencyRequested", given.consent_id, "urgent", None, HOTLINE, "open")
    network.settle(sender, recipient)
    with pytest.raises(Refused, match="wrong-state"):
        sender.send_document(document(given.referral_id, LETTER), "early")
    recipient.answer(given.referral_id, "accepted", "accepted", "answer")
    network.settle(sender, recipient)
    sender.send_document(document(given.referral_id, LETTER), "letter")
    sender.open_referral("ScreeningCompleted", given.consent_id, "routine", None, SCREENED, "screened")
    network.settle(sender, recipient)
    assert system.records() == [HOTLINE, LETTER, SCREENED]
    for edge in (sender, recipient):
        view = edge.referral(given.referral_id)
        assert (view.state, view.urgency) == ("accepted", "urgent")


def test_a_document_names_either_a_consent_or_a_referral(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "documents")
    both = DocumentDraft(
        consent_id=given.consent_id,
        referral_id=given.referral_id,
        urgency="routine",
        answer_by=None,
        forms=[LETTER],
    )
    for draft in (both, replace(both, consent_id=None, referral_id=None)):
        with pytest.raises(Refused, match="invalid"):
            sender.send_document(draft, "send")
    with pytest.raises(Refused, match="parts-missing"):
        sender.send_document(document(given), "none")


@pytest.mark.parametrize(
    "form",
    [
        replace(LETTER, issued_on="March"),
        replace(LETTER, issued_on="2026-13-01"),
        events.HmisEvent(event=9, event_date="2026-03-01", result="client_accepted"),
        events.ContinuedPresence(
            reference="1", standing="unspecified", starts_on="2026-03-01", ends_on="2026-06-01"
        ),
    ],
)
def test_a_form_that_says_nothing_is_refused(network: Network, sender: Edge, form: Any) -> None:
    given = consented(sender, network, "documents")
    with pytest.raises(Refused):
        sender.send_document(document(given, form), "send")
    assert network.broker.produced == []


def test_no_form_leaves_a_sealed_part(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "documents")
    sender.send_document(document(given, REPORT), "send")
    (message,) = network.broker.produced
    everything = (message.value or b"") + repr(message.headers).encode() + message.key.encode()
    for telling in (b"MandatedReport", b"Invented Code 1", b"caseworker"):
        assert telling not in everything


def test_a_mandated_report_passes_on_its_ground_and_without_a_consent(
    network: Network, sender: Edge, recipient: Edge, system: Taker
) -> None:
    given = ground(sender)
    sender.send_document(document(given, REPORT), "report")
    network.settle(sender, recipient)
    assert system.records() == [REPORT]
    assert recipient.referral(given.referral_id).state == "received"
    (asked,) = network.ledger.grounds.values()
    assert (asked["kind"], asked["statute"], asked["jurisdiction"]) == (
        "mandated_report",
        "Invented Code 1",
        "Invented",
    )


def test_under_a_ground_a_disclosure_opens_the_referral(
    network: Network, sender: Edge, recipient: Edge, system: Taker
) -> None:
    given = ground(sender)
    sender.disclose(given.referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    assert system.records() == [IDENTITY]
    assert sender.referral(given.referral_id).state == "requested"
    view = recipient.referral(given.referral_id)
    assert (view.state, view.direction) == ("requested", "received")
    with pytest.raises(Refused, match="consent-missing"):
        recipient.answer(given.referral_id, "accepted", "accepted", "answer")


def test_under_a_consent_nothing_is_disclosed_before_the_acceptance(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "identity")
    with pytest.raises(Refused, match="wrong-state"):
        sender.disclose(given.referral_id, [IDENTITY], "disclose")


def test_a_withdrawal_asked_elsewhere_reaches_the_programme_that_gave_the_consent(
    network: Network, sender: Edge, recipient: Edge, system: Taker
) -> None:
    given = ground(sender, kind="withdrawal", statute="", jurisdiction="", data_classes=("identity",))
    sender.open_referral("WithdrawalAsked", given.consent_id, "urgent", None, IDENTITY, "ask")
    network.settle(sender, recipient)
    view = recipient.referral(given.referral_id)
    assert (view.direction, view.state, view.steps[0].kind) == ("received", "received", "WithdrawalAsked")
    assert system.records() == [IDENTITY]


def test_what_stands_on_grounds_only_is_refused_under_a_consent(network: Network, sender: Edge) -> None:
    given = consented(sender, network, "identity")
    with pytest.raises(Refused) as refused:
        sender.open_referral("WithdrawalAsked", given.consent_id, "urgent", None, IDENTITY, "ask")
    assert refused.value.code == "ground-missing"
    assert network.broker.produced == []


def test_what_needs_a_consent_is_refused_on_a_ground(network: Network, sender: Edge) -> None:
    given = ground(sender)
    with pytest.raises(Refused) as refused:
        sender.open_referral("EmergencyRequested", given.consent_id, "urgent", None, HOTLINE, "open")
    assert refused.value.code == "consent-missing"


@pytest.mark.parametrize(
    "changes",
    [
        {"statute": ""},
        {"data_classes": ("health",)},
        {"data_classes": ()},
        {"kind": "withdrawal"},
        {"kind": "tip", "data_classes": ("criminal-legal",)},
    ],
)
def test_a_ground_that_no_law_gives_is_refused_before_anyone_hears_of_it(
    network: Network, sender: Edge, changes: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        ground(sender, **changes)
    assert refused.value.code == "denied"
    assert refused.value.rule is not None
    assert network.ledger.asked == []


def test_a_ground_is_recorded_once_whatever_answers_are_lost(network: Network, sender: Edge) -> None:
    network.ledger.losing = 9
    with pytest.raises(OutcomeUnknown):
        ground(sender)
    network.ledger.losing = 0
    given = ground(sender)
    assert list(network.ledger.grounds) == [given.consent_id]
    assert (given.subject_token, given.ends_at.year) == ("", 9999)
    with pytest.raises(CommandReused):
        ground(sender, statute="Invented Code 2")


def test_nobody_withdraws_a_ground(network: Network, sender: Edge) -> None:
    given = ground(sender)
    with pytest.raises(Refused, match="ground"):
        sender.withdraw(given.consent_id)
    assert network.ledger.consents[given.consent_id].standing == "live"


@pytest.mark.parametrize("close", ["cancel", "decline", "complete"])
def test_a_ground_is_closed_with_its_referral(
    network: Network, sender: Edge, recipient: Edge, close: str
) -> None:
    given = ground(sender)
    sender.send_document(document(given, REPORT), "report")
    network.settle(sender, recipient)
    acts: dict[str, Callable[[], object]] = {
        "cancel": lambda: sender.cancel(given.referral_id, "entered_in_error", "c"),
        "decline": lambda: recipient.answer(given.referral_id, "declined", "no-room", "d"),
        "complete": lambda: (
            recipient.answer(given.referral_id, "accepted", "accepted", "a"),
            recipient.report_status(given.referral_id, "completed", None, None, "s"),
        ),
    }
    acts[close]()
    network.settle(sender, recipient)
    assert network.ledger.consents[given.consent_id].standing == "expired"
    assert network.ledger.count("/v1/closings") == 1
    assert network.ledger.count("/v1/withdrawals") == 0


def test_a_consent_outlives_the_service_that_it_was_given_for(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = accepted(sender, recipient, network)
    recipient.report_status(referral_id, "completed", None, None, "s")
    network.settle(sender, recipient)
    assert sender.referral(referral_id).standing == "live"


def test_every_opener_opens_once_only(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    consent_id = sender.referral(referral_id).consent_id
    with pytest.raises(Refused, match="wrong-state"):
        sender.open_referral("EmergencyRequested", consent_id, "urgent", None, HOTLINE, "again")
    with pytest.raises(UnknownThing):
        sender.open_referral("EmergencyRequested", "of nobody", "urgent", None, HOTLINE, "nobody")
    assert NEEDS.services
