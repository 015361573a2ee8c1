"""Guessed, looked over, lost in the middle: what the page does when things go wrong."""

import logging
import re
import threading
from dataclasses import replace

import pytest
from ledger_kit import SENDER, LedgerKit
from page_kit import Browser, words_of
from survivor_kit import BASE, SurvivorKit

from consent_ledger import store
from consent_ledger.records import ConsentForm
from consent_ledger.strangers import Strangers
from consent_ledger.tables import survivor_sessions
from participant_edge.errors import OutcomeUnknown, Refused
from survivor_page.database import StoreUnavailable
from survivor_page.desk import Desk
from survivor_page.limits import WrongCodes


def standing(kit: LedgerKit, form: ConsentForm) -> str:
    with kit.ledger.operation() as operation:
        return store.hold(operation.connection, {form.consent_id})[form.consent_id].standing


def tried(page: SurvivorKit, code: str, browser: Browser | None = None) -> Browser:
    found = browser or page.browser()
    found.go("/")
    found.press("Go on", code=code)
    return found


def alike(page: SurvivorKit, code: str) -> tuple[int, str, str]:
    found = tried(page, code)
    return found.answer.status_code, found.answer.text, str(sorted(found.answer.headers.items()))


def test_wrong_used_and_old_codes_are_told_in_the_same_bytes(page: SurvivorKit) -> None:
    form = page.given()
    used = page.code(form)
    assert tried(page, used).answer.status_code == 200
    old = page.code(page.given())
    page.pass_(minutes=15)
    replaced = page.code(form)
    fresh = page.code(form)
    wrong = f"{(int(fresh) + 1) % 10**9:09}"
    answers = {alike(page, each) for each in (used, old, replaced, wrong)}
    assert len(answers) == 1
    assert next(iter(answers))[0] == 403


@pytest.mark.parametrize(
    "typed", ["", "12345678", "1234567890", "12345678x", "١٢٣٤٥٦٧٨٩", "a" * 500, "1" * 28]
)
def test_what_is_no_code_is_not_even_asked(page: SurvivorKit, typed: str) -> None:
    page.way.cut = True
    found = tried(page, typed)
    assert found.answer.status_code == 422
    assert "A code has nine numbers." in words_of(found.page)
    assert found.page.one("input", id="code")["value"] == ""


@pytest.mark.parametrize("written", ["{} {} {}", "{}-{}-{}", " {}{}{} ", "{}.{}.{}", "{}\u2011{}\u2011{}"])
def test_a_code_is_taken_as_people_write_it(page: SurvivorKit, written: str) -> None:
    code = page.code(page.given())
    pieces = (code[:3], code[3:6], code[6:])
    assert tried(page, written.format(*pieces)).answer.status_code == 200


def test_one_network_may_be_wrong_so_often_and_the_others_go_on(page: SurvivorKit) -> None:
    page.config = replace(page.config, wrong_codes=3)
    page.restarted()
    for _ in range(3):
        assert tried(page, "000000000").answer.status_code == 403
    right = page.code(page.given())
    found = tried(page, right)
    assert found.answer.status_code == 429
    assert "Please wait ten minutes" in words_of(found.page)
    page.pass_(minutes=10)
    assert tried(page, right).answer.status_code == 200


def test_networks_are_counted_apart_and_an_ipv6_network_as_one() -> None:
    limit = WrongCodes(2, lambda: 0.0)
    for source in ("2001:db8::1", "2001:db8::2"):
        limit.wrong(source)
    assert limit.barred("2001:db8::3")
    assert not limit.barred("2001:db8:0:1::1")
    assert not limit.barred("192.0.2.1")
    unbound = WrongCodes(0, lambda: 0.0)
    unbound.wrong("192.0.2.1")
    assert not unbound.barred("192.0.2.1")


def test_what_a_network_tried_is_forgotten_at_last() -> None:
    limit = WrongCodes(1, lambda: 0.0)
    for number in range(5000):
        limit.wrong(f"10.0.{number // 256}.{number % 256}")
    assert len(limit._times) == 4096


def test_when_all_networks_together_guessed_too_much_the_page_says_not_now(page: SurvivorKit) -> None:
    object.__setattr__(page.kit.ledger, "tries", Strangers(burst=1, every_s=3600))
    assert tried(page, "000000000").answer.status_code == 403
    found = tried(page, page.code(page.given()))
    assert (found.answer.status_code, "Not now" in words_of(found.page)) == (503, True)


def test_after_a_quarter_of_an_hour_in_the_middle_it_is_said_in_words(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Ask about this")
    page.pass_(minutes=15)
    words = words_of(browser.press("My list"))
    assert "Your time is over" in words
    assert "What you stopped stays stopped." in words
    assert browser.page.all("input", name="session") == []


def test_what_she_was_about_to_stop_is_stopped_even_when_her_time_is_over(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    page.pass_(minutes=20)
    assert "In force now." in words_of(browser.press("Yes, stop it now"))
    assert standing(page.kit, form) == "withdrawn"


@pytest.mark.parametrize("cut", ["cut", "cut_after"])
def test_without_an_answer_it_is_stored_and_said_honestly_and_repeated(page: SurvivorKit, cut: str) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    setattr(page.way, cut, True)
    words = words_of(browser.press("Yes, stop it now"))
    assert "Not in force yet" in words
    assert "We keep trying by ourselves." in words
    assert "In force now." not in words
    page.desk.turn()  # her caseworker hears of it at once
    assert page.edge.questions() == ["check_on_me"]
    setattr(page.way, cut, False)
    if cut == "cut":
        assert "It is not in force yet. We keep trying." in words_of(browser.press("My list"))
    page.pass_(minutes=1)
    assert page.desk.turn() == 1
    assert "No one can open it now." in words_of(browser.press("My list"))
    assert page.desk.turn() == 0


def test_a_list_that_cannot_be_seen_now_changes_nothing_and_can_be_tried_again(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    page.way.cut = True
    words = words_of(browser.press("My list"))
    assert (browser.answer.status_code, "Nothing was changed." in words) == (503, True)
    page.way.cut = False
    assert "Who has what about me" in words_of(browser.press("Try again"))


def test_what_was_stored_is_repeated_by_the_next_process_at_once(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    page.way.cut = True
    browser.press("Yes, stop it now")
    page.way.cut = False
    page.restarted()
    stop = threading.Event()
    thread = threading.Thread(target=page.desk.run, args=(stop,))
    thread.start()
    try:
        for _ in range(600):
            if standing(page.kit, form) == "withdrawn":
                break
            page.desk.wake.wait(0.05)
    finally:
        stop.set()
        page.desk.wake.set()
        thread.join()
    assert standing(page.kit, form) == "withdrawn"


def test_waits_between_repeats_grow_and_end(page: SurvivorKit) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    page.way.cut = True
    browser.press("Yes, stop it now")
    asked = []
    page.desk = _counting(page.desk, asked)
    for _ in range(600):
        page.pass_(seconds=1)
        page.desk.turn()
    assert 8 <= len(asked) <= 12


def _counting(desk: Desk, asked: list[str]) -> Desk:
    class Counted:
        def withdraw(self, session: bytes, consent_id: str) -> None:
            asked.append(consent_id)
            raise OutcomeUnknown("in a test")

    return replace(desk, ledger=Counted())  # type: ignore[arg-type]


def test_a_ledger_that_lost_the_session_is_asked_for_a_week_and_told_of(
    page: SurvivorKit, caplog: pytest.LogCaptureFixture
) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    with page.kit.ledger.operation() as operation:
        operation.connection.execute(survivor_sessions.delete())
    assert "Not in force yet" in words_of(browser.press("Yes, stop it now"))
    assert "a withdrawal is not known to the ledger; tell its operator" in caplog.text
    page.pass_(days=7)
    page.desk.turn()
    assert "given up" in caplog.text
    page.pass_(days=1)
    caplog.clear()
    page.desk.turn()
    assert caplog.text == ""
    for hidden in (form.consent_id, form.referral_id, SENDER):
        assert hidden not in caplog.text


def test_where_nothing_can_be_stored_nothing_is_promised(
    page: SurvivorKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    monkeypatch.setattr("survivor_page.store.say", _full)
    words = words_of(browser.press("Yes, stop it now"))
    assert (browser.answer.status_code, "Nothing was changed." in words) == (503, True)
    monkeypatch.undo()
    page.desk.turn(all_now=True)
    assert standing(page.kit, form) == "live"


def _full(*_: object) -> None:
    raise StoreUnavailable("in a test")


def test_what_was_done_and_cannot_be_noted_is_told_as_done(
    page: SurvivorKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Stop this")
    monkeypatch.setattr("survivor_page.store.withdrawn", _full)
    assert "In force now." in words_of(browser.press("Yes, stop it now"))
    monkeypatch.undo()
    page.pass_(minutes=1)
    assert page.desk.turn() >= 1


def test_a_question_without_an_answer_is_said_again_and_one_that_cannot_be_said_is_dropped(
    page: SurvivorKit,
) -> None:
    form = page.given()
    browser = page.inside(form)
    browser.press("Ask about this")
    page.edge.failing = OutcomeUnknown("in a test")
    browser.press("Send the question", question="why_this")
    page.desk.turn()
    page.edge.failing = None
    page.pass_(seconds=5)
    page.desk.turn()
    assert page.edge.questions() == ["why_this"]
    page.edge.failing = Refused("unknown-programme", "x")
    browser.press("My list")
    browser.press("Ask about this")
    browser.press("Send the question", question="who_is_this")
    page.desk.turn()
    page.edge.failing = None
    page.desk.turn()
    assert page.edge.questions() == ["why_this"]


def test_a_form_of_another_session_does_nothing(page: SurvivorKit) -> None:
    mine, hers = page.given(), page.given()
    browser, other = page.inside(mine), page.inside(hers)
    other.press("Stop this")
    theirs = dict(other.filled("Yes, stop it now"))
    browser.press("Stop this")
    own = dict(browser.filled("Yes, stop it now"))
    for mixed in (
        {**own, "shown": theirs["shown"]},
        {**own, "shown": theirs["shown"], "which": hers.consent_id},
        {**own, "which": hers.consent_id},
        {**own, "shown": "eA=="},
    ):
        browser.send("/?language=en", list(mixed.items()))
        assert (browser.answer.status_code, "Nothing was changed." in words_of(browser.page)) == (400, True)
    assert {standing(page.kit, each) for each in (mine, hers)} == {"live"}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"act": "nothing"},
        {"act": "list"},
        {"act": "list", "session": "x" * 64, "until": "1"},
        {"act": "list", "session": "0" * 64, "until": "later"},
        {"act": "list", "session": "0" * 64, "until": "9" * 10},
        {"act": "stop_now", "session": "0" * 64, "until": "1", "shown": "%%%"},
        {"act": "feedback_now", "key": "me"},
    ],
)
def test_what_is_no_form_of_ours_starts_again(page: SurvivorKit, sent: dict[str, str]) -> None:
    browser = page.browser()
    browser.send("/", list(sent.items()))
    assert browser.answer.status_code in (400, 403)
    assert browser.page.one("input", id="code")


def test_nothing_of_a_code_session_or_person_is_told_in_passing(
    page: SurvivorKit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    form = page.given()
    code = page.code(form)
    browser = tried(page, code)
    session = browser.page.all("input", name="session")[0]["value"]
    addresses = {str(browser.answer.url)}
    for button in ("Ask about this", "My list", "Stop this", "Yes, stop it now", "My list", "I am done"):
        browser.press(button)
        addresses.add(str(browser.answer.url))
        assert "set-cookie" not in browser.answer.headers
        assert browser.answer.headers["cache-control"] == "no-store"
        assert browser.answer.headers["referrer-policy"] == "no-referrer"
        assert browser.page.one("title").text in ("Sign in", "My page")
    page.desk.turn()
    assert addresses == {f"{BASE}/?language=en"}
    shown = caplog.text + repr(page.desk)
    for hidden in (code, session, form.consent_id, form.referral_id, str(form.subject_token)):
        assert hidden not in shown
    for path in page.folder.glob("page.db*"):
        held = path.read_bytes()
        for secret in (
            code.encode(),
            session.encode(),
            bytes.fromhex(session),
            str(form.subject_token).encode(),
        ):
            assert secret not in held


def test_a_waiting_withdrawal_holds_its_session_under_a_key_outside_the_database(page: SurvivorKit) -> None:
    browser = page.inside(page.given())
    session = browser.page.all("input", name="session")[0]["value"]
    browser.press("Stop this")
    page.way.cut = True
    browser.press("Yes, stop it now")
    held = b"".join(path.read_bytes() for path in page.folder.glob("page.db*"))
    assert b"taken_back" in held
    for secret in (session.encode(), bytes.fromhex(session)):
        assert secret not in held


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "application/json"}, 415),
    ],
)
def test_another_page_cannot_send_our_forms(page: SurvivorKit, headers: dict[str, str], status: int) -> None:
    http = page.browser().http
    answer = http.post("/", data={"act": "open", "code": page.code(page.given())}, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "Start again." in answer.text


def test_a_form_that_is_far_too_large_and_an_address_that_is_none_get_a_plain_page(page: SurvivorKit) -> None:
    http = page.browser().http
    for answer in (http.post("/", data={"code": "1" * 300_000}), http.get("/nothing"), http.put("/")):
        assert answer.status_code in (404, 405, 413, 415)
        assert re.search("<h1>That did not work</h1>", answer.text)
        assert "1-888-373-7888" in answer.text


def test_health_says_whether_it_can_store(page: SurvivorKit, monkeypatch: pytest.MonkeyPatch) -> None:
    http = page.browser().http
    assert http.get("/health/live").json() == {"live": True}
    assert http.get("/health/ready").status_code == 200
    monkeypatch.setattr("survivor_page.store.due_sayings", _full)
    assert http.get("/health/ready").status_code == 503
