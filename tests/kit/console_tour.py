"""Every page of the operator's console, on a good night, on a bad one, and after each mistake in its form."""

from pathlib import Path

import httpx
from console_kit import (
    KEY,
    Answer,
    Rows,
    a_bad_night,
    a_clock,
    a_key_file,
    a_record,
    a_site,
    an_entry,
    an_id,
    asked,
)
from page_kit import Element, read

from status_board.recovery import Progress
from status_board.site import Site

PATHS = (
    "/",
    "/journeys",
    "/journeys?referral=nothing",
    f"/journeys/{an_id(1)}",
    "/clocks",
    "/lag",
    "/quarantine",
    "/connectors",
    "/capacity",
    "/schemas",
    "/runbooks/recipient-away",
)
POINTER = "outbox.harbor-house/0/7"


def tour(folder: Path, language: str) -> list[tuple[str, Element]]:
    """The pages by name."""
    bad = a_bad_site(folder)
    pages = [(f"bad {path}", page) for path, page in _seen(bad, language)]
    pages += [(f"good {path}", page) for path, page in _seen(a_site(), language)]
    pages += [(f"rebuilt {path}", page) for path, page in _seen(a_site(rows=a_broken_table()), language)]
    return [*pages, *_forms(bad, language)]


def a_bad_site(folder: Path) -> Site:
    """A console that has something of everything to show."""
    late = an_entry(2, "received", elapsed=True, urgency="emergency")
    purge = an_entry(3, "cancelled", sub_state="cancel_requested", elapsed=True)
    entries = [an_entry(1), late, purge, *(an_entry(number) for number in range(10, 25))]
    records = [a_record(1, a_clock(60), a_clock(-90, elapsed=True)), a_record(2, a_clock(5, "purge-overdue"))]
    return a_site(entries, a_bad_night(), records, key_file=a_key_file(folder))


def a_broken_table() -> Rows:
    """A table that is half read back, behind a broker that does not answer."""
    so_far = Progress("table", 120, 400, begun=False)
    return Rows(lost=True, rebuilt=False, so_far=so_far, behind=500, unreadable={"truncated": 2})


def _seen(site: Site, language: str) -> list[tuple[str, Element]]:
    answers = asked(site, *(("GET", path, {"Accept-Language": language}, None) for path in PATHS))
    return [
        (path, _page(answer)) for path, answer in zip(PATHS, answers, strict=True) if answer.status == 200
    ]


def _forms(site: Site, language: str) -> list[tuple[str, Element]]:
    spoken = {"Accept-Language": language}
    whole = {"guard": site.guard.new(), "key": KEY, "pointer": POINTER}
    mistakes = {
        "replayed": whole,
        "old form": {**whole, "guard": ""},
        "nothing ticked": {**whole, "pointer": ""},
        "wrong key": {**whole, "key": "wrong"},
        "too soon": whole,
    }
    posts = [("POST", "/quarantine/replay", spoken, form) for form in mistakes.values()]
    return [(name, _page(answer)) for name, answer in zip(mistakes, asked(site, *posts), strict=True)]


def _page(answer: Answer) -> Element:
    page = read(answer.text)
    # Without the length: what was read is text already.
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    page.answer = httpx.Response(answer.status, headers=kept, content=answer.text.encode())
    return page
