"""What rules of law ask of a part before it is sealed: notice and consent of Part 2, forms, grounds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from edge_kit import IDENTITY, NEEDS, RECIPIENT, SENDER, Network, offer_of
from policy_kit import CONSENT, REPORT

from participant_edge import legal_facts
from participant_edge.commands import DocumentDraft, GroundDraft
from participant_edge.edge import Edge, Refused
from referral_exchange import events
from referral_exchange.events.reports import CountCell
from referral_exchange.policy import Form

USED = events.SubstanceUse(note="An invented note.", redisclosure_notice=False)
CERTIFY = events.RequestForCertification(
    representative="Invented",
    representative_address="Invented",
    client_name="Invented",
    client_city="Invented",
    client_state="Invented",
    client_language=None,
    urgent_concerns=[],
    sex="another",
    trafficking_type="labor",
    ground="continued_presence",
    ground_date="2026-01-01",
)
INTERIM = events.InterimAssistanceLetter(
    letter_number="X-1", starts_on="2026-01-01", ends_on="2026-04-01", extended=False
)


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def list_as_part_2(network: Network) -> None:
    listed = network.listings.directory.programmes[SENDER]
    network.listings.directory.apply(replace(listed, funding_streams=["part2"]))


def sealing(network: Network) -> list[dict[str, Any]]:
    """What the ledger is asked to lock from now on."""
    asked: list[dict[str, Any]] = []
    usual = network.ledger._seal

    def seal(programme: str, body: dict[str, Any]) -> httpx.Response:
        asked.extend(body["parts"])
        return usual(programme, body)

    network.ledger._seal = seal  # type: ignore[method-assign]
    return asked


def part_2_form(network: Network, **changes: Any) -> Any:
    classes = ("needs", "substance-use")
    said = {"data_classes": classes, "funding_streams": ("part2",), "intermediary_named": True, **changes}
    return network.consent(**said)


def test_a_part_2_record_leaves_with_notice_and_a_copy_of_the_consent(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    list_as_part_2(network)
    given = sender.give_consent(part_2_form(network), "c")
    sender.offer(offer_of(given.consent_id), "o")
    network.settle(sender, recipient)
    recipient.answer(given.referral_id, "accepted", "accepted", "a")
    network.settle(sender, recipient)
    asked = sealing(network)
    sender.disclose(given.referral_id, [USED, NEEDS], "d")
    assert {part["data_class"]: part.get("accompanied", False) for part in asked} == {
        "needs": False,
        "substance-use": True,
    }
    network.settle(sender, recipient)
    (opened,) = [p.record for p in recipient.open_parts(given.referral_id) if p.data_class == "substance-use"]
    assert isinstance(opened, events.SubstanceUse)
    assert (opened.notice, opened.redisclosure_notice) == (legal_facts.NOTICE, True)
    assert (opened.consent_discloser, opened.consent_recipient) == (SENDER, RECIPIENT)
    assert opened.consent_intermediary == legal_facts.INTERMEDIARY
    assert opened.consent_data_classes == ["needs", "substance-use"]


def test_a_form_that_does_not_name_the_intermediary_is_refused_before_the_ledger_hears_of_it(
    network: Network, sender: Edge
) -> None:
    list_as_part_2(network)
    with pytest.raises(Refused) as refused:
        sender.give_consent(part_2_form(network, intermediary_named=False), "c")
    assert (refused.value.rule, refused.value.law) == ("part2-consent-names-the-intermediary", "42 CFR 2.31")
    assert network.ledger.asked == []


def test_whatever_a_caller_says_of_notice_and_copy_the_edge_writes_them() -> None:
    forged = replace(USED, notice="none", consent_discloser="somebody")
    (made,) = legal_facts.with_what_must_go_along([forged], CONSENT, ["part2"])
    assert isinstance(made, events.SubstanceUse)
    assert (made.notice, made.consent_discloser) == (legal_facts.NOTICE, CONSENT.discloser)
    assert legal_facts.with_what_must_go_along([USED, IDENTITY], CONSENT, ["voca"]) == [USED, IDENTITY]
    assert legal_facts.with_what_must_go_along([USED], REPORT, ["part2"]) == [USED]


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (replace(INTERIM, ends_on="2026-04-02"), "interim-assistance-lasts-90-days-and-30-more"),
        (
            replace(INTERIM, extended=True, ends_on="2026-05-02"),
            "interim-assistance-lasts-90-days-and-30-more",
        ),
    ],
)
def test_a_form_that_the_law_does_not_know_so_never_leaves(
    network: Network, sender: Edge, form: Any, rule: str
) -> None:
    given = sender.give_consent(network.consent(data_classes=("documents",)), "c")
    draft = DocumentDraft(consent_id=given.consent_id, urgency="routine", answer_by=None, forms=[form])
    with pytest.raises(Refused) as refused:
        sender.send_document(draft, "d")
    assert refused.value.rule == rule
    assert network.broker.produced == []


@pytest.mark.parametrize("form", [CERTIFY, INTERIM, replace(INTERIM, extended=True, ends_on="2026-05-01")])
def test_a_form_that_the_law_knows_leaves(network: Network, sender: Edge, form: Any) -> None:
    given = sender.give_consent(network.consent(data_classes=("documents",)), "c")
    draft = DocumentDraft(consent_id=given.consent_id, urgency="routine", answer_by=None, forms=[form])
    sender.send_document(draft, "d")
    assert len(network.broker.produced) == 1


def test_a_rule_is_told_of_a_form_what_it_looks_at() -> None:
    assert legal_facts.form_of(CERTIFY) == Form(code="RequestForCertification", rests_on="continued_presence")
    assert legal_facts.form_of(INTERIM) == Form(code="InterimAssistanceLetter", days=90)
    assert legal_facts.form_of(replace(INTERIM, ends_on="soon")) == Form(code="InterimAssistanceLetter")
    assert legal_facts.form_of(IDENTITY) is None


def draft_of(**changes: Any) -> GroundDraft:
    said = {
        "programme_from": SENDER,
        "recipient": RECIPIENT,
        "kind": "compelled_release",
        "statute": "Invented Rule 45",
        "jurisdiction": "Invented State",
        "data_classes": ("identity",),
        "compelled_by": "court_order",
        "notice_attempted": True,
    }
    return GroundDraft(**{**said, **changes})


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"compelled_by": "subpoena"}, "bare-subpoena-is-held-and-not-answered"),
        ({"compelled_by": None}, "compelled-release-names-what-compels-it"),
        ({"notice_attempted": False}, "compelled-release-attempts-notice"),
        ({"kind": "mandated_report", "compelled_by": ""}, "permitted-report-does-not-pass"),
        ({"kind": "legal_hold", "compelled_by": ""}, "legal-hold-names-the-demand"),
    ],
)
def test_what_nothing_compels_is_not_recorded(
    network: Network, sender: Edge, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        sender.record_ground(draft_of(**changes), "g")
    assert refused.value.rule == rule
    assert network.ledger.asked == []


def test_an_order_is_recorded_as_what_it_is_and_released_under(network: Network, sender: Edge) -> None:
    given = sender.record_ground(draft_of(), "g")
    (body,) = network.ledger.grounds.values()
    assert (body["kind"], body["compelled_by"], body["notice_attempted"]) == (
        "compelled_release",
        "court_order",
        True,
    )
    sender.disclose(given.referral_id, [IDENTITY], "d")
    assert len(network.broker.produced) == 1


def test_a_hold_is_recorded_and_releases_nothing(network: Network, sender: Edge) -> None:
    given = sender.record_ground(draft_of(kind="legal_hold", compelled_by="subpoena"), "g")
    with pytest.raises(Refused) as refused:
        sender.disclose(given.referral_id, [IDENTITY], "d")
    assert refused.value.rule == "legal-hold-opens-nothing"
    assert network.broker.produced == []


def test_one_hidden_count_is_not_reported_beside_others(network: Network, sender: Edge) -> None:
    cells = [CountCell(code="many", count=40), CountCell(code="few", count=None)]
    now = network.clock.now()
    table = {"measure": "clients", "period_from": now - timedelta(days=1), "period_to": now, "cells": cells}
    with pytest.raises(Refused) as refused:
        sender.report("CountsReported", SENDER, table, "one")
    assert refused.value.rule == "one-hidden-count-hides-another"
    sender.report(
        "CountsReported", SENDER, {**table, "cells": [*cells, replace(cells[1], code="few2")]}, "two"
    )
    assert len(network.broker.produced) == 1
