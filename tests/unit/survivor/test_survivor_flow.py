"""From a code to a list, a question, and what is taken back: without a script, by buttons alone."""

from ledger_kit import PRECINCT, RECIPIENT, SENDER, START, STRANGER, LedgerKit
from page_kit import words_of
from survivor_kit import SurvivorKit

from consent_ledger import store
from consent_ledger.records import ConsentForm


def standing(kit: LedgerKit, form: ConsentForm) -> str:
    with kit.ledger.operation() as operation:
        return store.hold(operation.connection, {form.consent_id})[form.consent_id].standing


def test_a_code_opens_the_list_of_who_has_what(page: SurvivorKit) -> None:
    form = page.given()
    page.opened(form)
    browser = page.browser()
    assert "is it safe to look now?" in words_of(browser.go("/"))
    words = words_of(browser.press("Go on", code="  ".join(page.code(form))))
    for said in (
        "Who has what about me",
        "A group that helps",
        "What is needed",
        "Name",
        "You said yes on March 2.",
    ):
        assert said in words
    assert "They can open it until April 1." in words
    assert "They opened nothing." not in words


def test_no_name_place_or_id_is_shown(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    words = browser.answer.text.split("<main", 1)[1].replace('value="', "")
    listed = page.kit.directory.programmes[RECIPIENT]
    for hidden in (RECIPIENT, SENDER, listed.region, "-office"):
        assert hidden not in words_of(browser.page)
        assert hidden not in words.split("</main>")[0]


def test_one_click_one_question_then_it_is_stopped(page: SurvivorKit) -> None:
    form, other = page.given(), page.given()
    browser = page.inside(form)
    words = words_of(browser.press("Stop this"))
    assert "From then on no one can open what was sent." in words
    assert standing(page.kit, form) == "live"
    words = words_of(browser.press("Yes, stop it now"))
    assert "In force now." in words
    assert standing(page.kit, form) == "withdrawn"
    assert standing(page.kit, other) == "live"
    words = words_of(browser.press("My list"))
    assert "Stopped on March 2. No one can open it now." in words
    assert [b.text for b in browser.page.all("button")].count("Stop this") == 0


def test_her_caseworker_is_asked_to_look_after_her_once(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    sent = browser.filled("Yes, stop it now")
    for _ in range(2):
        browser.send("/?language=en", sent)
    page.desk.turn()
    page.desk.turn()
    ((kind, programme, fields, _),) = page.edge.said
    assert (kind, programme) == ("QuestionAsked", "survivor_page")
    assert fields == {
        "programme_to": SENDER,
        "about_referral": form.referral_id,
        "question": "check_on_me",
    }


def test_no_leaves_it_and_asks_nobody(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    assert "Who has what about me" in words_of(browser.press("No, leave it"))
    page.desk.turn()
    assert (standing(page.kit, form), page.edge.said) == ("live", [])


def test_all_of_it_is_stopped_at_once(page: SurvivorKit) -> None:
    form = page.given()
    other = page.given(subject_token=form.subject_token, recipient=STRANGER)
    ended = page.given(subject_token=form.subject_token)
    browser = page.inside(form)
    assert len([b for b in browser.page.all("button") if b.text == "Stop this"]) == 3
    browser.press("Stop this", nth=2)
    browser.press("Yes, stop it now")
    browser.press("My list")
    browser.press("Stop all of it")
    browser.press("Yes, stop it now")
    assert {standing(page.kit, each) for each in (form, other, ended)} == {"withdrawn"}
    page.desk.turn()
    assert page.edge.questions() == ["check_on_me", "check_on_me"]


def test_what_became_of_it_is_told(page: SurvivorKit) -> None:
    form = page.given()
    page.opened(form)
    browser = page.inside(form)
    browser.press("Stop this")
    browser.press("Yes, stop it now")
    assert "They were asked to delete it. No answer yet." in words_of(browser.press("My list"))
    page.purged(form, "purged")
    assert "They say that they deleted it, on March 2." in words_of(browser.press("My list"))
    page.purged(form, "legal_hold")
    assert "They say that the law makes them keep it, on March 2." in words_of(browser.press("My list"))


def test_of_one_that_opened_nothing_no_deletion_is_expected(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    browser.press("Yes, stop it now")
    assert "delete" not in words_of(browser.press("My list"))


def test_a_question_goes_to_who_shared_it(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Ask about this")
    assert "Choose one." in words_of(browser.press("Send the question"))
    assert browser.answer.status_code == 422
    words = words_of(browser.press("Send the question", question="who_is_this"))
    assert "Your question is on its way" in words
    page.desk.turn()
    (said,) = page.edge.said
    assert said[2] == {"programme_to": SENDER, "about_referral": form.referral_id, "question": "who_is_this"}


def test_the_same_question_form_sent_twice_asks_once(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    browser.press("Ask about this")
    sent = browser.filled("Send the question", question="why_this")
    for _ in range(2):
        browser.send("/?language=en", sent)
        page.desk.turn()
    assert page.edge.questions() == ["why_this"]


def test_what_is_no_question_is_not_asked(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    browser.press("Ask about this")
    sent = [(n, v) for n, v in browser.filled("Send the question") if n != "question"]
    browser.send("/?language=en", [*sent, ("question", "check_on_me")])
    assert browser.answer.status_code == 422
    page.desk.turn()
    assert page.edge.said == []


def test_feedback_is_nobodys(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    browser.press("Say how it went")
    names = {name for name, _ in browser.filled("Send it")}
    assert names == {"act", "key"}
    words = words_of(browser.press("Send it", safe="yes", in_time="no"))
    assert "We do not know who said it." in words
    page.edge.with_office = True
    page.desk.turn()
    assert page.edge.said == []  # hours later
    page.pass_(hours=12)
    page.desk.turn()
    said = sorted((fields["about"], fields["answer"]) for _, _, fields, _ in page.edge.said)
    assert said == [("in_time", "no"), ("safe", "yes")]


def test_feedback_waits_until_there_is_an_office_to_read_it(page: SurvivorKit) -> None:
    page.desk.feedback("safe", "yes", "11111111-1111-4111-8111-111111111111")
    page.pass_(hours=13)
    page.desk.turn()
    assert page.edge.said == []
    page.edge.with_office = True
    page.pass_(hours=1)
    page.desk.turn()
    assert len(page.edge.said) == 1


def test_who_is_done_leaves_nothing_to_go_back_to(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    again = browser.filled("My list")
    assert "You are out." in words_of(browser.press("I am done"))
    words = words_of(browser.send("/?language=en", again))
    assert "Your time is over" in words
    assert "Who has what" not in words


def test_spanish_stays_spanish_without_a_cookie(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    words = words_of(browser.press("español"))
    assert "Quién tiene qué sobre mí" in words
    assert "Parado" not in words
    words = words_of(browser.press("Parar esto"))
    assert "¿Parar esto?" in words
    assert "Ya está parado." in words_of(browser.press("Sí, parar ahora"))
    assert browser.page.one("html")["lang"] == "es"
    assert "set-cookie" not in browser.answer.headers


def test_kinds_are_told_apart(page: SurvivorKit) -> None:
    assert page.site.kind(PRECINCT) == "police"
    assert page.site.kind(RECIPIENT) == "group"
    assert page.site.kind("nobody-knows") == "group"


def test_a_list_can_be_printed(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    (button,) = [b for b in browser.page.all("button") if b["data-print"]]
    assert "hidden" in button.attributes
    assert START.year == 2026
