"""One FHIR server over HTTP: conditional create, update under If-Match, search by identifier and by time."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from fhir_health.asking import FHIR_JSON, Answer, NotTaken, ask, written
from fhir_health.elements import Resource, place, version
from fhir_health.mapping import Change, same
from participant_edge.delivery import NotDelivered

_HEADERS = {
    "Accept": FHIR_JSON,
    # A search parameter that the server does not know must be an error, not a search for everything.
    "Prefer": "return=representation, handling=strict",
}
_ATTEMPTS = 5
_PAGE = 50
_MOST_PAGES = 1000
_LOG = logging.getLogger(__name__)


class Moved(NotDelivered):
    """Another wrote in between: 409 or 412."""


@dataclass(slots=True)
class FhirServer:
    """A FHIR R4B server. Thread-safe. Every method raises NotDelivered; its code names no person."""

    http: httpx.Client
    clock: Callable[[], float] = time.monotonic
    patience_s: float = 30.0
    """How long one whole answer may take."""
    requests: int = 0
    _not_before: float = field(default=0.0)
    _guarded: frozenset[str] = frozenset()

    @classmethod
    def at(cls, url: str, token_file: str = "", timeout_s: float = 10.0) -> Self:
        """The server at `url`; the token, where there is one, is read from its file."""
        headers = dict(_HEADERS)
        if token_file:
            token = Path(token_file).read_text(encoding="utf-8").strip()
            headers["Authorization"] = f"Bearer {token}"
        base = url.rstrip("/") + "/"
        http = httpx.Client(base_url=base, headers=headers, timeout=timeout_s, trust_env=False)
        return cls(http, patience_s=3 * timeout_s)

    def create(self, resource: Resource, system: str, value: str) -> Resource:
        """The resource as the server holds it: created, or found by this identifier where it was before."""
        condition = urlencode({"identifier": f"{system}|{value}"})
        kind = str(resource["resourceType"])
        self._require_guard(kind)
        try:
            answer = self._send("POST", kind, resource, {"If-None-Exist": condition})
        except Moved as error:
            # 412: the identifier is there more than once. Nothing of ours can decide which one is meant.
            code = "more-than-one-match" if error.code == "http-412" else error.code
            raise NotDelivered(code) from None
        return answer.resource() or self.read(_located(answer, kind))

    def read(self, where: str) -> Resource:
        """The resource at `Task/1`."""
        found = self._send("GET", where).resource()
        if found is None:
            raise NotDelivered("no-resource")
        return found

    def find(self, kind: str, system: str, value: str) -> Resource | None:
        """The one resource with this identifier; None where there is none. Two are NotDelivered."""
        query = {"identifier": f"{system}|{value}", "_count": "2"}
        found = list(_entries(self._bundle(f"{kind}?{urlencode(query)}"), kind))
        if len(found) > 1:
            raise NotDelivered("more-than-one-match")
        return found[0] if found else None

    def change(self, where: str, change: Change) -> Resource:
        """Reads, changes, and writes under If-Match; again where another wrote in between, a few times."""
        for _ in range(_ATTEMPTS):
            before = self.read(where)
            after = change(before)
            if same(after, before):
                return before
            try:
                headers = {"If-Match": f'W/"{version(before)}"'}
                answer = self._send("PUT", place(before), after, headers)
            except Moved:
                continue
            return answer.resource() or after
        raise NotDelivered("always-changing")

    def changed(self, kind: str, since: str) -> Iterator[Resource]:
        """Every resource of `kind` last updated at `since` (an instant; empty: ever) or later, in order."""
        query = {"_sort": "_lastUpdated", "_count": str(_PAGE)}
        if since:
            query["_lastUpdated"] = f"ge{since}"
        target: str | None = f"{kind}?{urlencode(query)}"
        for _ in range(_MOST_PAGES):
            bundle = self._bundle(target or "")
            yield from _entries(bundle, kind)
            target = self._next(bundle)
            if target is None:
                return
        raise NotDelivered("too-many-pages")

    def close(self) -> None:
        """Lets go of connections."""
        self.http.close()

    def _require_guard(self, kind: str) -> None:
        """A server that ignores If-None-Exist would create everything twice: it must say that it does not."""
        if not self._guarded:
            told = self.read("metadata").get("rest", [{}])[0].get("resource", ())
            self._guarded = frozenset(each["type"] for each in told if each.get("conditionalCreate") is True)
        if kind not in self._guarded:
            raise NotDelivered("no-conditional-create")

    def _bundle(self, target: str) -> Resource:
        found = self._send("GET", target).resource()
        if found is None or found.get("resourceType") != "Bundle":
            raise NotDelivered("no-bundle")
        return found

    def _next(self, bundle: Mapping[str, Any]) -> str | None:
        links = bundle.get("link", [])
        named = [each for each in links if isinstance(each, dict)] if isinstance(links, list) else []
        url = next((each.get("url") for each in named if each.get("relation") == "next"), None)
        if not isinstance(url, str):
            return None
        try:
            whole = httpx.URL(self.http.base_url).join(url)
        except httpx.InvalidURL:
            raise NotDelivered("page-elsewhere") from None
        if (whole.scheme, whole.host, whole.port) != _origin(self.http.base_url):
            raise NotDelivered("page-elsewhere")
        return str(whole)

    def _send(
        self, method: str, target: str, body: Resource | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        if self.clock() < self._not_before:
            raise NotDelivered("asked-to-wait")
        typed = {"Content-Type": f"{FHIR_JSON}; charset=utf-8"} if body is not None else {}
        self.requests += 1
        request = self.http.build_request(
            method, target, content=written(body), headers={**typed, **(headers or {})}
        )
        answer = ask(self.http, request, self.clock, self.patience_s)
        self._judge(answer)
        return answer

    def _judge(self, answer: Answer) -> None:
        status = answer.status
        if status in (200, 201):
            return
        code = f"http-{status}"
        if status in (409, 412):
            raise Moved(code)
        if status in (429, 503):
            self._not_before = self.clock() + answer.retry_after_s()
            raise NotDelivered(code)
        if 400 <= status < 500 and status != 408:
            _LOG.warning("the FHIR server answers %d at %s", status, answer.expression())
            raise NotTaken(code)
        raise NotDelivered(code)


def _entries(bundle: Mapping[str, Any], kind: str) -> Iterator[Resource]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise NotDelivered("no-bundle")
    for entry in entries:
        found, search = entry.get("resource"), entry.get("search")
        mode = search.get("mode", "match") if isinstance(search, dict) else "match"
        if mode == "match" and isinstance(found, dict) and found.get("resourceType") == kind:
            yield found


def _located(answer: Answer, kind: str) -> str:
    found = re.search(rf"{kind}/([A-Za-z0-9.-]{{1,64}})", answer.headers.get("Location", ""))
    if found is None:
        raise NotDelivered("no-location")
    return found.group()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


__all__ = ["FhirServer", "Moved", "NotTaken"]
