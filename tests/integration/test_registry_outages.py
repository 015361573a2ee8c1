"""The schema registry goes away, before and while the services work: who waits, who ends, who goes on."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from edge_kit import offer_of
from real_edges import a_consent, reaches, real_edge

from exchange_command.platform import Platform
from exchange_command.process_control import ProcessFailed
from participant_edge.edge import Edge
from referral_exchange import ids

SERVICES = ["consent_ledger", "referral_router", "status_board", "service_directory"]
REGISTRY = ["registry", "registry.front"]
BRIDGE = "ngo_bridge.orchard-health"
PARTICIPANTS = ["lantern-outreach", "harbor-house"]
AWAY = "the schema registry does not answer; see whether it runs, and its url"
WAITS = f"{AWAY}; it is waited for"
T = TypeVar("T")


@pytest.fixture(scope="module")
def own(platform: Platform) -> Iterator[Platform]:
    """The session's platform with services; its registry is back when this module is over."""
    platform.up(["kafka", "registry", *SERVICES, BRIDGE])
    yield platform
    each_of([*SERVICES, BRIDGE], platform.stop)
    platform.up(["kafka", "registry"])


@pytest.fixture
def without_registry(own: Platform) -> Platform:
    """The registry and what stands before it were killed, by the test before or now."""
    for name in REGISTRY:
        own.stop(name, signal.SIGKILL)
    return own


@pytest.fixture
def edges(own: Platform, tmp_path: Path) -> Iterator[list[Edge]]:
    both = [real_edge(own, name, tmp_path) for name in PARTICIPANTS]
    yield both
    for edge in both:
        edge.stop()


def each_of(names: Sequence[str], act: Callable[[str], T]) -> dict[str, T]:
    """Side by side: every one of them takes its seconds to start."""
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(act, names), strict=True))


def log_of(platform: Platform, name: str) -> str:
    return platform.places.log(name).read_text(encoding="utf-8")


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def states_of(platform: Platform, names: Sequence[str]) -> set[tuple[bool, bool]]:
    """Whether they run, and whether they are ready."""
    return {(each.running, each.ready) for each in platform.status() if each.name in names}


@contextmanager
def impatient(platform: Platform, names: Sequence[str]) -> Iterator[None]:
    """Their settings, but with a wait that is over soon."""
    files = [platform.places.settings / f"{name}.toml" for name in names]
    before = [file.read_text(encoding="utf-8") for file in files]
    for file, text in zip(files, before, strict=True):
        file.write_text(text.replace("[registry]\n", "[registry]\nwait_s = 0.5\n"), encoding="utf-8")
    try:
        yield
    finally:
        for file, text in zip(files, before, strict=True):
            file.write_text(text, encoding="utf-8")


def ends_aloud(platform: Platform, name: str) -> str:
    """Its last words."""
    with pytest.raises(ProcessFailed, match="ended while starting"):
        platform.start(name)
    return log_of(platform, name).strip().splitlines()[-1]


def there_and_back(sender: Edge, recipient: Edge) -> None:
    given = sender.give_consent(a_consent(), ids.fresh())
    referral_id = sender.offer(offer_of(given.consent_id), ids.fresh()).referral_id
    reaches(recipient, referral_id, "received", 60)
    recipient.answer(referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, referral_id, "accepted", 60)


def test_a_registry_that_dies_while_they_work_is_missed_by_nobody_nor_by_an_edge_that_starts_again(
    edges: list[Edge], own: Platform, tmp_path: Path
) -> None:
    own.stop("registry", signal.SIGKILL)
    there_and_back(*edges)
    assert states_of(own, SERVICES) == {(True, True)}
    for number, name in enumerate(PARTICIPANTS):
        edges[number].stop()
        edges[number] = real_edge(own, name, tmp_path)
    there_and_back(*edges)


def test_a_bridge_that_was_up_before_comes_up_without_it(without_registry: Platform) -> None:
    platform = without_registry
    platform.stop(BRIDGE)
    platform.start(BRIDGE)
    assert states_of(platform, [BRIDGE]) == {(True, True)}
    assert "goes on with the schema ids that it knows" in log_of(platform, BRIDGE)


def test_who_starts_without_it_ends_aloud_after_a_while_or_waits_says_so_and_comes_up_when_it_is_back(
    without_registry: Platform,
) -> None:
    platform, all_of_them = without_registry, [*SERVICES, BRIDGE]
    each_of(all_of_them, platform.stop)
    # A bridge that was up before knows its ids and would go on.
    (platform.places.data(BRIDGE) / "schema_ids.json").unlink()
    with impatient(platform, all_of_them):
        words = each_of(all_of_them, lambda name: ends_aloud(platform, name))
    assert [name for name, last in words.items() if not last.endswith(AWAY)] == []
    assert words[BRIDGE] == f"ngo_bridge: {AWAY}"

    said = {name: log_of(platform, name).count(WAITS) for name in all_of_them}
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(each_of, all_of_them, platform.start)
        for name in all_of_them:
            until(lambda: log_of(platform, name).count(WAITS) > said[name], f"{name} waits")  # noqa: B023
        assert states_of(platform, all_of_them) == {(True, False)}
        # Who stops one of them need not wait for the registry either.
        begun = time.monotonic()
        assert platform.stop("referral_router")
        assert time.monotonic() - begun < 10
        each_of(REGISTRY, platform.start)
        with pytest.raises(ProcessFailed, match="referral_router ended while starting"):
            starting.result(120)
    each_of(all_of_them, platform.start)
    assert states_of(platform, all_of_them) == {(True, True)}
