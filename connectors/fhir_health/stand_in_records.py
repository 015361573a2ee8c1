"""The stand-in's memory: resources with versions and times, and what may be asked of it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fhir_health.elements import Resource, instant, place
from fhir_health.stand_in_rules import KINDS, acceptable

_PARAMETERS = frozenset({"identifier", "_lastUpdated", "_sort", "_count", "_offset"})


class Answer(Exception):
    """Anything but success: an HTTP status and why."""

    def __init__(self, status: int, code: str, where: str = "", do: str = "") -> None:
        """`code`: an issue type of FHIR."""
        super().__init__(f"{status} {code} {where}")
        self.status, self.code, self.where, self.do = status, code, where, do


@dataclass(slots=True, repr=False)
class Records:
    """Everything the provider has. Thread-safe."""

    held: dict[str, Resource] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    """Places in the order of their creation: what a second effect would show in."""
    life: str = ""
    """Begins every id: a server that starts anew with nothing must not give an old id to something else."""
    _last: datetime = field(default_factory=lambda: datetime.now(UTC))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, kind: str, resource: Any, condition: Mapping[str, str]) -> tuple[Resource, bool]:
        """The resource and whether it is new. Raises Answer, Mistake."""
        with self._lock:
            made = acceptable(resource, kind, self.held.__contains__)
            if "id" in made:
                raise Answer(400, "value", f"{kind}.id", "the server gives the id")
            matches = self.matching(kind, condition)
            if len(matches) > 1:
                raise Answer(412, "multiple-matches", "", "If-None-Exist finds more than one")
            if matches:
                return matches[0], False
            if not _carries(made, condition):
                raise Answer(422, "value", f"{kind}.identifier", "it lacks the identifier of If-None-Exist")
            new = self._stored({**made, "id": f"{self.life}{len(self.created) + 1}"}, 1)
            self.created.append(place(new))
            return new, True

    def update(self, kind: str, number: str, resource: Any, version: str) -> Resource:
        """The resource as it is now. Raises Answer, Mistake."""
        with self._lock:
            before = self.read(kind, number)
            if before["meta"]["versionId"] != version:
                raise Answer(412, "conflict", "", "another version is current; read it again")
            after = acceptable(resource, kind, self.held.__contains__)
            if after.get("id") != number:
                raise Answer(400, "value", f"{kind}.id", "it differs from the address")
            return self._stored(after, int(version) + 1)

    def read(self, kind: str, number: str) -> Resource:
        """Raises Answer."""
        with self._lock:
            found = self.held.get(f"{kind}/{number}")
        if found is None:
            raise Answer(404, "not-found")
        return found

    def matching(self, kind: str, query: Mapping[str, str]) -> list[Resource]:
        """What a search finds, oldest change first. Raises Answer for a parameter that is not known here."""
        if kind not in KINDS:
            raise Answer(404, "not-supported")
        if not set(query) <= _PARAMETERS:
            raise Answer(400, "not-supported", "", "this server searches by identifier and _lastUpdated only")
        with self._lock:
            found = [each for each in self.held.values() if each["resourceType"] == kind]
        if "identifier" in query:
            found = [each for each in found if _carries(each, query)]
        if "_lastUpdated" in query:
            found = [each for each in found if _at(each) >= _since(query["_lastUpdated"])]
        return sorted(found, key=_at)

    def _stored(self, resource: Resource, version: int) -> Resource:
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        counted = {"versionId": str(version), "lastUpdated": instant(self._last)}
        stored = {**resource, "meta": {**resource.get("meta", {}), **counted}}
        self.held[place(stored)] = stored
        return stored


def _carries(resource: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    system, _, value = query.get("identifier", "").rpartition("|")
    found = resource.get("identifier", ())
    several = found if isinstance(found, list) else [found]
    named = (each for each in several if isinstance(each, dict))
    return any((each.get("system"), each.get("value")) == (system, value) for each in named)


def _at(resource: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(resource["meta"]["lastUpdated"])


def _since(text: str) -> datetime:
    if not text.startswith("ge"):
        raise Answer(400, "not-supported", "", "only ge is known here")
    try:
        return datetime.fromisoformat(text.removeprefix("ge"))
    except ValueError:
        raise Answer(400, "value", "", "not an instant") from None
