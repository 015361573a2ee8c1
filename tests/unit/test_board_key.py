"""Who may replay at the console: the key, its file, the wait after a wrong one, the mark in the form."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from console_kit import KEY, Answer, Steady, a_bad_night, a_key_file, a_site, ask, asked

from referral_exchange.oversight.set_aside import Pointer
from referral_exchange.oversight.trouble import LookFailed
from status_board.console_key import LONGEST_WAIT_S, ConsoleKey, FormGuard
from status_board.site import Site

POINTER = Pointer("outbox.harbor-house", 0, 7)
SECOND = Pointer("outbox.harbor-house", 0, 8)
PATH = "/quarantine/replay"


@pytest.fixture
def steady() -> Steady:
    return Steady()


class Router:
    """In place of the router: notes what it was asked."""

    def __init__(self, became: str = "replayed") -> None:
        self.asked: list[Pointer] = []
        self.became = became

    def __call__(self, pointers: Any) -> Mapping[Pointer, str]:
        self.asked += pointers
        return dict.fromkeys(pointers, self.became)


def a_console(tmp_path: Path, router: Any, **changes: Any) -> Site:
    return a_site(world=a_bad_night(), key_file=a_key_file(tmp_path), replaying=router, **changes)


def posted(site: Site, **form: str) -> Answer:
    return asked(site, ("POST", PATH, {}, {"guard": site.guard.new(), **form}))[0]


def test_the_key_opens_however_its_letters_are_grouped(tmp_path: Path, steady: Steady) -> None:
    key = ConsoleKey(a_key_file(tmp_path), steady)
    assert {key.tried(typed, "one") for typed in (KEY, KEY.upper(), KEY.replace("-", " "))} == {"opens"}


def test_a_wrong_key_makes_its_caller_wait_longer_each_time_and_nobody_else(
    tmp_path: Path, steady: Steady
) -> None:
    key = ConsoleKey(a_key_file(tmp_path), steady)
    waits = []
    for _ in range(9):
        assert key.tried("wrong", "one") == "wrong"
        waits.append(key.wait_s("one"))
        assert key.tried(KEY, "one") == "wait"
        assert key.tried(KEY, "another") == "opens"
        steady.now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert key.tried(KEY, "one") == "opens"
    assert key.tried("wrong", "one") == "wrong"
    assert key.wait_s("one") == 1


def test_a_new_key_counts_at_once(tmp_path: Path, steady: Steady) -> None:
    key = ConsoleKey(a_key_file(tmp_path), steady)
    a_key_file(tmp_path, "2222" * 8)
    assert key.tried(KEY, "one") == "wrong"
    assert key.tried("2222" * 8, "another") == "opens"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_opens_nothing(tmp_path: Path, steady: Steady, mode: int) -> None:
    assert ConsoleKey(a_key_file(tmp_path, mode=mode), steady).tried(KEY, "one") == "none"


@pytest.mark.parametrize("key", ["", "short", "a" * 23])
def test_a_key_that_is_too_short_opens_nothing(tmp_path: Path, steady: Steady, key: str) -> None:
    assert ConsoleKey(a_key_file(tmp_path, key), steady).tried(key, "one") == "none"
    assert ConsoleKey(None, steady).tried("", "one") == "none"
    assert ConsoleKey(tmp_path / "absent.toml", steady).tried("", "one") == "none"


def test_a_mark_lasts_an_hour_and_belongs_to_one_process(steady: Steady) -> None:
    guard = FormGuard(steady)
    mark = guard.new()
    assert guard.holds(mark)
    assert not FormGuard(steady).holds(mark)
    at, _, signed = mark.partition(".")
    assert not guard.holds(f"{int(at) + 1}.{signed}")
    assert not any(guard.holds(wrong) for wrong in ("", ".", "x.y", f"²{mark}", "9" * 400))
    steady.now += FormGuard.LASTS_S
    assert guard.holds(mark)
    steady.now += 1
    assert not guard.holds(mark)


def test_what_is_ticked_is_asked_for_and_told(tmp_path: Path) -> None:
    router = Router()
    told = posted(a_console(tmp_path, router), key=KEY, pointer=str(POINTER))
    assert (told.status, router.asked) == (200, [POINTER])
    assert re.search(r"outbox\.harbor-house/0/7</code>: read again, and now done", told.text)


def test_a_whole_class_is_asked_for_at_once(tmp_path: Path) -> None:
    router = Router("unreadable")
    told = posted(a_console(tmp_path, router), key=KEY, **{"class": "truncated"})
    assert router.asked == [POINTER, SECOND]
    assert told.text.count("still cannot be read") == 2


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"key": "wrong", "pointer": str(POINTER)}, 403, "not the key"),
        ({"pointer": str(POINTER)}, 403, "not the key"),
        ({"key": KEY, "pointer": str(POINTER), "guard": ""}, 403, "This form is old"),
        ({"key": KEY}, 422, "Tick at least one"),
        ({"key": KEY, "pointer": "outbox.harbor-house/0/99"}, 422, "Tick at least one"),
        ({"key": KEY, "pointer": "outbox.harbor-house/0/" + "9" * 5000}, 422, "Tick at least one"),
        ({"key": KEY, "class": "unheard"}, 422, "Tick at least one"),
    ],
)
def test_nothing_is_asked_for_without_key_mark_and_something_set_aside(
    tmp_path: Path, form: dict[str, str], status: int, says: str
) -> None:
    router = Router()
    told = posted(a_console(tmp_path, router), **form)
    assert (told.status, router.asked) == (status, [])
    assert says in told.text
    assert KEY not in told.text


def test_after_a_wrong_key_even_the_right_one_waits(tmp_path: Path, steady: Steady) -> None:
    router = Router()
    site = a_console(tmp_path, router, steady=steady)
    assert posted(site, key="wrong", pointer=str(POINTER)).status == 403
    assert posted(site, key=KEY, pointer=str(POINTER)).status == 429
    steady.now += 1
    assert posted(site, key=KEY, pointer=str(POINTER)).status == 200
    assert router.asked == [POINTER]


def test_a_console_without_a_key_says_how_to_make_one(tmp_path: Path) -> None:
    site = a_site(world=a_bad_night(), replaying=Router())
    told = posted(site, key="", pointer=str(POINTER))
    assert (told.status, "exchange up" in told.text) == (503, True)


def test_a_broker_that_does_not_take_it_is_said(tmp_path: Path) -> None:
    def fails(_pointers: Any) -> Mapping[Pointer, str]:
        raise LookFailed("Invented Marigold")

    told = posted(a_console(tmp_path, fails), key=KEY, pointer=str(POINTER))
    assert told.status == 503
    assert "did not take it" in told.text
    assert "Marigold" not in told.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://foreign.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    ],
)
def test_another_sites_form_is_not_taken(tmp_path: Path, headers: dict[str, str]) -> None:
    router = Router()
    site = a_console(tmp_path, router)
    form = {"guard": site.guard.new(), "key": KEY, "pointer": str(POINTER)}
    assert asked(site, ("POST", PATH, headers, form))[0].status == 403
    assert router.asked == []


def test_the_page_shows_where_and_what_class_and_never_the_key(tmp_path: Path) -> None:
    page = ask(a_console(tmp_path, Router()), "/quarantine")[0].text
    assert "outbox.harbor-house/0/7" in page
    assert page.count("Its bytes are gone") == 2
    assert "made-by-a-newer-version" not in page
    assert KEY not in page
