"""The texts of every service say the same in each language: all of them, in plain words that hurt nobody."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from reading_kit import HURTFUL, grade

import referral_exchange
from referral_exchange.pages import catalogues
from referral_exchange.pages.language import LANGUAGES

SERVICES = Path(referral_exchange.__file__).parents[1]
PACKAGES = sorted(
    ".".join(file.parents[1].relative_to(SERVICES).parts) for file in SERVICES.rglob("labels/en.po")
)
OTHERS = [tag for tag in LANGUAGES if tag != "en"]
SAME_IN_SPANISH = {"No", "TTY", "AHTST"}
"""Texts that are words of both languages, or proper names."""

FIELD = re.compile(r"\{\w*\}")
_QUOTED = r'"(?:[^"\\\n]|\\["\\n])*"\n'
WHOLE = re.compile(rf'msgid ""\nmsgstr ""\n(?:{_QUOTED})+(?:\n(?:#\. .*\n)*msgid {_QUOTED}msgstr {_QUOTED})*')
"""A header, then each text on two lines. Babel itself lets much pass that is broken."""

FORMAL_SPANISH = re.compile(
    r"\b(tú|tus?|ti|contigo|eres|estás|tienes|puedes|quieres|debes|necesitas|vosotr[oa]s|vuestr[oa]s?|os)\b"
    r"|\w(?:@|[/(](?:o|a|os|as)\b)|\b(?:tod|amig|latin|nosotr)x",
    re.IGNORECASE,
)
"""How a page never speaks: as if to a friend or a child, or with signs that cannot be read aloud."""

ONE_TERM = re.compile(
    r"consentim|autorizaci|remisi[oó]n|derivaci|referid|hotline|caso ?worker"
    r"|\b(?:un|el|al|del|ese|este|su|cada|ningún|algún) sí\b",
    re.IGNORECASE,
)
"""Other words for what is called `permiso`, `pedido de ayuda`, `línea de ayuda` everywhere."""

Texts = Mapping[str, str]


def file_of(package: str, language: str) -> Path:
    return SERVICES.joinpath(*package.split("."), "labels", f"{language}.po")


def texts_of(package: str, language: str) -> dict[str, str]:
    return by_name(catalogues.catalogue(package, language))


def by_name(found: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in found if message.id}


def apart(english: Texts, other: Texts) -> list[str]:
    """Where the texts of another language are not those of English."""
    wrong = [f"{name} stands in one of them only" for name in english.keys() ^ other.keys()]
    for name in english.keys() & other.keys():
        said, original = other[name], english[name]
        if set(FIELD.findall(said)) != set(FIELD.findall(original)):
            wrong.append(f"{name} has other fields")
        elif not said.strip() or said != said.strip():
            wrong.append(f"{name} is empty, or begins or ends with a space")
        elif sorted(re.findall(r"\d+", said)) != sorted(re.findall(r"\d+", original)):
            wrong.append(f"{name} has other numbers")
        elif said == original and said not in SAME_IN_SPANISH and re.search(r"[^\W\d_]", FIELD.sub("", said)):
            wrong.append(f"{name} is still English")
    return wrong


def unfit(said: str, language: str) -> list[str]:
    """What one text says as no page may."""
    wrong = [f"hurts: {found}" for found in HURTFUL[language].findall(said)]
    plain = FIELD.sub("Ana", said)
    if len(said.split()) > 7 and grade(plain, language) > 8:
        wrong.append(f"is read at grade {grade(plain, language):.1f}")
    if language == "es":
        if FORMAL_SPANISH.search(said):
            wrong.append("is not formal, or cannot be read aloud")
        if ONE_TERM.search(said):
            wrong.append("uses another word for the same")
        if any(said.count(opens) != said.count(closes) for opens, closes in ("¿?", "¡!", "“”", "()")):
            wrong.append("opens what it does not close")
        if re.search(r"\{time\}\.", said):
            wrong.append("ends with two dots: a time of day ends with p.m.")
    return wrong


def test_every_service_with_words_is_found() -> None:
    assert {catalogues.SHARED, "ngo_bridge"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_language_has_one_file(package: str) -> None:
    folder = file_of(package, "en").parent
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{tag}.po" for tag in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", PACKAGES)
def test_babel_reads_each_file_whole(package: str, language: str) -> None:
    found = catalogues.catalogue(package, language)
    written = re.findall(r'^msgid "(.+)"$', file_of(package, language).read_text(encoding="utf-8"), re.M)
    assert WHOLE.fullmatch(file_of(package, language).read_text(encoding="utf-8"))
    assert [name for name, times in Counter(written).items() if times > 1] == []
    assert by_name(found).keys() == set(written)
    assert str(found.locale) == language
    assert found.obsolete == {}
    assert [message.id for message in found if message.id and (message.fuzzy or message.pluralizable)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("package", PACKAGES)
def test_each_language_says_the_same(package: str, language: str) -> None:
    assert apart(texts_of(package, "en"), texts_of(package, language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_fit_to_be_read(package: str, language: str) -> None:
    told = {name: unfit(said, language) for name, said in texts_of(package, language).items()}
    assert {name: wrong for name, wrong in told.items() if wrong} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_both_a_text_and_a_group(package: str, language: str) -> None:
    # `_add` of the catalogues would stumble over it only when the page is asked for.
    names = {*texts_of(package, language), *texts_of(catalogues.SHARED, language)}
    groups = {".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 1)}
    assert names & groups == set()


@pytest.mark.parametrize("package", [each for each in PACKAGES if each != catalogues.SHARED])
def test_a_service_takes_a_shared_text_as_it_is(package: str) -> None:
    assert texts_of(package, "en").keys() & texts_of(catalogues.SHARED, "en").keys() == set()


def test_texts_that_differ_only_in_words_say_the_same() -> None:
    english = {"a.b": "{count} places of 12", "site.no": "No", "w.line": "{what}: {programme}"}
    spanish = {"a.b": "12 lugares, {count}", "site.no": "No", "w.line": "{what}: {programme}"}
    assert apart(english, spanish) == []


@pytest.mark.parametrize(
    ("spanish", "wrong"),
    [
        ({}, "a stands in one of them only"),
        ({"a": "En {places} de 12", "b": "x"}, "a has other fields"),
        ({"a": "En {} de 12"}, "a has other fields"),
        ({"a": "En {count} de 21"}, "a has other numbers"),
        ({"a": "In {count} of 12"}, "a is still English"),
        ({"a": " En {count} de 12"}, "a is empty, or begins or ends with a space"),
    ],
)
def test_what_is_said_otherwise_is_seen(spanish: dict[str, Any], wrong: str) -> None:
    assert wrong in apart({"a": "In {count} of 12"}, spanish)
    assert "c is empty, or begins or ends with a space" in apart({"c": "Yes"}, {"c": ""})


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("The victim was told.", "en"),
        ("It failed.", "en"),
        ("Se avisó a la víctima.", "es"),
        ("El envío falló.", "es"),
        ("El pedido fue rechazado.", "es"),
        ("No se presentó a la cita.", "es"),
        ("¿Quieres seguir?", "es"),
        ("Escriba tu nombre.", "es"),
        ("Cada usuari@ firma.", "es"),
        ("El/la joven firma con su tutor/a.", "es"),
        ("Dio su consentimiento.", "es"),
        ("La persona retiró el sí.", "es"),
        ("Quién firma?", "es"),
        ("Visto a las {time}.", "es"),
        (
            "The participating organisation subsequently communicates any modification of the circumstances.",
            "en",
        ),
        (
            "La organización participante comunicará posteriormente cualquier modificación de las "
            "circunstancias individuales.",
            "es",
        ),
    ],
)
def test_what_no_page_may_say_is_seen(said: str, language: str) -> None:
    assert len(unfit(said, language)) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Falta algo. Falta la fecha.",
        "La negociación sigue. Nadie se enfada.",
        "¿Hay peligro ahora? Llame al 911.",
        "Use solo las páginas de aquí.",
        "Diga sí o no. Dijeron que sí. La página mira por sí sola.",
    ],
)
def test_what_a_page_may_say_is_let_pass(said: str) -> None:
    assert unfit(said, "es") == []


@pytest.mark.parametrize(
    "broken",
    [
        'msgid "a.b\nmsgstr "x"\n',
        'msgid "a.b"\nmsgstr ""\n"x"\n',
        'msgid "a.b"\n',
        'msgid "a.b"\nmsgstr "say "x""\n',
        '#, fuzzy\nmsgid "a.b"\nmsgstr "x"\n',
    ],
)
def test_a_file_of_another_shape_is_seen(broken: str) -> None:
    head = file_of("ngo_bridge", "es").read_text(encoding="utf-8").split("\n\n")[0] + "\n\n"
    assert WHOLE.fullmatch(f'{head}#. a\nmsgid "a.b"\nmsgstr "x \\"y\\""\n')
    assert not WHOLE.fullmatch(head + broken)
