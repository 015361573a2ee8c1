"""What `exchange directory` asks of the service directory over HTTP."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from exchange_command.problem import Problem
from referral_exchange.runtime.tls import verifying
from referral_exchange.settings import SettingsError, Tls

_SECONDS = 120.0
_KINDS = {".json": "application/json", ".csv": "text/csv", ".zip": "application/zip"}
_CREATED = 1980, 1, 1, 0, 0, 0


class DirectoryRefused(Problem):
    """The directory did not do it; the message says why and what to do."""


class DirectoryAway(Problem):
    """The directory does not answer."""


class NothingToImport(Problem):
    """The path names nothing that can be handed over."""


def post_import(
    address: str, path: Path, asked: Mapping[str, Any], terms: Sequence[str], tls: Tls | None = None
) -> dict[str, Any]:
    """The report of importing the file, or the folder of CSV tables, at `path`. `tls`: who asks.

    Raises NothingToImport, DirectoryRefused, DirectoryAway.
    """
    name, content = _handed_over(path)
    query = {**asked, "file": name, "term": list(terms)}
    kind = {"content-type": _KINDS[Path(name).suffix]}
    return _object(_ask("POST", f"{address}/v1/imports", tls, params=query, content=content, headers=kind))


def get_export(address: str, as_csv: bool, tls: Tls | None = None) -> bytes:
    """Everything that may be published: a zip of CSV tables, or one JSON page of all services."""
    if as_csv:
        return _ask("GET", f"{address}/v1/hsds", tls, params={"format": "csv"}).content
    pages = [_page(address, 1, tls)]
    while not pages[-1]["last_page"]:
        pages.append(_page(address, len(pages) + 1, tls))
    services = [service for page in pages for service in page["contents"]]
    whole = {**pages[0], "total_pages": 1, "size": len(services), "last_page": True, "contents": services}
    return json.dumps(whole, indent=2).encode() + b"\n"


def search(address: str, asked: Mapping[str, str], tls: Tls | None = None) -> list[dict[str, Any]]:
    """Every service that answers the conditions, by name."""
    found: list[dict[str, Any]] = []
    query: dict[str, str | int] = {**asked, "limit": 200}
    while True:
        page = _object(_ask("GET", f"{address}/v1/services", tls, params=query))
        found += page["services"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def enrol(address: str, participant: Mapping[str, Any], tls: Tls | None = None) -> int:
    """Lists a participant with its programmes; how many listings changed."""
    listed: int = _object(_ask("POST", f"{address}/v1/participants", tls, json=dict(participant)))["listed"]
    return listed


def stand(address: str, participant: str, standing: str, tls: Tls | None = None) -> bool:
    """Sets how a participant stands; whether that is new. Raises DirectoryRefused, DirectoryAway."""
    url = f"{address}/v1/participants/{participant}/standing"
    changed: bool = _object(_ask("POST", url, tls, json={"standing": standing}))["changed"]
    return changed


def _page(address: str, number: int, tls: Tls | None) -> dict[str, Any]:
    return _object(_ask("GET", f"{address}/v1/hsds", tls, params={"page": number, "per_page": 1000}))


def _handed_over(path: Path) -> tuple[str, bytes]:
    try:
        if path.is_dir():
            return f"{path.resolve().name}.zip", _packed(path)
        if path.suffix.lower() in _KINDS:
            return f"{path.stem}{path.suffix.lower()}", path.read_bytes()
    except OSError as error:
        raise NothingToImport(f"{path}: cannot be read ({type(error).__name__})") from None
    raise NothingToImport(f"{path}: hand over HSDS 3 as .json, .csv, .zip or a folder of CSV tables")


def _packed(folder: Path) -> bytes:
    tables = sorted(folder.glob("*.csv"))
    if not tables:
        raise NothingToImport(f"{folder}: no CSV table stands in this folder")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            archive.writestr(zipfile.ZipInfo(table.name, _CREATED), table.read_bytes())
    return whole.getvalue()


def _ask(method: str, url: str, tls: Tls | None, **request: Any) -> httpx.Response:
    try:
        with httpx.Client(timeout=_SECONDS, trust_env=False, verify=verifying(tls)) as client:
            answer = client.request(method, url, **request)
    except (httpx.TransportError, SettingsError) as error:
        raise DirectoryAway(
            f"the service directory does not answer ({type(error).__name__}); run `exchange up`, then again"
        ) from None
    if answer.is_success:
        return answer
    raise DirectoryRefused(_told(answer))


def _told(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    faults = [
        f"\n  {fault.get('programme_id') or 'participant'} {fault.get('field')}: {fault.get('mend')}"
        for fault in problem.get("faults", ())
    ]
    nearest = [
        f"\n  term {line.get('term', 0) + 1}: the nearest codes are {'; '.join(line.get('nearest', ()))}"
        for line in problem.get("terms", ())
    ]
    title = problem.get("title", f"the directory answered {answer.status_code}")
    return f"{title}. {problem.get('detail', '')}{''.join(faults)}{''.join(nearest)}"


def _object(answer: httpx.Response) -> dict[str, Any]:
    loaded: dict[str, Any] = answer.json()
    return loaded
