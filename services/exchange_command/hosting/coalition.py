"""A coalition's file: which bridges this machine hosts, and which exchange they reach."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from exchange_command import authority
from exchange_command.network import NetworkUnreadable, Participant, participant_of
from exchange_command.places import LOOPBACK
from exchange_command.problem import Problem

_PORTS = range(1024, 65536)
_OF_THE_PARTICIPANT = ("id", "name", "kind", "programmes")
_OF_THE_BRIDGE = (
    *("port", "host", "origins", "timezone", "must_report", "help", "database", "edge_database"),
)
_ITS_OWN = ("database", "edge_database")


class CoalitionUnreadable(Problem):
    """The file does not say whom to host; the message says what is missing where."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How bridges reach an exchange that runs elsewhere. `authority`: whom they believe there."""

    bootstrap: str
    registry_url: str
    ledger_url: str
    authority: Path
    traces: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one bridge may take of the machine, so that the others keep theirs."""

    memory_mb: int = 2048
    largest_file_mb: int = 4096
    open_files: int = 2048


@dataclass(frozen=True, slots=True)
class Hosted:
    """One participant and its bridge. `service`: more settings of the bridge, as its README names them."""

    participant: Participant
    entry: Mapping[str, Any]
    """As the file has it: what its enrolment repeats."""
    port: int
    host: str = LOOPBACK
    service: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The participant's."""
        return self.participant.id

    @property
    def process(self) -> str:
        """Name of its process."""
        return f"ngo_bridge.{self.id}"


@dataclass(frozen=True, slots=True)
class Coalition:
    """Who is hosted, in the order of the file. `exchange` None: it runs on this machine too."""

    home: Path
    bridges: tuple[Hosted, ...]
    exchange: Exchange | None = None
    limits: Limits = field(default_factory=Limits)
    walls: bool = True
    """Whether a bridge starts only where the kernel keeps it to its own folder and port."""

    def chosen(self, ids: Iterable[str] | None) -> tuple[Hosted, ...]:
        """The bridges of these participants; None: all. Raises CoalitionUnreadable."""
        named = None if ids is None else list(ids)
        unknown = set(named or ()) - {bridge.id for bridge in self.bridges}
        if unknown:
            known = ", ".join(bridge.id for bridge in self.bridges)
            raise CoalitionUnreadable(f"{', '.join(sorted(unknown))}: not in the file; choose among {known}")
        return tuple(bridge for bridge in self.bridges if named is None or bridge.id in named)


def load(path: Path) -> Coalition:
    """The coalition that `path` describes. Raises CoalitionUnreadable, NetworkUnreadable, NameTaken."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return _coalition(path.resolve().parent, told)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CoalitionUnreadable(f"{path.name}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise CoalitionUnreadable(f"{path.name}: {error} is missing or unknown") from None


def _coalition(folder: Path, told: Mapping[str, Any]) -> Coalition:
    _only("the file", told, ("home", "walls", "exchange", "limits", "bridges"))
    bridges = tuple(_hosted(entry) for entry in told["bridges"])
    if not bridges:
        raise CoalitionUnreadable("[[bridges]] is missing: there is nobody to host")
    _all_different(bridges)
    return Coalition(
        home=folder / Path(told.get("home", "hosted")).expanduser(),
        bridges=bridges,
        exchange=_exchange(folder, told.get("exchange")),
        limits=_limits(told.get("limits", {})),
        walls=_flag(told.get("walls", True)),
    )


def _hosted(entry: Mapping[str, Any]) -> Hosted:
    _only("[[bridges]]", entry, (*_OF_THE_PARTICIPANT, *_OF_THE_BRIDGE))
    participant = participant_of(entry)
    authority.refuse_taken(participant.id)
    if participant.own or participant.remote:
        raise CoalitionUnreadable(
            f"{participant.id}: a hosted bridge is an NGO's or agency's, and keeps its keys"
        )
    if entry["port"] not in _PORTS:
        raise CoalitionUnreadable(f"{participant.id}: port must be a number from 1024 to 65535")
    more = {name: entry[name] for name in _OF_THE_BRIDGE if name in entry and name not in ("port", "host")}
    told = {name: entry[name] for name in _OF_THE_PARTICIPANT}
    return Hosted(participant, told, entry["port"], entry.get("host", LOOPBACK), more)


def _exchange(folder: Path, told: Mapping[str, Any] | None) -> Exchange | None:
    if told is None:
        return None
    _only("[exchange]", told, [each.name for each in fields(Exchange)])
    return Exchange(**{**told, "authority": folder / told["authority"]})


def _limits(told: Mapping[str, Any]) -> Limits:
    _only("[limits]", told, [each.name for each in fields(Limits)])
    for name, value in told.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise CoalitionUnreadable(f"[limits] {name} must be a whole number above 0")
    return Limits(**told)


def _flag(told: Any) -> bool:
    if not isinstance(told, bool):
        raise CoalitionUnreadable("walls must be true or false")
    return told


def _only(where: str, told: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = set(told) - set(known)
    if unknown:
        raise CoalitionUnreadable(f"{where} knows no {', '.join(sorted(unknown))}")


def _all_different(bridges: tuple[Hosted, ...]) -> None:
    """Two that share a name, a programme, a port or a database would not be apart."""
    shared = [
        *_twice("id", (bridge.id for bridge in bridges)),
        *_twice("programme", (each.id for bridge in bridges for each in bridge.participant.programmes)),
        *_twice("port", (str(bridge.port) for bridge in bridges)),
        *(
            line
            for name in _ITS_OWN
            # The address may hold a password: it is not repeated.
            for line in _twice(name, (b.service[name] for b in bridges if name in b.service), shown=False)
        ),
    ]
    if shared:
        raise CoalitionUnreadable(f"each bridge needs its own: {'; '.join(shared)}")


def _twice(what: str, values: Iterable[str], *, shown: bool = True) -> list[str]:
    listed = list(values)
    repeated = sorted({value for value in listed if listed.count(value) > 1})
    return [f"{what} {value if shown else 'of two is the same'}" for value in repeated]


__all__ = ["Coalition", "CoalitionUnreadable", "Exchange", "Hosted", "Limits", "NetworkUnreadable", "load"]
