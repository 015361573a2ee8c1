"""What somebody tries who has no account, a part of one, or a cookie of another; and what it gets them."""

import logging
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from bridge_kit import StandInEdge, a_config, a_view, an_id
from page_kit import Browser, words_of
from sign_in_kit import ASH, WRONG, Office, Person

from ngo_bridge.sign_in import one_time_codes, passwords, rules
from ngo_bridge.sign_in.desk import Attempt, NotSignedIn, SignedIn
from ngo_bridge.sign_in.passwords import USUAL_COST, Busy, Passwords

ELSEWHERE = "198.51.100.7"


@pytest.fixture
def office(edge: StandInEdge, tmp_path: Path) -> Iterator[Office]:
    with Office(edge, a_config(tmp_path)).open() as made:
        yield made


@pytest.fixture
def either(edge: StandInEdge, tmp_path: Path, bridge_url: str) -> Iterator[Office]:
    """The same on each kind of database, for what happens at once."""
    with Office(edge, a_config(tmp_path, database=bridge_url)).open() as made:
        yield made


@pytest.fixture
def ash(office: Office) -> Person:
    return office.somebody()


def attempt(ash: Person, **otherwise: str) -> Attempt:
    told = {"name": ash.name, "password": ash.password, "code": ash.code(), "source": "192.0.2.1"}
    return Attempt(**(told | otherwise))


# --- sessions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planted", ["of another account", "A" * 43, "no session"])
def test_a_session_planted_before_the_sign_in_is_not_the_one_after_it(
    office: Office, ash: Person, planted: str
) -> None:
    mallory, hers = office.somebody("invented-mallory"), office.browser()
    mallory.signs_in(hers)
    name = office.app.state.bridge.cookies.session
    value = office.session_of(hers) or "" if planted == "of another account" else planted
    victim = office.browser(**{name: value})
    if victim.go("/").all("form", action="/sign-out"):
        guard = victim.page.all("input", name="guard")[0]["value"]
        victim.send("/sign-in", [("guard", guard), *ash.typed().items()])
    else:
        ash.signs_in(victim)
    assert victim.page.one("h1").text == "Today"
    assert office.session_of(victim) not in (None, value)
    assert ASH in words_of(victim.go("/account"))
    assert office.browser(**{name: value}).go("/").one("h1").text == "Sign in"


def test_every_sign_in_gets_another_session_and_ends_the_one_of_before(office: Office, ash: Person) -> None:
    browser = office.browser()
    ash.signs_in(browser)
    first = office.holding(browser)
    page = browser.go("/account")
    guard = page.all("input", name="guard")[0]["value"]
    browser.send("/sign-in", [("guard", guard), *ash.typed().items()])
    assert browser.page.one("h1").text == "Today"
    assert office.session_of(browser) != office.session_of(first)
    assert first.go("/").one("h1").text == "Sign in"


def test_what_is_kept_of_a_session_opens_none(office: Office, ash: Person, tmp_path: Path) -> None:
    browser = office.browser()
    ash.signs_in(browser)
    cookie = office.session_of(browser) or ""
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert cookie.encode() not in kept
    (session,) = [office.desk.sessions.find(cookie, office.clock.now)]
    assert session is not None
    assert session.digest.encode() in kept, "the search finds what is there"
    assert office.desk.sessions.find(session.digest, office.clock.now) is None


# --- forms ------------------------------------------------------------------------------------------------


def a_withdrawal(browser: Browser, edge: StandInEdge) -> tuple[str, list[tuple[str, str]]]:
    edge.show(a_view())
    path = f"/withdraw/{an_id('a referral')}"
    browser.go(path)
    return path, browser.filled("Yes, take it back now")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:21999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_origin_sends_no_form_though_it_knows_all_of_it(
    office: Office, ash: Person, edge: StandInEdge, headers: dict[str, str]
) -> None:
    browser = office.browser()
    ash.signs_in(browser)
    path, sent = a_withdrawal(browser, edge)
    for target, data in ((path, sent), ("/sign-out", sent), ("/sign-in", [*sent, *ash.typed().items()])):
        browser.http.headers |= headers
        browser.send(target, data)
        assert browser.answer.status_code == 403
    assert edge.did("withdraw") == []
    assert office.session_of(browser)


@pytest.mark.parametrize("whose", ["another session's", "before the sign-in", "of the last session", "none"])
def test_a_form_is_good_in_the_session_it_was_given_to_and_no_other(
    office: Office, ash: Person, edge: StandInEdge, whose: str
) -> None:
    birch, browser, other = office.somebody("invented-birch"), office.browser(), office.browser()
    before = browser.go("/sign-in").one("input", name="guard")["value"]
    ash.signs_in(browser)
    last = browser.go("/").all("input", name="guard")[0]["value"]
    browser.press("Sign out")
    ash.signs_in(browser)
    birch.signs_in(other)
    theirs = other.go("/").all("input", name="guard")[0]["value"]
    path, sent = a_withdrawal(browser, edge)
    guard = {"another session's": theirs, "before the sign-in": before, "of the last session": last}.get(
        whose
    )
    spoilt = [(n, guard or "" if n == "guard" else v) for n, v in sent]
    browser.send(path, spoilt)
    assert (browser.answer.status_code, edge.did("withdraw")) == (403, [])
    browser.send(path, sent)
    assert edge.did("withdraw") == [an_id("a referral")]


def test_nobody_is_signed_in_by_a_form_that_was_not_given_to_their_browser(
    office: Office, ash: Person
) -> None:
    mallory, victim = office.browser(), office.browser()
    guard = mallory.go("/sign-in").one("input", name="guard")["value"]
    victim.go("/sign-in")
    victim.send("/sign-in", [("guard", guard), *ash.typed().items()])
    assert victim.answer.status_code == 403
    assert office.session_of(victim) is None


# --- one answer for every kind of wrong -------------------------------------------------------------------


def answers_to(office: Office, ash: Person, count: int = 1) -> dict[str, list[httpx.Response]]:
    """What each kind of wrong is answered, each from a browser and address of its own."""
    found: dict[str, list[httpx.Response]] = {}
    for kind, typed in (
        ("unknown name", {"name": "invented-nobody"}),
        ("wrong password", {"password": WRONG}),
        ("wrong code", {"code": "000000"}),
        ("all wrong", {"name": "invented-nobody", "password": WRONG, "code": "x"}),
        ("no code", {"code": ""}),
        ("taken away", {"name": "invented-gone"}),
    ):
        # Of the same visit: the form's token is the one thing that differs from browser to browser.
        visit = {office.app.state.bridge.cookies.visit: "0" * 32}
        browser = office.browser(f"203.0.113.{len(found) + 1}", **visit)
        right = {"name": ash.name, "password": ash.password, "code": ash.code()}
        for _ in range(count):
            browser.go("/sign-in")
            browser.press("Sign in", **(right | typed))
            found.setdefault(kind, []).append(browser.answer)
    return found


def test_every_kind_of_wrong_gets_the_same_bytes(office: Office, ash: Person) -> None:
    gone = office.somebody("invented-gone")
    office.desk.caseworkers.revoke(gone.id, office.clock.now)
    found = answers_to(office, ash, count=7)
    for n in range(7):
        said = {(a[n].status_code, a[n].content, tuple(sorted(a[n].headers.items()))) for a in found.values()}
        assert len(said) == 1, f"try {n} tells {len(said)} kinds of wrong apart"
    assert [answer.status_code for answer in found["unknown name"]] == [422] * 5 + [429] * 2


def test_every_kind_of_wrong_costs_one_look_at_a_password(
    office: Office, ash: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    real = Passwords.fits

    def watched(self: Passwords, kept: str | None, *told: str, **how: bool) -> bool:
        looks.append("$".join((kept or self._nobodys).split("$")[:4]))
        return real(self, kept, *told, **how)

    monkeypatch.setattr(Passwords, "fits", watched)
    assert len(answers_to(office, ash)) == len(looks) == 6
    assert len(set(looks)) == 1, "and every look costs the same"


def test_an_unknown_name_takes_as_long_as_a_known_one(edge: StandInEdge, tmp_path: Path) -> None:
    """At the real cost of a look; medians of looks that alternate.

    Most of it in the processor's time, which the load of the machine changes little; by the clock what is
    quickest, since load only adds to it.
    """
    office = Office(edge, a_config(tmp_path, password_cost=USUAL_COST))
    ash = office.somebody()
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    worked: dict[str, list[float]] = {"known": [], "unknown": []}
    for n in range(9):
        for kind, name in (("known", ASH), ("unknown", "invented-nobody")):
            office.clock.now += timedelta(days=2)
            asked = attempt(ash, name=name, password=WRONG, source=f"203.0.113.{n}")
            start, used = time.perf_counter(), time.process_time()
            office.desk.sign_in(asked, office.clock.now)
            took[kind].append(time.perf_counter() - start)
            worked[kind].append(time.process_time() - used)
    known, unknown = (statistics.median(times) for times in worked.values())
    assert known > 0.02, "a look is slow on purpose"
    assert 0.85 < unknown / known < 1.18, (known, unknown)
    known, unknown = (min(times) for times in took.values())
    assert 0.6 < unknown / known < 1.7, (known, unknown)


# --- codes ------------------------------------------------------------------------------------------------


def test_a_code_works_once(office: Office, ash: Person) -> None:
    typed = ash.typed()
    first, second = office.browser(), office.browser()
    for browser in (first, second):
        browser.go("/sign-in")
        browser.press("Sign in", **typed)
    assert (first.answer.status_code, second.answer.status_code) == (200, 422)
    assert "That did not work" in words_of(second.page)


def test_a_code_before_the_one_that_was_used_does_not_work_either(office: Office, ash: Person) -> None:
    before = ash.code()
    office.clock.now += timedelta(seconds=30)
    assert isinstance(office.desk.sign_in(attempt(ash), office.clock.now), SignedIn)
    assert isinstance(office.desk.sign_in(attempt(ash, code=before), office.clock.now), NotSignedIn)


def test_one_of_many_at_once_gets_in_with_one_code(either: Office) -> None:
    office, ash = either, either.somebody()

    def one(n: int) -> bool:
        asked = attempt(ash, source=f"203.0.113.{n}")
        return isinstance(office.desk.sign_in(asked, office.clock.now), SignedIn)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 1


@pytest.mark.parametrize(
    ("seconds", "works"), [(-59, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_a_code_is_taken_one_step_early_and_one_late(
    office: Office, ash: Person, seconds: int, works: bool
) -> None:
    code = ash.code()
    # From the start of a step, so that a second more or less is a step more or less.
    found = office.desk.sign_in(attempt(ash, code=code), office.clock.now + timedelta(seconds=seconds))
    assert isinstance(found, SignedIn) is works


@pytest.mark.parametrize("code", ["", "0", "１２３４５６", "12345\n67", "0x1234", "-1234", "9" * 300, "\x00"])
def test_what_is_no_code_is_a_wrong_one(office: Office, ash: Person, code: str) -> None:
    assert isinstance(office.desk.sign_in(attempt(ash, code=code), office.clock.now), NotSignedIn)


def test_a_code_may_be_typed_in_two_groups(office: Office, ash: Person) -> None:
    code = ash.code()
    assert isinstance(
        office.desk.sign_in(attempt(ash, code=f" {code[:3]} {code[3:]}"), office.clock.now), SignedIn
    )


# --- guessing ---------------------------------------------------------------------------------------------


def guesses_in_a_day(office: Office, ash: Person, monkeypatch: pytest.MonkeyPatch, sources: int) -> int:
    """How many passwords are looked at for somebody who tries all day, as fast as waits allow."""
    looks = 0

    def counted(*_: object, **__: object) -> bool:
        nonlocal looks
        looks += 1
        return False

    monkeypatch.setattr(Passwords, "fits", counted)
    day_ends = office.clock.now + timedelta(days=1)
    while office.clock.now < day_ends:
        waits = []
        for n in range(sources):
            found = office.desk.sign_in(attempt(ash, source=f"2001:db8:{n}::1"), office.clock.now)
            assert isinstance(found, NotSignedIn)
            waits.append(found.wait)
        office.clock.now += max(min(waits), timedelta(milliseconds=50))
    return looks


@pytest.mark.parametrize(("sources", "most"), [(1, 110), (40, 160)])
def test_who_guesses_all_day_gets_few_guesses(
    office: Office, ash: Person, monkeypatch: pytest.MonkeyPatch, sources: int, most: int
) -> None:
    """With the right password alone: each guess hits one of three codes among a million."""
    assert 50 < guesses_in_a_day(office, ash, monkeypatch, sources) <= most


def test_many_at_once_get_no_further_than_one_by_one(either: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office, ash = either, either.somebody()
    looks: list[float] = []

    def slow(*_: object, **__: object) -> bool:
        looks.append(time.monotonic())
        time.sleep(0.05)
        return False

    monkeypatch.setattr(Passwords, "fits", slow)
    with ThreadPoolExecutor(32) as pool:
        asked = [attempt(ash, password=WRONG) for _ in range(64)]
        found = list(pool.map(lambda one: office.desk.sign_in(one, office.clock.now), asked))
    assert len(looks) == rules.FREE_TRIES["name-and-source"]
    assert sum(1 for each in found if isinstance(each, NotSignedIn) and each.wait) == 64 - len(looks)


def test_a_network_of_version_6_counts_as_one(office: Office, ash: Person) -> None:
    for n in range(5):
        office.desk.sign_in(attempt(ash, password=WRONG, source=f"2001:db8::{n}"), office.clock.now)
    found = office.desk.sign_in(attempt(ash, source="2001:db8::ffff"), office.clock.now)
    assert isinstance(found, NotSignedIn)
    assert found.wait


def test_who_tries_many_names_from_one_place_waits_too(office: Office, ash: Person) -> None:
    waits = []
    for n in range(40):
        asked = attempt(ash, name=f"invented-{n}", source=ELSEWHERE)
        found = office.desk.sign_in(asked, office.clock.now)
        waits.append(isinstance(found, NotSignedIn) and bool(found.wait))
    assert waits == [False] * 20 + [True] * 20


# --- and nobody is kept out by it -------------------------------------------------------------------------


def besieged(office: Office, ash: Person, sources: int = 58) -> None:
    """Strangers everywhere have tried this name, and try again whenever they may."""
    for n in range(sources):
        asked = attempt(ash, password=WRONG, source=f"2001:db8:{n}::1")
        found = office.desk.sign_in(asked, office.clock.now)
        assert isinstance(found, NotSignedIn)
        office.clock.now += found.wait


def test_a_known_browser_signs_in_while_strangers_besiege_the_name(office: Office, ash: Person) -> None:
    browser = office.browser()
    ash.signs_in(browser)
    browser.press("Sign out")
    besieged(office, ash)
    stranger = office.browser(ELSEWHERE)
    ash.signs_in(stranger)
    assert stranger.answer.status_code == 429
    ash.signs_in(browser)
    assert browser.page.one("h1").text == "Today"


def test_a_known_browser_is_slowed_too_and_by_itself_alone(office: Office, ash: Person) -> None:
    browser = office.browser()
    ash.signs_in(browser)
    stolen = office.holding(browser)
    stolen.http.cookies.delete(office.app.state.bridge.cookies.session)
    answers = []
    for _ in range(7):
        stolen.go("/sign-in")
        stolen.press("Sign in", name=ASH, password=WRONG, code="000000")
        answers.append(stolen.answer.status_code)
    assert answers == [422] * 5 + [429] * 2
    other = office.browser(ELSEWHERE)
    ash.signs_in(other)
    assert other.page.one("h1").text == "Today"


@pytest.mark.parametrize("spoilt", ["other account", "no mark", "made up"])
def test_a_browser_known_for_one_account_is_a_stranger_to_another(
    office: Office, ash: Person, spoilt: str
) -> None:
    birch, browser = office.somebody("invented-birch"), office.browser()
    cookie = office.app.state.bridge.cookies.browser
    birch.signs_in(browser)
    marks = browser.http.cookies.get(cookie) or ""
    told = {"other account": marks, "no mark": "", "made up": "0" * 96}[spoilt]
    besieged(office, ash)
    stranger = office.browser(ELSEWHERE, **({cookie: told} if told else {}))
    ash.signs_in(stranger)
    assert stranger.answer.status_code == 429


def test_no_wait_is_longer_than_a_quarter_of_an_hour_and_trying_does_not_prolong_it(
    office: Office, ash: Person
) -> None:
    besieged(office, ash, sources=500)
    for _ in range(50):
        found = office.desk.sign_in(attempt(ash, password=WRONG, source=ELSEWHERE), office.clock.now)
        assert isinstance(found, NotSignedIn)
        assert found.wait <= rules.LONGEST_WAIT
    office.clock.now += rules.LONGEST_WAIT
    assert isinstance(office.desk.sign_in(attempt(ash, source=ELSEWHERE), office.clock.now), SignedIn)


def test_starting_the_bridge_anew_forgives_nothing(office: Office, ash: Person, edge: StandInEdge) -> None:
    besieged(office, ash)
    again = Office(edge, office.config, office.clock)
    found = again.desk.sign_in(attempt(ash, source=ELSEWHERE), office.clock.now)
    assert isinstance(found, NotSignedIn)
    assert found.wait


def test_signing_in_forgives_strangers_one_try_only(office: Office, ash: Person) -> None:
    for n in range(49):
        office.desk.sign_in(attempt(ash, password=WRONG, source=f"2001:db8:{n}::1"), office.clock.now)
    assert isinstance(office.desk.sign_in(attempt(ash, source=ELSEWHERE), office.clock.now), SignedIn)
    found = office.desk.sign_in(attempt(ash, password=WRONG, source="2001:db8:50::1"), office.clock.now)
    after = office.desk.sign_in(attempt(ash, source="2001:db8:51::1"), office.clock.now)
    assert isinstance(found, NotSignedIn)
    assert not found.wait
    assert isinstance(after, NotSignedIn)
    assert after.wait


def test_strangers_take_no_turn_of_known_browsers(
    office: Office, ash: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_S", 0.01)
    checks = office.desk.passwords
    for _ in range(passwords.AT_ONCE):
        checks._turns[False].acquire()
    with pytest.raises(Busy):
        office.desk.sign_in(attempt(ash), office.clock.now)
    assert checks.fits(None, "", WRONG, known=True) is False
    browser = office.browser()
    ash.signs_in(browser)
    assert browser.answer.status_code == 503
    checks._turns[False].release()
    # Nobody looked, so it was no wrong try.
    assert isinstance(office.desk.sign_in(attempt(ash), office.clock.now), SignedIn)


# --- nothing is told --------------------------------------------------------------------------------------


def test_no_name_password_or_code_is_kept_in_the_clear_or_logged(
    office: Office, ash: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = office.browser()
    browser.go("/sign-in")
    browser.press("Sign in", name="invented-typo", password="Invented-Password-In-The-Wrong-Field", code="1")
    ash.signs_in(browser)
    browser.press("Sign out")
    for _ in range(6):
        browser.go("/sign-in")
        browser.press("Sign in", name=ASH, password=WRONG, code="1")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for told in (ash.password, ash.codes, "invented-typo", "In-The-Wrong-Field", "192.0.2.1"):
        assert told.encode() not in kept
        assert told not in caplog.text
        assert told not in browser.page.text
    assert ASH.encode() in kept, "the search finds what is there"
    assert ASH not in caplog.text
    assert ash.id not in caplog.text
    assert "a caseworker signed in" in caplog.text
    kinds = [kind for kind, _, _ in office.audit()]
    assert kinds == ["account-added", "refused", "signed-in", "signed-out", *["refused"] * 4, "locked"]
    for hidden in (attempt(ash), office.desk.caseworkers.named(ASH)):
        assert ash.password not in repr(hidden)
        assert ash.codes not in repr(hidden)


def test_who_has_the_database_alone_can_check_no_guess(office: Office, ash: Person, tmp_path: Path) -> None:
    found = office.desk.caseworkers.named(ASH)
    assert found is not None
    (tmp_path / "bridge.secret").rename(tmp_path / "elsewhere")
    thief = Office(StandInEdge(), office.config, office.clock)
    assert office.desk.passwords.fits(found[1].password, ash.id, ash.password)
    assert not thief.desk.passwords.fits(found[1].password, ash.id, ash.password)


def test_the_usual_cost_is_the_one_that_is_recommended() -> None:
    """RFC 9106, section 4: the second recommended option."""
    assert (USUAL_COST.passes, USUAL_COST.memory_kib, USUAL_COST.lanes) == (3, 65536, 4)
    assert one_time_codes.WINDOW == 1
    assert (timedelta(minutes=20), timedelta(hours=8)) == (rules.IDLE, rules.LONGEST)


def test_a_password_made_at_another_cost_is_made_anew(office: Office, ash: Person) -> None:
    before = office.desk.caseworkers.named(ASH)
    dearer = Office(
        StandInEdge(), a_config(office.config.data, password_cost=passwords.Cost(2, 16, 1)), office.clock
    )
    assert isinstance(dearer.desk.sign_in(attempt(ash), office.clock.now), SignedIn)
    after = office.desk.caseworkers.named(ASH)
    assert before is not None
    assert after is not None
    assert "t=1" in before[1].password
    assert "m=16,t=2" in after[1].password


@pytest.mark.parametrize("name", [ASH, f" {ASH.upper()} ", ASH.title()])
def test_a_name_may_be_typed_in_any_case(office: Office, ash: Person, name: str) -> None:
    assert isinstance(office.desk.sign_in(attempt(ash, name=name), office.clock.now), SignedIn)
