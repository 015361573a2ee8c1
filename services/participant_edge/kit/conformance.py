"""What every connector must do, as checks against its strict stand-in. One line in a test runs them all.

    test_it_conforms = conformance.suite(MyBench)

where `MyBench(folder)` is a `Bench`: the connector before its stand-in.
"""

import ast
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol

from participant_edge.delivery import Effect, NotDelivered
from participant_edge.kit import manifest
from participant_edge.kit.seam import AgencySystem
from participant_edge.kit.specimens import CANARIES, disclosed, offered

Trouble = Literal["down", "busy", "slow", "error", "stored-then-error", "late"]
"""stored-then-error: it took effect, the answer says it did not. late: it took effect, no answer in time."""

TROUBLES: tuple[Trouble, ...] = ("down", "busy", "slow", "error", "stored-then-error", "late")
_IMPURE = frozenset(
    {
        "httpx",
        "asyncssh",
        "confluent_kafka",
        "sqlalchemy",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "threading",
        "time",
        "urllib",
        "fastapi",
    }
)
_ATTEMPTS = 8
_REQUESTS = 16
"""How many of a delivery's requests go wrong in turn, each in a run of its own."""


class Bench(Protocol):
    """A connector before its stand-in, made anew for each check."""

    package: ModuleType
    system: AgencySystem

    def restart(self) -> None:
        """A new process of the connector, before the same stand-in."""

    def trouble(self, kind: Trouble, skip: int) -> None:
        """One request goes wrong this way: the next but `skip`."""

    def effects(self) -> list[Any]:
        """Everything the stand-in was made to hold, in order of its coming."""

    def addresses(self) -> str:
        """Every address that was asked for, as an access log would keep it."""

    def close(self) -> None:
        """Lets go."""


Make = Callable[[], Bench]
Check = Callable[[Make], None]


def suite(make: Callable[[Path], Bench]) -> Any:
    """A test function, one case a check, for the bench that `make` builds in a folder."""
    import pytest

    @pytest.mark.parametrize("check", list(checks()), ids=lambda check: check.__name__)
    def test_it_conforms(check: Check, tmp_path: Path) -> None:
        with ExitStack() as stack:

            def fresh() -> Bench:
                bench = make(tmp_path)
                stack.callback(bench.close)
                return bench

            check(fresh)

    return test_it_conforms


def checks() -> Iterator[Check]:
    """Every check, by name."""
    yield from (
        the_manifest_is_whole,
        the_mapping_is_pure,
        an_offer_arrives_without_anyone,
        delivered_again_nothing_changes,
        two_at_once_take_effect_once,
        a_new_process_finds_what_the_old_one_did,
        no_address_or_log_names_anyone,
    )
    for kind in TROUBLES:
        yield _named(f"in_trouble_{kind.replace('-', '_')}_once_in_the_end", kind)


def the_manifest_is_whole(make: Make) -> None:
    """It can be read, and the guard declared is the one the connector has."""
    bench = make()
    described = manifest.read(_folder(bench))
    assert (described.guard, described.opens) == (bench.system.guard, bench.system.opens)
    assert described.events, "connector.toml must list the events it carries"
    assert (_folder(bench) / "README.md").is_file(), "a connector has a README.md"


def the_mapping_is_pure(make: Make) -> None:
    """`mapping.py` imports nothing that touches the world."""
    bench = make()
    tree = ast.parse((_folder(bench) / "mapping.py").read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    impure = {name for name in names if name.partition(".")[0] in _IMPURE}
    assert not impure, f"mapping.py imports {', '.join(sorted(impure))}"


def an_offer_arrives_without_anyone(make: Make) -> None:
    """What an offer makes holds no canary."""
    bench = make()
    bench.system.deliver(offered())
    assert bench.effects(), "an offer must be seen in the system"
    _no_canary(str(bench.effects()))


def delivered_again_nothing_changes(make: Make) -> None:
    """The same effect, three times: what the system holds is what it held after the first."""
    bench = make()
    for effect in (offered(), disclosed()):
        bench.system.deliver(effect)
        once = list(bench.effects())
        for _ in range(2):
            bench.system.deliver(effect)
        assert bench.effects() == once


def two_at_once_take_effect_once(make: Make) -> None:
    """Two threads deliver the same effect at the same moment."""
    bench = make()
    together = threading.Barrier(2)

    def deliver() -> None:
        together.wait()
        bench.system.deliver(offered())

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(deliver) for _ in range(2)]
    for each in done:
        each.result()
    first = list(bench.effects())
    bench.system.deliver(offered())
    assert bench.effects() == first


def a_new_process_finds_what_the_old_one_did(make: Make) -> None:
    """Nothing that the guard needs lives in the connector's memory."""
    bench = make()
    bench.system.deliver(offered())
    bench.system.deliver(disclosed())
    once = list(bench.effects())
    bench.restart()
    bench.system.deliver(offered())
    bench.system.deliver(disclosed())
    assert bench.effects() == once


def no_address_or_log_names_anyone(make: Make) -> None:
    """Addresses, log lines and errors hold no canary, in trouble least of all."""
    bench = make()
    heard = _Heard()
    logging.getLogger().addHandler(heard)
    try:
        bench.system.deliver(offered())
        bench.trouble("error", 0)
        _until_delivered(bench, disclosed(), heard.lines)
    finally:
        logging.getLogger().removeHandler(heard)
    _no_canary(" ".join(heard.lines) + bench.addresses() + str(bench.system.figures()))


def _named(name: str, kind: Trouble) -> Check:
    def check(make: Make) -> None:
        quiet = make()
        for effect in (offered(), disclosed()):
            quiet.system.deliver(effect)
        for skip in range(_REQUESTS):
            bench = make()
            bench.trouble(kind, skip)
            for effect in (offered(), disclosed()):
                _until_delivered(bench, effect, [])
            assert len(bench.effects()) == len(quiet.effects()), f"request {skip} goes wrong: {kind}"

    check.__name__ = name
    return check


def _until_delivered(bench: Bench, effect: Effect, heard: list[str]) -> None:
    """As the edge does, without its waits."""
    for _ in range(_ATTEMPTS):
        try:
            return bench.system.deliver(effect)
        except NotDelivered as error:
            heard.append(f"{error} {error.__cause__} {error.code}")
    raise AssertionError(f"not delivered after {_ATTEMPTS} attempts")


def _no_canary(text: str) -> None:
    found = [canary for canary in CANARIES if canary in text]
    assert not found, f"{len(found)} details of a person were found"


def _folder(bench: Bench) -> Path:
    return Path(str(bench.package.__file__)).parent


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the line."""
        self.lines.append(record.getMessage())
