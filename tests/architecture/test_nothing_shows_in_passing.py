"""What the schemas tag `sealed`, and what holds it, shows its name only: in logs, formats and errors."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest

from referral_exchange import events, generate
from referral_exchange.catalog import committed, newest
from referral_exchange.schema_rules import kinds

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for root in ("services", "connectors") for path in (ROOT / root).rglob("*.py"))
PERSON = "Zephyrine Quillfeather"
SEALED = sorted(
    {
        kind["name"]
        for schema in newest(committed()).values()
        for _, kind in kinds(schema.declared, schema.record)
        if isinstance(kind, dict)
        and kind.get("type") == "record"
        and any(field.get("tag") == "sealed" for field in kind["fields"])
    }
)
"""Every record with a sealed field, at any depth of any schema."""

HOLDERS = ("consent_ledger", "fhir_health", "ngo_bridge", "participant_edge")
"""Packages through which a person's data passes in clear, or which know to whom it belongs."""

OURS = {
    *("blob", "body", "ciphertext", "cookie", "fields", "form_commitment", "form_salt", "header_lines"),
    *("lock", "locks", "password", "plaintext", "secret", "signed", "subject_token", "token", "typed"),
}
"""Names of our own for what no line may show: bytes in between, requests, and what proves who one is."""

SAID_IN_CLEAR = {
    *("age_bands", "code", "event", "kind", "languages", "region", "role", "services", "standing", "state"),
    *("urgency", "value", "what"),
}
"""Words that the schemas use for sealed fields, and others for codes that everybody may read."""


SHOWN = {
    "consent_ledger.checkpoints.Checkpoint": "its note is the signed head of the log, made to be shown",
    "fhir_health.stand_in.Fault": "its method is one of HTTP",
    "ngo_bridge.pages.told.Told": "its body is a sentence of our own labels",
}
"""Classes that show a field of such a name, and why they may."""


def blank(kind: type[Any]) -> Any:
    """An instance of which every field is the person's name."""
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(made, field.name, PERSON)
    return made


def shown(held: object) -> str:
    """All that a line, a format or a failed assertion would say of it."""
    ways = (repr(held), str(held), f"{held}", "%s %r" % (held, held), f"{[held]} { ({'x': held}) }")  # noqa: UP031
    return " ".join((*ways, str(ValueError(held)), str(KeyError(held)), f"{held!s:.200}"))


def test_the_schemas_tag_what_stands_here() -> None:
    assert len(SEALED) >= 40
    assert {"SealedPart", "Identity", "SafeContact", "MandatedReport"} <= set(SEALED)


@pytest.mark.parametrize("name", SEALED)
def test_a_record_with_a_sealed_field_shows_its_name_only(name: str) -> None:
    held = blank(getattr(events, name))
    said = shown(held)
    assert PERSON not in said
    assert name in repr(held)


def test_a_field_that_is_not_tagged_sealed_is_shown() -> None:
    """Or the test above would prove nothing."""
    assert PERSON in shown(blank(events.EventRefused))


@pytest.mark.parametrize("tag", ["sealed", "routing"])
def test_the_tag_alone_decides_what_is_generated(tag: str) -> None:
    field = {"name": "note", "type": "string", "tag": tag}
    record = {"type": "record", "name": "Sampled", "doc": "A sample.", "fields": [field]}
    made = generate._record(record)
    assert ("repr=False" in made and "Sampled(sealed)" in made) is (tag == "sealed")


def holders() -> Iterator[type[Any]]:
    """Every dataclass and every model of `HOLDERS`."""
    for package in HOLDERS:
        inside = importlib.import_module(package)
        for found in pkgutil.walk_packages(inside.__path__, f"{package}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                module = importlib.import_module(found.name)
                for kind in vars(module).values():
                    if inspect.isclass(kind) and kind.__module__ == found.name and _has_fields(kind):
                        yield kind


def _has_fields(kind: type[Any]) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, pydantic.BaseModel)


def _sealed_names() -> set[str]:
    fields = {field.name for name in SEALED for field in dataclasses.fields(getattr(events, name))}
    return (fields | OURS) - SAID_IN_CLEAR


def shows(kind: type[Any], names: set[str]) -> set[str]:
    """Which of `names` the class would show of an instance."""
    if issubclass(kind, pydantic.BaseModel):
        if not list(kind.__repr_args__(kind.model_construct(**dict.fromkeys(kind.model_fields, PERSON)))):
            return set()
        return {name for name, field in kind.model_fields.items() if field.repr} & names
    if not dataclasses.is_dataclass(kind) or not kind.__dataclass_params__.repr:
        return set()
    return {field.name for field in dataclasses.fields(kind) if field.repr and _holds_text(field)} & names


def _holds_text(field: dataclasses.Field[Any]) -> bool:
    return any(word in str(field.type) for word in ("str", "bytes", "Any", "dict", "Mapping", "object"))


def test_nothing_that_holds_a_persons_data_shows_it() -> None:
    names = _sealed_names()
    found = {f"{kind.__module__}.{kind.__qualname__}": shows(kind, names) for kind in holders()}
    assert len(found) > 100
    assert {name for name, fields in found.items() if fields} == set(SHOWN)


def test_a_class_that_shows_it_is_noticed() -> None:
    @dataclasses.dataclass
    class Held:
        chosen_name: str
        at: int

    class Model(pydantic.BaseModel):
        note: str

    assert shows(Held, _sealed_names()) == {"chosen_name"}
    assert shows(Model, _sealed_names()) == {"note"}


def said_in_passing(source: str) -> Iterator[int]:
    """Lines that put a record's fields as a whole into a log line or an error."""
    for node in ast.walk(ast.parse(source)):
        if _says(node):
            yield from {
                inner.lineno
                for inner in ast.walk(node)
                if isinstance(inner, ast.Call) and _called(inner) in _WHOLE
            }


_WHOLE = {"to_datum", "model_dump", "model_dump_json", "asdict", "astuple"}
_LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _says(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = _called(node)
    owner = getattr(getattr(node.func, "value", None), "id", "")
    return called in _LEVELS and owner in ("log", "_LOG", "_log", "logging")


def test_no_line_and_no_error_takes_a_record_apart() -> None:
    found = {
        str(path.relative_to(ROOT)): list(said_in_passing(path.read_text(encoding="utf-8")))
        for path in SOURCES
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    ['log.info("of %s", part.to_datum())', "raise E(str(body.model_dump()))", '_LOG.error(f"{asdict(x)}")'],
)
def test_a_line_that_does_is_noticed(source: str) -> None:
    assert list(said_in_passing(source))


SHOWS_FRAMES = (
    "show_locals=True",
    "capture_locals=True",
    "import cgitb",
    "faulthandler",
    "debug=True",
    "echo=True",
)


def test_no_traceback_shows_values() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in SOURCES
        for word in SHOWS_FRAMES
        if word in path.read_text(encoding="utf-8") and path.name != "process.py"
    }
    assert found == set()


def test_every_database_keeps_parameters_out_of_its_errors() -> None:
    calls = [
        (path.name, node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "create_engine"
    ]
    assert calls
    hidden = {
        name: [each.arg for each in call.keywords if getattr(each.value, "value", None) is True]
        for name, call in calls
    }
    assert {name for name, arguments in hidden.items() if "hide_parameters" not in arguments} == set()


def test_every_process_begins_the_same_way() -> None:
    """Log, core dumps and tracebacks of a process are set up by one piece of code."""
    own = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "basicConfig(" in path.read_text(encoding="utf-8") and path.name != "process.py"
    }
    assert own == set()
    beginning = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "process.begin(" in path.read_text(encoding="utf-8")
    }
    assert beginning >= {
        "services/consent_ledger/app.py",
        "services/exchange_command/registry_front.py",
        "services/exchange_command/trace_relay.py",
        "services/ngo_bridge/__main__.py",
        "services/participant_edge/kit/__main__.py",
        "services/referral_router/app.py",
        "services/service_directory/app.py",
        "services/status_board/app.py",
    }
