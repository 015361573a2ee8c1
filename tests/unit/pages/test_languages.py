"""Each request is answered in the language that was asked for, also one that runs from right to left."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from bridge_kit import BASE, NOW, StandInEdge, a_config
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from page_kit import read
from starlette.types import Receive, Scope, Send

from ngo_bridge.app import build
from referral_exchange.pages import catalogues, language, words
from referral_exchange.pages.language import LANGUAGES, OWN_NAMES, Speaks, chosen, speaking, spoken

ARABIC = {
    "sign_in.title": "تسجيل الدخول",
    "sign_in.name": "اسم الدخول",
    "sign_in.password": "كلمة السر",
    "site.skip": "إلى الجزء الرئيسي",
}
"""A few texts, invented for this test; the others stay English."""


@pytest.mark.parametrize(
    ("query", "cookies", "accepted", "tag"),
    [
        ("", "", "", "en"),
        ("language=es", "", "", "es"),
        ("language=es", "language=en", "en", "es"),
        ("next=%2F&language=es", "", "en", "es"),
        ("", "language=es", "en", "es"),
        ("", "other=1; language=es", "", "es"),
        ("language=xx", "language=es", "en", "es"),
        ("language=es&language=en", "", "es", "en"),
        ("", "language=xx", "es", "es"),
        ("", "", "es", "es"),
        ("", "", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "", "ES-us", "es"),
        ("", "", "es-419", "es"),
        ("", "", "es-US-u-ca-gregory", "es"),
        ("", "", "fr, es;q=0.5, en;q=0.4", "es"),
        ("", "", "es; q=0.9, en; q=0.3", "es"),
        ("", "", "es ; Q=0.3,en;q=0.9", "en"),
        ("", "", "en;q=0.2,es;q=0.200", "en"),
        ("", "", "es;q=0,en;q=0.1", "en"),
        ("", "", "zh, ar", "en"),
        ("", "", "*", "en"),
    ],
)
def test_the_language_is_chosen(query: str, cookies: str, accepted: str, tag: str) -> None:
    assert chosen(query, cookies, accepted) == tag


@pytest.mark.parametrize(
    "nonsense",
    [
        *("../../etc/passwd", "es\r\nset-cookie: a=b", "es;q=nan", "es;q=inf", "es;q=-1", "es;q=1e9"),
        *(" , ,;;;q=,", "es_MX", "x" * 9000, "," * 9000, "language", "=;=;", '"es', "%00", "español", "esx"),
        *("es;level=1", "é" * 40, "es-\x00"),
    ],
)
def test_nonsense_is_answered_in_the_usual_language(nonsense: str) -> None:
    assert chosen("", "", nonsense) == "en"
    assert chosen(f"language={nonsense}", f"language={nonsense}", "es") in ("en", "es")
    assert chosen(f"language={nonsense}x", f"language={nonsense}x", "es") == "es"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_request_can_name_a_language_that_is_not_there(query: str, cookies: str, accepted: str) -> None:
    assert chosen(query, cookies, accepted) in LANGUAGES


def test_only_the_first_twenty_wishes_count() -> None:
    assert chosen("", "", "fr," * 19 + "es") == "es"
    assert chosen("", "", "fr," * 20 + "es") == "en"


def test_a_language_is_spoken_in_its_block_only() -> None:
    with speaking("es"):
        assert spoken() == "es"
        with speaking("en"):
            assert spoken() == "en"
        assert spoken() == "es"
    assert spoken() == "en"
    with pytest.raises(KeyError), speaking("ar"):
        pass


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says which language it was asked in, after it let others go first."""
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": spoken().encode()})


def asked(app: Any, path: str = "/", scheme: str = "http", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pages.example") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_an_answer_says_its_language() -> None:
    answer = asked(Speaks(echo), **{"accept-language": "es"})
    assert (answer.text, answer.headers["content-language"]) == ("es", "es")
    assert "set-cookie" not in answer.headers


def test_a_language_that_was_asked_for_is_remembered_until_the_browser_closes() -> None:
    answer = asked(Speaks(echo), "/?language=es")
    assert answer.headers["set-cookie"] == "language=es; Path=/; HttpOnly; SameSite=Strict"
    assert "Secure" in asked(Speaks(echo), "/?language=es", "https").headers["set-cookie"]
    assert asked(Speaks(echo), cookie="language=es").text == "es"
    assert "set-cookie" not in asked(Speaks(echo), "/?language=es", cookie="language=es").headers
    assert "set-cookie" not in asked(Speaks(echo), "/?language=xx").headers


def test_a_page_that_keeps_nothing_sets_and_reads_no_cookie() -> None:
    answer = asked(Speaks(echo, remembers=False), "/?language=es", cookie="language=en")
    assert answer.text == "es"
    assert "set-cookie" not in answer.headers
    assert asked(Speaks(echo, remembers=False), cookie="language=es").text == "en"


def test_requests_at_once_are_each_answered_in_their_own_language() -> None:
    async def ask() -> list[str]:
        transport = httpx.ASGITransport(app=Speaks(echo))
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.example") as client:
            wishes = ["es", "en"] * 10
            answers = await asyncio.gather(
                *(client.get("/", headers={"accept-language": wish}) for wish in wishes)
            )
        return [answer.text for answer in answers]

    assert asyncio.run(ask()) == ["es", "en"] * 10


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", ["1 second", "5 minutes", "1 hour", "2 days"]),
        ("es", ["1 segundo", "5 minutos", "1 hora", "2 días"]),
    ],
)
def test_lengths_of_time(tag: str, said: list[str]) -> None:
    with speaking(tag):
        spans = ((1, "second"), (5, "minute"), (1, "hour"), (2, "day"))
        assert [words.duration(count, unit) for count, unit in spans] == said


@pytest.mark.parametrize(
    ("tag", "today", "yesterday", "day"),
    [("en", "5:15 PM", "May 4, 5:15 PM", "May 4"), ("es", "5:15 p.m.", "4 de mayo, 5:15 p.m.", "4 de mayo")],
)
def test_moments_are_written_as_in_the_united_states(tag: str, today: str, yesterday: str, day: str) -> None:
    at = datetime(2031, 5, 4, 17, 15, tzinfo=UTC)
    with speaking(tag):
        assert words.moment(at, date(2031, 5, 4)) == today
        assert words.moment(at, date(2031, 5, 5)) == yesterday
        assert words.day(at) == words.day(at.date()) == day


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("en", ["Spanish", "American Sign Language", "Mixtec", "Haitian Creole", "Chinese", "qqq", "Arabic"]),
        (
            "es",
            ["español", "lengua de señas americana", "mixteco", "criollo haitiano", "chino", "qqq", "árabe"],
        ),
    ],
)
def test_languages_have_names(tag: str, names: list[str]) -> None:
    with speaking(tag):
        tags = ("es", "ase", "mix", "ht", "zh", "qqq", "ar-invented")
        assert [words.language_name(each) for each in tags] == names
        assert all(words.language_name(each) != each for each in words.OFFERED_LANGUAGES)


def test_languages_stand_in_the_order_of_their_names() -> None:
    with speaking("es"):
        found = [
            words.language_name(tag)
            for tag in sorted(("uk", "ar", "am", "ase", "en"), key=words.language_order)
        ]
    assert found == ["amárico", "árabe", "inglés", "lengua de señas americana", "ucraniano"]


def test_each_language_is_called_as_its_speakers_call_it() -> None:
    assert dict(OWN_NAMES) == {"en": "English", "es": "español"}


def test_names_are_filled_in_and_never_markup() -> None:
    assert words.fill("{a} & {text}", a="<b>", text="x") == "&lt;b&gt; & x"


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of a language that runs from right to left, as if it stood in every service."""
    real = catalogues.catalogue

    def with_arabic(package: str, tag: str) -> Catalog:
        if tag != "ar":
            return real(package, tag)
        file = tmp_path / f"{package}.po"
        file.write_text(
            'msgid ""\nmsgstr ""\n"Language: ar\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
            + "".join(
                f'\nmsgid "{each.id}"\nmsgstr "{ARABIC.get(str(each.id), str(each.string))}"\n'
                for each in real(package, "en")
                if each.id
            ),
            encoding="utf-8",
        )
        with file.open("rb") as written:
            return read_po(written, locale="ar", abort_invalid=True)

    monkeypatch.setattr(catalogues, "catalogue", with_arabic)
    for known, value in ((LANGUAGES, Locale("ar")), (OWN_NAMES, "العربية")):
        monkeypatch.setitem(known, "ar", value)  # type: ignore[arg-type]
    yield
    catalogues.texts.cache_clear()


@pytest.mark.usefixtures("arabic")
def test_a_language_from_right_to_left_turns_the_page(tmp_path: Path) -> None:
    app = build(StandInEdge(), a_config(tmp_path), lambda: NOW)  # type: ignore[arg-type]
    with TestClient(app, base_url=BASE) as http:
        page = read(http.get("/sign-in", headers={"accept-language": "ar-EG, en;q=0.5"}).text)
        assert (page.one("html")["lang"], page.one("html")["dir"]) == ("ar", "rtl")
        assert page.one("h1").text == page.one("title").text == ARABIC["sign_in.title"]
        assert {each.text for each in page.all("label")} >= {
            ARABIC["sign_in.name"],
            ARABIC["sign_in.password"],
        }
        assert [each["lang"] for each in page.one("footer").all("a")] == ["en", "es", "ar"]
        for tag in ("en", "es"):
            page = read(http.get("/sign-in", headers={"accept-language": tag}).text)
            assert (page.one("html")["lang"], page.one("html")["dir"]) == (tag, "ltr")


@pytest.mark.usefixtures("arabic")
def test_words_of_a_third_language_are_its_own() -> None:
    with language.speaking("ar"):
        assert words.language_name("es") == "الإسبانية"
        assert "دقائق" in words.duration(5, "minute")
    assert catalogues.texts("ngo_bridge", "ar")["direction"] == "rtl"
