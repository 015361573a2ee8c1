"""No Kafka client of ours sends telemetry to the broker, and none is made without saying so."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from referral_exchange.runtime import clients

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(
    path for folder in ("services", "connectors", "deploy") for path in (ROOT / folder).rglob("*.py")
)
MAKERS = frozenset(
    {"Producer", "Consumer", "AdminClient", "SerializingProducer", "DeserializingConsumer", "AIOProducer"}
)
SETTING = "enable.metrics.push"

ELSEWHERE = {
    "services/exchange_command/directory_seed.py": "seeds the directory before any service runs",
    "services/exchange_command/probes.py": "asks a broker that may be away, quietly",
    "deploy/wire/read_the_wire.py": "an example that stands without our library",
}
"""Files beside the one place that make a client, each with its reason. Each has to say so itself."""

THE_ONE_PLACE = "services/referral_exchange/runtime/clients.py"


def unsaid(source: str) -> Iterator[int]:
    """Lines that make a client whose settings do not switch its telemetry off, there or in what they name."""
    tree = ast.parse(source)
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if _makes(node) and not any(_switches_off(each, named) for each in node.args):  # type: ignore[attr-defined]
            yield node.lineno  # type: ignore[attr-defined]


def _makes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return called in MAKERS


def _switches_off(settings: ast.AST, named: dict[str, ast.expr]) -> bool:
    """Whether what stands last for the setting is False; a dict that follows could take it back."""
    if isinstance(settings, ast.Name):
        return settings.id in named and _switches_off(named[settings.id], named)
    if not isinstance(settings, ast.Dict):
        return False
    for key, value in zip(settings.keys, settings.values, strict=True):
        if key is None and _switches_off(value, named):
            return True
        if isinstance(key, ast.Constant) and key.value == SETTING:
            return isinstance(value, ast.Constant) and value.value is False
    return False


def test_every_client_says_that_it_sends_no_telemetry() -> None:
    found = {str(path.relative_to(ROOT)): list(unsaid(path.read_text(encoding="utf-8"))) for path in OURS}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_clients_are_made_in_one_place_and_in_few_named_ones() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in OURS
        if any(map(_makes, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert makers == {THE_ONE_PLACE, *ELSEWHERE}


def test_no_settings_file_switches_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    for name in ("Producer", "Consumer", "AdminClient"):
        monkeypatch.setattr(clients, name, made.append)
    told = {"bootstrap.servers": "127.0.0.1:1", SETTING: "true"}
    clients.producer(told)
    clients.transactional_producer(told, "t", timeout_s=1, on_error=print)
    clients.consumer(told, "g")
    clients.admin(told)
    assert [each[SETTING] for each in made] == [False] * 4


@pytest.mark.parametrize(
    "source",
    [
        'Producer({"bootstrap.servers": b})',
        "Consumer(settings)",
        'confluent_kafka.admin.AdminClient({**kafka, "enable.metrics.push": True})',
        '_Q = {"log_level": 0}\nAdminClient({**kafka, **_Q})',
    ],
)
def test_a_client_that_does_not_say_so_is_noticed(source: str) -> None:
    assert list(unsaid(source))


@pytest.mark.parametrize(
    "source",
    [
        'Producer({**kafka, "enable.metrics.push": False})',
        '_Q = {"enable.metrics.push": False}\nAdminClient({**kafka, **_Q})',
        '_E: dict[str, Any] = {"enable.metrics.push": False}\nConsumer({**_E, **kafka})',
    ],
)
def test_a_client_that_says_so_is_not(source: str) -> None:
    assert list(unsaid(source)) == []
