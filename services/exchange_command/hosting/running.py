"""Starts, stops and looks at the bridges of a coalition; what befalls one is that one's alone."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from exchange_command import process_control, process_records
from exchange_command.hosting import joining, landlock, quarters
from exchange_command.hosting.coalition import Coalition, Hosted
from exchange_command.lock import only_one
from exchange_command.places import Places
from exchange_command.problem import Problem

_NEIGHBOUR = "another `exchange host` of this home"
_AT_ONCE = 4
"""Bridges that start beside each other: each loads for a second or two."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """How one hosted bridge stands. `problem` empty: nothing is wrong; `pid` None: it does not run."""

    id: str
    port: int
    running: bool
    ready: bool
    pid: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """The bridges of `coalition` on this machine. `here`: the exchange of this machine."""

    coalition: Coalition
    here: Places

    @property
    def places(self) -> Places:
        """Where the coalition keeps everything. Raises QuartersUnsafe."""
        return quarters.places_of(self.coalition)

    def start(self, chosen: Iterable[Hosted]) -> list[Bridge]:
        """Brings up those that do not run, and waits for each; harmless when repeated.

        What fails for one is in its own line. Raises Problem for what concerns all.
        """
        self._require_walls()
        with self._alone() as places:
            prepared = [self._tried(bridge, lambda b: self._prepare(places, b)) for bridge in chosen]
            return self._each(prepared, lambda bridge: self._bring_up(places, bridge))

    def stop(self, chosen: Iterable[Hosted], with_signal: int = signal.SIGTERM) -> list[Bridge]:
        """Ends those that run."""
        with self._alone() as places:
            untried = [(bridge, "") for bridge in chosen]
            return self._each(untried, lambda b: process_control.stop(places, b.process, with_signal))

    def prepare(self, chosen: Iterable[Hosted]) -> list[Bridge]:
        """Folders, keys, enrolment and settings, without starting anything."""
        with self._alone() as places:
            prepared = [self._tried(bridge, lambda b: self._prepare(places, b)) for bridge in chosen]
            return self._each(prepared, lambda bridge: None)

    def status(self, chosen: Iterable[Hosted]) -> list[Bridge]:
        """How each stands now; changes nothing."""
        return self._each([(bridge, "") for bridge in chosen], lambda bridge: None)

    def _prepare(self, places: Places, hosted: Hosted) -> None:
        quarters.make(places, hosted)
        if self.coalition.exchange is None:
            joining.join(places, self.here, hosted)
        else:
            joining.ask(places, self.coalition.exchange, hosted)
        quarters.write_settings(places, self.coalition, hosted, self.here)

    def _bring_up(self, places: Places, hosted: Hosted) -> None:
        spec = quarters.spec_of(places, self.coalition, hosted)
        process_control.start(places, spec)
        process_control.wait_ready(places, spec)

    def _each(self, tried: list[tuple[Hosted, str]], act: Callable[[Hosted], object]) -> list[Bridge]:
        """`act` on each that has no problem yet, some at once; then how all stand."""

        def one(pair: tuple[Hosted, str]) -> Bridge:
            hosted, problem = pair if pair[1] else self._tried(pair[0], act)
            return self._bridge(hosted, problem)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, tried))

    def _tried(self, hosted: Hosted, act: Callable[[Hosted], object]) -> tuple[Hosted, str]:
        """The bridge, with what went wrong; a neighbour must not stand still for it."""
        try:
            act(hosted)
        except (Problem, OSError, ValueError) as error:
            said = str(error) if isinstance(error, Problem) else f"{hosted.id}: {type(error).__name__}"
            return hosted, said
        return hosted, ""

    def _bridge(self, hosted: Hosted, problem: str) -> Bridge:
        places = self.places
        record = process_records.read(places.run, hosted.process)
        process = process_records.running(record)
        spec = quarters.spec_of(places, self.coalition, hosted)
        ready = process is not None and process_control.is_ready(record, spec)
        pid = process.pid if process else None
        return Bridge(hosted.id, hosted.port, process is not None, ready, pid, problem)

    def _require_walls(self) -> None:
        if not self.coalition.walls:
            return
        try:
            landlock.require()
        except landlock.NoWalls as error:
            raise Problem(
                f"{error}, so bridges would share what this account may do. Use a newer kernel; or give each "
                "bridge a machine or an account of its own, and write `walls = false` at the top of the file"
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[Places]:
        """One `exchange host` of a home at a time, which knows what an earlier one left running."""
        places = self.places
        places.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with only_one(places.run / "lock", _NEIGHBOUR):
            process_records.adopt_strays(places.home, places.run)
            yield places
