"""The measures of reading say what they should, in each language."""

import pytest
from page_kit import read
from reading_kit import (
    HURTFUL,
    ease_in_spanish,
    every_text,
    grade,
    prose,
    syllables_in_english,
    syllables_in_spanish,
)

from referral_exchange.pages.language import LANGUAGES

EASY = "El gato está en la silla. Come pan y leche. Luego va a la casa."
SIXTH = (
    "Cuando llegues al centro, pregunta por la persona que coordina las visitas. Ella te explica cómo "
    "funciona el lugar y te ayuda a llenar las hojas necesarias."
)
"""Of the kind that a sixth-year reader has: two syllables a word, twelve to fifteen words a sentence."""

HARD = (
    "El representante autorizado de la organización comunicará inmediatamente a la autoridad administrativa "
    "competente cualquier modificación de las circunstancias personales del solicitante."
)


@pytest.mark.parametrize(
    ("word", "count"),
    [("yes", 1), ("asked", 1), ("wanted", 2), ("people", 2), ("service", 2), ("interpreter", 4)],
)
def test_syllables_of_english(word: str, count: int) -> None:
    assert syllables_in_english(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("sí", 1), ("y", 1), ("hay", 1), ("quien", 1), ("que", 1), ("guerra", 2), ("muy", 1)),
        *(("leer", 2), ("día", 2), ("país", 2), ("oír", 2), ("caer", 2), ("baúl", 2), ("línea", 3)),
        *(("ayuda", 3), ("cuidado", 3), ("también", 2), ("guardó", 2), ("agua", 2), ("averigüe", 4)),
        *(("idioma", 3), ("ahí", 2), ("permiso", 3), ("inmigración", 4), ("chiita", 3), ("yo", 1)),
    ],
)
def test_syllables_of_spanish(word: str, count: int) -> None:
    assert syllables_in_spanish(word) == count


def test_english_is_measured_after_flesch_and_kincaid() -> None:
    assert grade("The cat sat on the mat. It was a good cat.") < 1
    hard = grade(
        "The authorised representative of the organisation communicates any modification of the individual's "
        "circumstances to the responsible administrative authority without unreasonable delay."
    )
    assert hard > 11


def test_spanish_is_measured_after_fernandez_huerta() -> None:
    # 4 words in one sentence, 10 syllables.
    assert ease_in_spanish("Pida ayuda ahora mismo.") == pytest.approx(206.84 - 60 * 10 / 4 - 1.02 * 4)
    # 8 words in two sentences, one syllable each but for the last.
    assert ease_in_spanish("Yo voy a pie. Tú vas a casa.") == pytest.approx(206.84 - 60 * 9 / 8 - 1.02 * 4)


def test_the_years_of_school_follow_the_table() -> None:
    assert grade(EASY, "es") == 4
    assert 70 <= ease_in_spanish(SIXTH) < 80
    assert grade(SIXTH, "es") == 6
    assert grade(HARD, "es") >= 14


def test_longer_sentences_and_longer_words_are_harder() -> None:
    assert ease_in_spanish(EASY) > ease_in_spanish(EASY.replace(". ", ", y ")) > ease_in_spanish(HARD)
    assert ease_in_spanish("Pida ayuda.") > ease_in_spanish("Solicite asesoramiento.")


def test_a_time_of_day_ends_no_sentence() -> None:
    assert ease_in_spanish("Venga a las 3 p.\N{NO-BREAK SPACE}m. a la casa azul.") < ease_in_spanish(
        "Venga a las 3. A la casa azul."
    )


def test_a_language_without_a_measure_is_said_so() -> None:
    with pytest.raises(KeyError):
        grade("مرحبا", "ar")


def test_every_language_of_the_pages_has_a_measure_and_its_list_of_words() -> None:
    assert LANGUAGES.keys() <= HURTFUL.keys()
    assert all(grade("No", tag) < 9 for tag in LANGUAGES)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        *(("en", said) for said in ("Victims", "illegal", "an alien", "rescued", "It failed", "no-show")),
        *(("en", said) for said in ("Refused", "rejection", "non-compliance", "prostitution")),
        *(("es", said) for said in ("víctimas", "VICTIMA", "ilegales", "extranjera", "un alienígena")),
        *(("es", said) for said in ("rescatar", "un fracaso", "falló", "fallaron", "envío fallido")),
        *(("es", said) for said in ("rechazado", "rechazan", "negado", "se negó", "niega", "prostituir")),
        *(("es", said) for said in ("incumplimiento", "incumplió", "no se presentó")),
    ],
)
def test_words_that_hurt_are_seen(language: str, said: str) -> None:
    assert HURTFUL[language].search(said)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        *(("en", said) for said in ("It did not work", "a salient point", "no", "show")),
        *(
            ("es", said)
            for said in ("Falta algo", "hace falta", "negocio", "aliento", "legal", "se presentó")
        ),
    ],
)
def test_words_that_only_look_alike_are_let_pass(language: str, said: str) -> None:
    assert not HURTFUL[language].search(said)


def test_prose_is_each_block_once() -> None:
    page = read("<main><ul><li><p>One <a>two</a></p></li><li>Three</li></ul><div>no block</div></main>")
    assert list(prose(page)) == ["One two", "Three"]


def test_every_text_of_nested_groups_is_found() -> None:
    assert list(every_text({"a": "x", "b": {"c": "y", "d": {"e": "z"}}})) == ["x", "y", "z"]
