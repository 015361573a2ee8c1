"""Everything on one machine: brings it up, takes it down, and starts or stops single processes."""

import signal
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from exchange_command import plan, preparation, process_control, process_records, trace_page
from exchange_command.enrolled import network_of
from exchange_command.lock import only_one
from exchange_command.network import Network, load_network
from exchange_command.places import Places
from exchange_command.process_control import ProcessSpec
from exchange_command.progress import Reporter, Silent

_NEIGHBOUR = "another `exchange up` or `down` of this home"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One line of `exchange status`. `since` is seconds since 1970; None where it does not run."""

    name: str
    running: bool
    ready: bool
    pid: int | None
    since: float | None


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform at `places`, for the participants of `network`."""

    places: Places
    network: Network = field(default_factory=load_network)
    reporter: Reporter = field(default_factory=Silent)

    @classmethod
    def at(cls, home: Path, cache: Path, port_base: int) -> Self:
        """The platform of the demonstration network, and of whoever was enrolled since, at these places."""
        places = Places(home, cache, port_base)
        return cls(places, network_of(places))

    @property
    def specs(self) -> plan.Specs:
        """Every process there can be, in the order they start."""
        return plan.all_processes(self.places, self.network)

    def up(self, only: Collection[str] | None = None) -> None:
        """Brings up what `only` names (see `plan.choose`) and does not run yet, and waits until it is ready.

        The trace page may follow later, unless it is named in `only`. Harmless when all runs; mends what an
        earlier `up` left half done. Raises ProcessFailed, FetchFailed, TopicsRefused, RegistryRefused, Busy.
        """
        chosen = plan.choose(self.specs, only)
        # Keys and data lie below: nobody else's to look into.
        self.places.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with only_one(self.places.run / "lock", _NEIGHBOUR):
            process_records.adopt_strays(self.places.home, self.places.run)
            preparation.before_start(self.places, self.network, chosen, self.reporter)
            self._start_all(chosen, wait_for_page=only is not None)

    def down(self) -> list[str]:
        """Stops every process that was started here, services before what they need; returns their names."""
        with only_one(self.places.run / "lock", _NEIGHBOUR):
            process_records.adopt_strays(self.places.home, self.places.run)
            specs = self.specs
            names = process_records.names(self.places.run)
            java = [name for name in names if name in specs and not specs[name].is_service]
            # Ours first: they finish what they have in hand while broker and registry are still there.
            return self._stop_all([name for name in names if name not in java]) + self._stop_all(java)

    def status(self) -> list[ProcessStatus]:
        """Every process, started or not; of those on demand the ones that run."""
        specs = self.specs
        with ThreadPoolExecutor(len(specs)) as pool:
            found = pool.map(self._status, specs.values())
            return [status for status in found if status.running or not specs[status.name].on_demand]

    def start(self, name: str) -> None:
        """Starts one process and waits until it is ready; harmless when it runs. Raises ProcessFailed."""
        self._bring_up(plan.choose(self.specs, [name])[name])

    def stop(self, name: str, with_signal: int = signal.SIGTERM) -> bool:
        """Stops one process that was started here; returns whether it ran."""
        return process_control.stop(self.places, name, with_signal, self.specs[name].stop_seconds)

    def _start_all(self, chosen: plan.Specs, wait_for_page: bool) -> None:
        first = [spec for spec in chosen.values() if spec.name in preparation.FIRST]
        then = [spec for spec in chosen.values() if spec.is_service]
        page = chosen.get(trace_page.NAME)
        with ThreadPoolExecutor(len(chosen)) as pool:
            list(pool.map(self._bring_up, first))
            preparation.before_services(self.places, self.network, chosen, self.reporter)
            list(pool.map(self._bring_up, then))
        if page is not None:
            process_control.start(self.places, page)
        if page is not None and wait_for_page:
            self._bring_up(page)

    def _bring_up(self, spec: ProcessSpec) -> None:
        with self.reporter.step(spec.name):
            preparation.just_before(self.places, spec.name)
            process_control.start(self.places, spec)
            process_control.wait_ready(self.places, spec)
        preparation.after_start(self.places, self.network, spec.name, self.reporter)

    def _stop_all(self, names: list[str]) -> list[str]:
        with ThreadPoolExecutor(len(names) or 1) as pool:
            stopped = list(pool.map(self._stop_step, names))
        return [name for name, was_running in zip(names, stopped, strict=True) if was_running]

    def _stop_step(self, name: str) -> bool:
        with self.reporter.step(f"stop {name}"):
            known = self.specs.get(name)
            seconds = known.stop_seconds if known else process_control.STOP_SECONDS
            return process_control.stop(self.places, name, within=seconds)

    def _status(self, spec: ProcessSpec) -> ProcessStatus:
        record = process_records.read(self.places.run, spec.name)
        if record is None or not process_records.running(record):
            return ProcessStatus(spec.name, running=False, ready=False, pid=None, since=None)
        ready = process_control.is_ready(record, spec)
        return ProcessStatus(spec.name, running=True, ready=ready, pid=record.pid, since=record.created)
