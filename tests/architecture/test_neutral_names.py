"""Nothing that shows on a screen, in a look-up, on a bill or in a notice says what the exchange is for.

Who stands behind somebody's shoulder, runs the office's network or reads the mail sees names: of topics,
files, processes, pages, cookies. None may tell that this person is helped, or why.
"""

import ast
import html
import json
import re
import tomllib
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from exchange_command import authority, service_settings, topic_setup
from exchange_command.network import load_network
from exchange_command.places import Places, listeners
from exchange_command.process_control import ProcessSpec
from exchange_command.python_services import specs
from ngo_bridge.sign_in.cookies import Cookies
from participant_edge.notices import mail, words
from referral_exchange import http_headers, message
from referral_exchange.event_kinds import ADDRESSEES
from referral_exchange.topics import committed_topics

ROOT = Path(__file__).resolve().parents[2]
PLACES = Places(Path("exchange"), Path("cache"), 21000)
NETWORK = load_network()
SERVED = sorted(ROOT.glob("services/*/templates/**/*.html"))
LABELS = sorted([*ROOT.glob("services/*/labels/*"), *ROOT.glob("services/*/pages/**/*.toml")])

BETRAYS = ("traffick", "victim", "survivor", "rescue", "exploit", "slave", "prostitut", "abuse")
"""Pieces of words that say what this is about, whatever stands around them."""

SERVER_SIDE = {
    "survivor_page": "the name of a service and of its mailboxes: seen by who runs our servers, in "
    "a list of processes, of topics or of rights, and a folder of the installed package; never by a browser, "
    "a participant's broker client, a resolver or a mail server, and no host, page, cookie, certificate or "
    "file that a participant's processes write carries it",
}
"""Names that say it all the same, and who sees them."""


def betrays(text: str) -> str | None:
    """The first piece that does, in `text`, apart from the names of `SERVER_SIDE`."""
    lowered = text.casefold()
    for name in SERVER_SIDE:
        lowered = re.sub(rf"(?<![a-z_]){name}(?![a-z0-9_])", "", lowered)
    return next((piece for piece in BETRAYS if piece in lowered), None)


def _telling(texts: Iterator[str] | list[str]) -> dict[str, str]:
    return {text: piece for text in texts if (piece := betrays(text)) is not None}


def topics() -> Iterator[str]:
    yield from committed_topics()
    yield from topic_setup.wanted([each.id for each in NETWORK.with_mailboxes])


def processes() -> Iterator[str]:
    """Names, command lines and environments, as a list of processes shows them."""
    for spec in _specs():
        yield spec.name
        yield from (re.sub(r"^.*/site-packages/", "", str(word)) for word in spec.command)
        yield from (f"{name}={value}" for name, value in spec.environment.items())
    yield from listeners()


def _specs() -> list[ProcessSpec]:
    return list(specs(PLACES, NETWORK))


def files() -> Iterator[str]:
    """What `exchange up` writes: settings, logs, data, keys, certificates."""
    for name in service_settings.all_settings(PLACES, NETWORK):
        yield from map(str, (PLACES.settings / f"{name}.toml", PLACES.log(name), PLACES.data(name)))
    yield from authority.principals(NETWORK)
    yield from (programme.id for each in NETWORK.participants for programme in each.programmes)


def files_of_participants() -> Iterator[str]:
    """Those of them that stand at a participant, settings with all that is in them."""
    ours = {each.id for each in NETWORK.participants if each.own}
    for name, told in service_settings.all_settings(PLACES, NETWORK).items():
        participant = told["service"].get("participant")
        if participant is not None and participant not in ours:
            yield from map(str, (PLACES.settings / f"{name}.toml", PLACES.log(name), PLACES.data(name), told))
            yield str(PLACES.certificates / str(participant))


def packages() -> Iterator[str]:
    """What is installed under which name: a bill for a machine, a list of packages, a command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    yield project["project"]["name"]
    yield from project["project"]["scripts"]
    yield from project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def pages() -> Iterator[str]:
    """Every text of a page: its title stands in a list of windows and in a browser's history."""
    for path in SERVED:
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        yield html.unescape(re.sub(r"\s+", " ", text))
    for path in LABELS:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".po":
            yield from (str(each.string) for each in read_po(text.splitlines()) if each.id)
        else:
            yield from _values(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    yield from addresses()


def _values(node: Any) -> Iterator[str]:
    """Labels; the codes that name them are never shown."""
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _values(inner)
    if isinstance(node, str):
        yield node


def addresses() -> Iterator[str]:
    """Paths of pages, which stand in a browser's history and a proxy's log."""
    for path in sorted((ROOT / "services").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/"):
                yield node.value


def headers() -> Iterator[str]:
    """Of messages, of answers, and the cookies of a browser."""
    yield from message.HEADER_NAMES
    for pages_too in (True, False):
        yield from (f"{n}: {v}" for n, v in http_headers.headers(pages=pages_too, tls=True).items())
    for cookies in (Cookies(secure=True, port=1), Cookies(secure=False, port=21020)):
        yield from (cookies.session, cookies.visit, cookies.browser)


def notices() -> Iterator[str]:
    """Everything of a mail, and the words of every other notice."""
    written = mail.message("notices@desk.example", "duty@desk.example", "1")
    yield from (f"{name}: {value}" for name, value in written.items())
    yield from (str(written.get_content()), words.SUBJECT, words.TEXT, words.SENDER_NAME)


KINDS: dict[str, Any] = {
    "topics": topics,
    "processes": processes,
    "files": files,
    "packages": packages,
    "pages": pages,
    "headers and cookies": headers,
    "notices": notices,
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_says_what_this_is_for(kind: str) -> None:
    texts = list(KINDS[kind]())
    assert len(texts) > 2
    assert _telling(texts) == {}


def test_a_notice_says_still_less() -> None:
    assert [words.telling(text) for text in notices()] == [None] * len(list(notices()))
    assert set(BETRAYS) <= {*words.TELLING}
    assert parseaddr(f"{words.SENDER_NAME} <a@b.example>")[0] == "Notices"


def test_what_is_excepted_is_a_service_of_ours_and_nothing_else_is() -> None:
    addressed = {name for names in ADDRESSEES.values() for name in names}
    assert set(SERVER_SIDE) <= addressed
    seen_by_participants = [*files_of_participants(), *headers(), *notices(), *pages()]
    assert len(seen_by_participants) > 100
    assert not [text for text in seen_by_participants if any(name in text for name in SERVER_SIDE)]


@pytest.mark.parametrize(
    "name",
    [
        "inbox.victim-desk",
        "Survivor inbox",
        "human_trafficking.db",
        "survivors",
        "my_survivor_page2",
        "Rescue line",
    ],
)
def test_a_name_that_says_it_is_noticed(name: str) -> None:
    assert betrays(name) is not None


@pytest.mark.parametrize(
    "name", ["survivor_page", "inbox.survivor_page", "Referral exchange", "bridge_session"]
)
def test_a_name_that_does_not_is_let_through(name: str) -> None:
    assert betrays(name) is None
