"""One referral's page: what happened, what can be done, opened parts on demand, safe contact first."""

from dataclasses import replace
from typing import Any

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_view, an_id, received
from page_kit import Browser, words_of

from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.views import Disclosure, OpenedPart, Step
from referral_exchange import events, vocabulary

PAGE = f"/referrals/{an_id('a referral')}"
SEND = "Send it to Meadow housing"
NAMED = {"chosen_name": "Invented Marigold", "asked": "yes"}


def opened(*records: Any) -> list[OpenedPart]:
    return [OpenedPart(event_id=an_id("e"), data_class=r.DATA_CLASS, record=r) for r in records]


def a_step(kind: str, what: str = "", **changes: Any) -> Step:
    step = Step(event_id=an_id(kind + what), kind=kind, what=what, programme=THEIRS, at=NOW)
    return replace(step, **changes)


def test_the_history_is_told_in_words(browser: Browser, edge: StandInEdge) -> None:
    steps = (
        a_step("ReferralOffered", programme=OURS),
        a_step("ServiceStatusChanged", "received"),
        a_step("ReferralAnswered", "accepted"),
        a_step("ReferralDisclosed", programme=OURS),
        a_step("ServiceStatusChanged", "in_progress:scheduled"),
        a_step("ServiceStatusChanged", "completed"),
        a_step("ConsentEnded", "withdrawn", programme="referral_router"),
        a_step("PurgeAnswered", "legal_hold"),
        a_step("SomethingOfTomorrow", "new"),
    )
    edge.show(a_view(state="completed", steps=steps))
    said = words_of(browser.go(PAGE))
    for text in (
        "The need went out, without a name.",
        "It reached Meadow housing.",
        "Meadow housing said yes.",
        "went to Meadow housing.",
        "Meadow housing: the help goes on. A time is set.",
        "Meadow housing: the help is done.",
        "The person took the yes back.",
        "Meadow housing must keep what it had opened. A law says so.",
        "There was a change.",
    ):
        assert text in said


def test_a_step_that_was_not_taken_says_why(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(steps=(a_step("ReferralDisclosed", programme=OURS, refused="consent-ended"),)))
    assert "This step was not taken. The yes has ended." in words_of(browser.go(PAGE))


def test_nothing_is_opened_until_asked(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    edge.parts[an_id("a referral")] = opened(events.Identity(chosen_name="Invented Marigold"))
    assert "Invented Marigold" not in browser.go(PAGE).text
    assert edge.did("open_parts") == []
    page = browser.press("Show what is needed")
    assert "Invented Marigold" in words_of(page)
    assert browser.answer.headers["cache-control"] == "no-store"
    assert "Invented Marigold" not in browser.go(PAGE).text


def test_safe_contact_stands_before_the_name(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    contact = events.SafeContact(may_contact=False, voicemail=False)
    edge.parts[an_id("a referral")] = opened(events.Identity(chosen_name="Invented Marigold"), contact)
    browser.go(PAGE)
    said = words_of(browser.press("Show what they sent"))
    assert "No. Do not contact this person." in said
    assert "Never leave a message" in said
    assert said.index("Do not contact") < said.index("Invented Marigold")


def test_what_someone_wrote_cannot_be_markup(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    edge.parts[an_id("a referral")] = opened(events.Location(place="<script>alert(1)</script>"))
    browser.go(PAGE)
    page = browser.press("Show what is needed")
    assert page.all("script") == page.all("script", src="/enhance.js")
    assert "<script>alert(1)</script>" in words_of(page)


def test_after_the_consent_ended_looking_is_told_why(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    browser.go(PAGE)
    edge.failing = None
    sent, form = browser.filled("Show what is needed"), browser.form("Show what is needed")

    def ended(_: str) -> list[OpenedPart]:
        raise Refused("denied", "x", "consent-ended", "exchange consent rule")

    edge.open_parts = ended  # type: ignore[method-assign]
    page = browser.send(form["action"], sent)
    assert browser.answer.status_code == 403
    assert "The yes has ended. Nothing more can be opened or sent." in words_of(page)


def test_every_reason_for_a_no_is_offered_but_the_exchanges_own(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    page = browser.go(PAGE)
    offered = {o["value"] for o in page.one("select", name="reason").all("option")} - {""}
    assert offered == set(vocabulary.answer_reasons()) - {"accepted", "withdrawn"}


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("in-progress:plain", ("in_progress", None, None)),
        ("in-progress:unattended", ("in_progress", "unattended", None)),
        ("on-hold:waiting-for-client", ("on_hold", None, events.StatusDetail(reason="waiting-for-client"))),
        ("completed:referred-on", ("completed", None, events.StatusDetail(outcome="referred-on"))),
        ("failed:service-ended", ("failed", None, events.StatusDetail(reason="service-ended"))),
    ],
)
def test_news_is_one_choice(browser: Browser, edge: StandInEdge, chosen: str, said: tuple[Any, ...]) -> None:
    edge.show(received(state="accepted"))
    browser.go(PAGE)
    page = browser.press("Send the news", status=chosen)
    assert [told[1:] for told in edge.did("report_status")] == [said]
    assert "Your news is on its way." in words_of(page)


def test_every_status_of_the_vocabulary_can_be_chosen(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    offered = {o["value"] for o in browser.go(PAGE).one("select", name="status").all("option")}
    wanted = {f"in-progress:{code}" for code in vocabulary.sub_states("in-progress")}
    for state in ("on-hold", "completed", "failed"):
        wanted |= {f"{state}:{code}" for code in vocabulary.status_details(state)}
    assert offered == wanted | {"in-progress:plain", ""}


def test_no_news_is_no_news(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    browser.go(PAGE)
    assert "Choose how it goes." in words_of(browser.press("Send the news"))
    browser.press("Send the news", status="received")
    assert edge.did("report_status") == []


def test_do_not_contact_is_what_goes_out_by_default(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    browser.go(PAGE)
    page = browser.press(SEND, **NAMED)
    assert "Only Meadow housing can open it." in words_of(page)
    ((_, parts),) = edge.did("disclose")
    assert parts == [
        events.SafeContact(may_contact=False, voicemail=False),
        events.Identity(chosen_name="Invented Marigold"),
    ]


def test_a_safe_way_goes_out_with_all_it_needs(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs", "safe-contact", "identity", "location", "immigration"})
    browser.go(PAGE)
    typed = {
        "may_contact": "yes",
        "method": "text",
        "value": "555-0177-invented",
        "window": "market mornings",
        "contact_language": "es",
        "pretext": "the seed catalogue",
        "pronouns": "she/her",
        "place": "an invented orchard",
        "note_immigration": "an invented note",
    }
    browser.press(SEND, **NAMED, **typed)
    ((_, parts),) = edge.did("disclose")
    assert parts[0] == events.SafeContact(
        may_contact=True,
        method="text",
        value="555-0177-invented",
        window="market mornings",
        language="es",
        pretext="the seed catalogue",
        voicemail=False,
    )
    assert parts[1:] == [
        events.Identity(chosen_name="Invented Marigold", pronouns="she/her"),
        events.Location(place="an invented orchard"),
        events.Immigration(note="an invented note"),
    ]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"asked": []}, "Ask the person once more, then tick it."),
        ({"chosen_name": ""}, "Write the name, or leave the page."),
        ({"chosen_name": "", "pronouns": "she/her"}, "Answer this: Name to use"),
        ({"chosen_name": "x" * 201}, "Write less here: Name to use"),
        ({"birth_date": "31.12.1999"}, "Write the date like 1999-12-31: Date of birth"),
        ({"may_contact": "yes"}, "Say how they can reach the person."),
        ({"may_contact": "yes", "method": "phone"}, "Write the number or address."),
        (
            {"value": "555-0177-invented"},
            "You chose “Do not contact”. Then leave the number and the way out.",
        ),
    ],
)
def test_nothing_goes_out_half_filled(
    browser: Browser, edge: StandInEdge, typed: dict[str, Any], says: str
) -> None:
    edge.show(a_view(state="accepted"))
    browser.go(PAGE)
    page = browser.press(SEND, **(NAMED | typed))
    assert browser.answer.status_code == 422
    assert says in page.one("section", id="faults").text
    assert edge.did("disclose") == []


def test_only_what_the_person_agreed_to_is_asked(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs", "safe-contact", "identity"})
    page = browser.go(PAGE)
    assert page.all("input", name="chosen_name")
    assert page.all("input", name="place") == page.all("input", name="note_immigration") == []
    edge.classes = frozenset({"needs"})
    page = browser.go(PAGE)
    assert page.all("input", name="chosen_name") == []
    assert "The person did not agree to send more than the need." in words_of(page)


def test_later_only_a_new_safe_way_may_go(browser: Browser, edge: StandInEdge) -> None:
    view = a_view(state="accepted")
    edge.show(replace(view, steps=(*view.steps, a_step("ReferralDisclosed", programme=OURS))))
    browser.go(PAGE)
    browser.press(SEND, asked="yes")
    ((_, parts),) = edge.did("disclose")
    assert parts == [events.SafeContact(may_contact=False, voicemail=False)]


def test_the_sender_sees_who_opened_what(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    line = Disclosure(
        consent_id=an_id("c"),
        referral_id=an_id("a referral"),
        recipient=THEIRS,
        kind="opened",
        data_class="identity",
        at=NOW,
    )
    given = replace(line, kind="given", data_class=None)
    back = replace(line, recipient=OURS, data_class="service-status")
    edge.evidence = [given, replace(given, recipient=OURS), line, replace(given, kind="denied"), back]
    said = words_of(browser.go(PAGE))
    assert said.count("The person said yes.") == 1
    assert "Meadow housing opened: Name." in said
    assert "A try to open or to send was stopped." in said
    assert "Lantern case management opened: Their news to us." in said


def test_a_silent_ledger_hides_the_list_not_the_page(browser: Browser, edge: StandInEdge) -> None:
    def away(_: str) -> list[Disclosure]:
        raise OutcomeUnknown("no answer in time")

    edge.show(a_view())
    edge.disclosures = away  # type: ignore[method-assign]
    page = browser.go(PAGE)
    assert browser.answer.status_code == 200
    assert "The list cannot be read just now." in words_of(page)


@pytest.mark.parametrize(
    ("button", "purge"), [("We deleted all of it", "purged"), ("A law makes us keep it", "legal_hold")]
)
def test_after_a_withdrawal_the_recipient_answers(
    browser: Browser, edge: StandInEdge, button: str, purge: str
) -> None:
    edge.show(received(state="cancelled", sub_state="cancel_requested", standing="withdrawn", purge="asked"))
    page = browser.go(PAGE)
    assert page.all("button", name="answer") == page.all("select", name="status") == []
    browser.press(button)
    assert edge.did("answer_purge") == [(an_id("a referral"), purge)]


@pytest.mark.parametrize(
    ("button", "how"), [("Take the request back", "cancelled"), ("It was a mistake", "entered_in_error")]
)
def test_the_sender_takes_it_back(browser: Browser, edge: StandInEdge, button: str, how: str) -> None:
    edge.show(a_view())
    browser.go(PAGE)
    browser.press(button)
    assert edge.did("cancel") == [(an_id("a referral"), how)]


def test_a_double_click_reports_once(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    browser.go(PAGE)
    sent, form = browser.filled("Send the news", status="in-progress:plain"), browser.form("Send the news")
    for _ in range(2):
        browser.send(form["action"], sent)
        assert browser.answer.status_code == 200
    assert len(edge.did("report_status")) == 1


def test_after_an_unknown_outcome_the_same_key_is_used(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    browser.go(PAGE)
    before = browser.form("Send the news").one("input", name="key")["value"]
    real = edge.report_status

    def slow(*said: Any) -> Any:
        edge.report_status = real  # type: ignore[method-assign]
        raise OutcomeUnknown("no answer in time")

    edge.report_status = slow  # type: ignore[method-assign]
    page = browser.press("Send the news", status="in-progress:plain")
    assert browser.answer.status_code == 503
    assert "Press the button once more. It will not happen twice." in words_of(page)
    assert browser.form("Send the news").one("input", name="key")["value"] == before
    browser.press("Send the news")
    assert len(edge.did("report_status")) == 1


def test_a_stranger_and_a_mistyped_id_find_nothing(browser: Browser) -> None:
    for path in (PAGE, "/referrals/x", f"/referrals/{an_id('x')}/look"):
        browser.go(path)
        assert browser.answer.status_code in (404, 405)
        assert browser.page.one("html")["lang"] == "en"


def test_government_is_named_on_the_page_too(browser: Browser, edge: StandInEdge) -> None:
    edge.participants_listed = [
        replace(p, kind="state_agency") if p.participant_id == "meadow-collective" else p
        for p in edge.participants_listed
    ]
    edge.show(a_view())
    assert "an office of the state" in words_of(browser.go(PAGE))


def test_a_no_says_why_in_plain_words(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="rejected"))
    assert "Why:" not in words_of(browser.go(PAGE))
    edge.reasons[an_id("a referral")] = "no-room"
    assert "Why: We are full now." in words_of(browser.go(PAGE))
    edge.reasons[an_id("a referral")] = "waiting-for-room"
    assert "Why: We look for a place." in words_of(browser.go(PAGE))


def test_of_several_that_said_yes_the_person_picks_one(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"), a_view("another", programme_to="harbor-shelter"))
    assert "Does the person want this one?" not in words_of(browser.go(PAGE))
    edge.choices.append((an_id("a referral"), an_id("another")))
    said = words_of(browser.go(PAGE))
    assert "Harbor" in said
    said = words_of(browser.press("Yes, pick Meadow housing"))
    assert "Picked. The others are taken back." in said
    assert edge.did("pick") == [an_id("a referral")]
    edge.show(a_view())
    assert "Does the person want this one?" not in words_of(browser.go(PAGE))


def test_a_form_that_came_in_is_shown_with_its_own_names(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    letter = events.InterimAssistanceLetter(
        letter_number="INVENTED-1", starts_on="2031-05-04", ends_on="2031-08-02", extended=False
    )
    edge.parts[an_id("a referral")] = opened(letter)
    browser.go(PAGE)
    said = words_of(browser.press("Show what they sent"))
    assert "Letter number INVENTED-1" in said
    assert "Extended No" in said
