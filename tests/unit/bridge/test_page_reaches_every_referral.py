"""No lawful referral of the demonstration network is out of the pages' reach: the real policy judges each."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import NOW, StandInEdge, a_client, a_config
from page_kit import Browser

from ngo_bridge.app import build
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from participant_edge import asking
from participant_edge.commands import ConsentDraft
from referral_exchange.directory import Directory
from referral_exchange.policy import Consent, Decision, Policy, Question

POLICY = Policy.load()
ASSISTANCE = sorted(p.programme_id for p in StandInEdge().listed if p.role == "assistance")
SIGNED = {"explained_in": "es", "signer": "self", "signed": "yes", "told": "yes"}
MINOR = {"minor_signed": "yes", "minor_alone": "yes"}
OF_1367 = {"exception": "waiver", "official": "adjudicator"}


def directory(edge: StandInEdge) -> Directory:
    found = Directory()
    for each in (*edge.participants_listed, *edge.listed):
        found.apply(each)
    return found


def others(edge: StandInEdge, sender: str) -> list[str]:
    """Programmes of other participants."""
    known = directory(edge)
    ours = known.participant_of(sender)
    return [each for each in ASSISTANCE if known.participant_of(each) != ours]


def given(edge: StandInEdge, folder: Path, sender: str, age: str, **asked: str) -> ConsentDraft:
    """The consent that the pages make where everything is ticked."""
    to = others(edge, sender)[0]
    app = build(edge, a_config(folder, programmes=(sender,)), lambda: NOW)  # type: ignore[arg-type]
    with a_client(app) as http:
        browser = Browser(http)
        browser.go("/offer")
        browser.press("It is safe. Go on.")
        need: dict[str, Any] = {"services": "Housing Services", "languages": "es", "household": "1"}
        need |= {"region": "South Fields", "age_band": age, "urgency": "urgent", "programme_from": sender}
        browser.press("Go on", **need)
        page = browser.press("Go on", to=to)
        said: dict[str, Any] = {f"yes.{to}": "yes", f"later.{to}": list(LATER_CLASSES)}
        said |= {f"documents.{to}": "yes", **SIGNED, **(MINOR if age != "adult" else {})}
        said |= {"intermediary": "yes"} if page.all("input", name="intermediary") else {}
        said |= {f"{name}.{to}": value for name, value in asked.items()}
        browser.press("See what will leave", **said)
        browser.press("Send what got a yes")
    (draft,) = edge.did("give_consent")
    assert isinstance(draft, ConsentDraft)
    return draft


def judged(edge: StandInEdge, draft: ConsentDraft, recipient: str) -> Iterator[Decision]:
    """What the policy says of recording it, of each class of it, and of what comes back."""
    known, facts = directory(edge), asking.facts_of(draft, "a token")
    consent = asking.consent_of(facts, "a referral", (draft.programme_from, recipient))
    may_give = asking.giving(known, consent, NOW)
    yield POLICY.decide(may_give)
    for data_class in sorted(draft.data_classes):
        yield POLICY.decide(_sealing(may_give, data_class))
    back = replace(
        consent,
        discloser=recipient,
        recipient=draft.programme_from,
        data_classes=frozenset(draft.comes_back),
        returns=True,
    )
    yield POLICY.decide(_returning(known, back))


def _sealing(may_give: Question, data_class: str) -> Question:
    """After an acceptance, with what the edge puts along, and the word of a secret place's operator."""
    return replace(
        may_give,
        action="seal",
        data_class=data_class,
        accepted=True,
        accompanied=True,
        address_authorised=True,
    )


def _returning(known: Directory, back: Consent) -> Question:
    return replace(asking.giving(known, back, NOW), asker=back.recipient)


@pytest.mark.parametrize("age", ["adult", "unknown"])
@pytest.mark.parametrize("sender", ASSISTANCE)
def test_every_programme_can_ask_every_other(tmp_path: Path, sender: str, age: str) -> None:
    edge = StandInEdge()
    draft = given(edge, tmp_path, sender, age)
    assert set(draft.data_classes) == {"needs", *LATER_CLASSES}
    for recipient in others(edge, sender):
        for decision in judged(edge, draft, recipient):
            assert decision.allowed, (recipient, [rule.id for rule in decision.rules])


def test_a_sender_under_8_usc_1367_can_ask_too(tmp_path: Path) -> None:
    edge, sender = StandInEdge(), "lantern-case-management"
    edge.listed = [
        replace(p, funding_streams=["section_1367"]) if p.programme_id == sender else p for p in edge.listed
    ]
    draft = given(edge, tmp_path, sender, "adult", **OF_1367)
    decisions = list(judged(edge, draft, "meadow-housing"))
    assert all(decision.allowed for decision in decisions)
    silent = replace(draft, exception_1367="", official_class="")
    assert not all(decision.allowed for decision in judged(edge, silent, "meadow-housing"))


def test_what_the_form_leaves_out_the_policy_misses(tmp_path: Path) -> None:
    edge = StandInEdge()
    draft = given(edge, tmp_path, "orchard-counseling", "adult")
    assert draft.intermediary_named
    unnamed = replace(draft, intermediary_named=False)
    assert not all(decision.allowed for decision in judged(edge, unnamed, "meadow-housing"))
