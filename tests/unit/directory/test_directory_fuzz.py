"""Whatever is asked, the directory answers as its description says, and never with a 5xx."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from directory_kit import HOST, Office, file_url
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service_directory import service
from service_directory.api import document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LABELS = [f"{m.upper()} {path}" for path, item in document.committed()["paths"].items() for m in item]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An enrolled directory that answers under the name the fuzzer uses, too."""
    made = Office(file_url(tmp_path))
    made.enrol()
    made.app = service.build(made.app.state.desk, [HOST, "testserver", "localhost"])
    return made


def seen(office: Office, label: str) -> set[int]:
    """Statuses that were answered. Raises what schemathesis found."""
    described = schemathesis.openapi.from_asgi("/openapi.json", office.app)
    (operation,) = [r.ok() for r in described.get_all_operations() if r.ok().label == label]
    statuses: set[int] = set()

    def run(case: Any) -> None:
        answer = case.call()
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    bounded = settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        cases = operation.as_strategy(generation_mode=mode)
        # Nothing can be wrong with a request that says nothing.
        with suppress(Unsatisfiable):
            bounded(seed(7)(given(cases)(run)))()
    return statuses


@pytest.mark.parametrize("label", LABELS)
def test_every_answer_is_as_described(office: Office, label: str) -> None:
    assert not {status for status in seen(office, label) if status >= 500 or status == 421}


def test_a_planted_failure_is_found(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(office.book, "report", fails)
    with pytest.raises(FailureGroup):
        seen(office, "GET /v1/imports/{import_id}")
