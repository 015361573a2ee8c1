"""HSDS 3 JSON (an organization, a service, a list or a page of them) taken apart into the same tables."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from service_directory.findings import Finding, Place
from service_directory.hsds.csv_tables import LONGEST_CELL, MOST_ROWS
from service_directory.hsds.decoding import decoded
from service_directory.hsds.tables import TABLES, Row, Rows

_CHILDREN: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "organizations": {
        "services": ("services", "organization_id"),
        "organization_identifiers": ("organization_identifiers", "organization_id"),
    },
    "services": {
        "service_areas": ("service_areas", "service_id"),
        "languages": ("languages", "service_id"),
        "schedules": ("schedules", "service_id"),
        "attributes": ("attributes", "link_id"),
    },
}
"""By table: the field that holds children, their table, and their column that names the parent."""

_AGAIN = "export the file again from its source; nothing of it was taken"
_OBJECT = "put an object here, as HSDS 3 describes it"


class _Refused(Exception):
    """A file that is no JSON of ours; carries no value of it."""

    def __init__(self, code: str, wrong: str) -> None:
        super().__init__(code)
        self.code, self.wrong = code, wrong


def read(file: str, content: bytes) -> tuple[Rows, list[Finding]]:
    """Rows by table with kept fields only, and what is wrong. A file that breaks off gives no row."""
    text = decoded(file, content)
    if isinstance(text, Finding):
        return {}, [text]
    try:
        loaded = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = Place(file, f"line {error.lineno}, character {error.colno}")
        return {}, [place.error("", "malformed", "the JSON breaks off or is misspelt here", _AGAIN)]
    except _Refused as refused:
        return {}, [Place(file, "").error("", refused.code, refused.wrong, _AGAIN)]
    except (RecursionError, ValueError):
        # ValueError: a whole number of more digits than Python reads.
        return {}, [Place(file, "").error("", "malformed", "nested too deep, or a number too long", _AGAIN)]
    taken = _Taking(file)
    try:
        taken.whole(loaded)
    except RecursionError:
        return {}, [Place(file, "").error("", "malformed", "nested too deep", _AGAIN)]
    return taken.rows, taken.findings


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise _Refused("field-twice", "an object names one field twice")
    return named


def _no_number(_: str) -> None:
    raise _Refused("malformed", "NaN and Infinity are no JSON")


class _Taking:
    """One file being taken apart."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: Rows = {}
        self.findings: list[Finding] = []

    def whole(self, loaded: Any) -> None:
        """The file's outermost value."""
        if isinstance(loaded, dict) and "contents" in loaded:
            self._page(loaded)
        elif isinstance(loaded, list):
            self._each(loaded, "", self._item)
        else:
            self._item(loaded, "")
        if not any(self.rows.values()) and not self.findings:
            self._note("", "", "nothing-here", "no organization and no service stands in this file")

    def _page(self, page: Mapping[str, Any]) -> None:
        if page.get("last_page") is False or page.get("first_page") is False:
            self._note("", "contents", "one-page", "this is one page of several; import the others too")
        self._each(page["contents"], "contents", self._item)

    def _each(self, items: Any, path: str, take: Any) -> None:
        if items is None:
            return
        if not isinstance(items, list):
            self._error(
                path, "", "wrong-type", "a list belongs here", "put a list here, [] where there is none"
            )
        elif len(items) > MOST_ROWS:
            self._error(path, "", "too-many", f"more than {MOST_ROWS} entries", "import it in pieces")
        else:
            for number, item in enumerate(items):
                take(item, f"{path}[{number}]")

    def _item(self, item: Any, path: str) -> None:
        if not isinstance(item, dict):
            self._error(path, "", "wrong-type", "an object belongs here", _OBJECT)
        elif isinstance(item.get("service"), dict):
            self._service(item["service"], f"{path}.service".lstrip("."), {})
        elif "location_type" in item:
            self._note(path, "", "not-kept", "a location is never kept")
        elif "status" in item or "organization" in item or "organization_id" in item:
            self._service(item, path, {})
        else:
            self._take("organizations", item, path, {})

    def _service(self, item: Mapping[str, Any], path: str, parent: Mapping[str, str]) -> None:
        above = dict(parent)
        organization = item.get("organization")
        if isinstance(organization, dict):
            self._take("organizations", organization, f"{path}.organization".lstrip("."), {})
            above = {"organization_id": _text(organization.get("id"))}
        elif organization is not None:
            self._error(path, "organization", "wrong-type", "an object belongs here", _OBJECT)
        self._take("services", item, path, above)
        spots = item.get("service_at_locations")
        for number, spot in enumerate(spots if isinstance(spots, list) else ()):
            if isinstance(spot, dict):
                below = f"{path}.service_at_locations[{number}].schedules".lstrip(".")
                self._children("schedules", "service_id", spot.get("schedules"), below, item)

    def _take(self, table: str, item: Mapping[str, Any], path: str, parent: Mapping[str, str]) -> None:
        values = {**dict(self._kept(table, item, path)), **parent}
        self.rows.setdefault(table, []).append(Row(Place(self.file, path), values))
        for field, (child, column) in _CHILDREN.get(table, {}).items():
            self._children(child, column, item.get(field), f"{path}.{field}".lstrip("."), item)
        if table == "attributes":
            self._term(item, path)

    def _children(self, table: str, column: str, items: Any, path: str, owner: Mapping[str, Any]) -> None:
        parent = {column: _text(owner.get("id"))}
        if table == "attributes":
            parent["link_entity"] = "service"

        def take(item: Any, where: str) -> None:
            if not isinstance(item, dict):
                self._error(where, "", "wrong-type", "an object belongs here", _OBJECT)
            elif table == "services":
                self._service(item, where, parent)
            else:
                self._take(table, item, where, {**parent, **_term_id(table, item)})

        self._each(items, path, take)

    def _term(self, attribute: Mapping[str, Any], path: str) -> None:
        term = attribute.get("taxonomy_term")
        where = f"{path}.taxonomy_term".lstrip(".")
        if isinstance(term, dict):
            self._take("taxonomy_terms", term, where, {})
        elif term is not None:
            self._error(where, "", "wrong-type", "an object belongs here", _OBJECT)

    def _kept(self, table: str, item: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
        for name in sorted(TABLES[table].kept & item.keys()):
            value = item[name]
            if isinstance(value, dict | list):
                self._error(path, name, "wrong-type", "a text or a number belongs here", "put a text here")
            elif len(text := _text(value)) > LONGEST_CELL:
                wrong = f"a text is longer than {LONGEST_CELL} characters"
                self._error(path, name, "too-long", wrong, "shorten it")
            else:
                yield name, text

    def _error(self, path: str, column: str, code: str, wrong: str, mend: str) -> None:
        self.findings.append(Place(self.file, path).error(column, code, wrong, mend))

    def _note(self, path: str, column: str, code: str, wrong: str) -> None:
        self.findings.append(Place(self.file, path).note(column, code, wrong, "nothing to do"))


def _term_id(table: str, item: Mapping[str, Any]) -> dict[str, str]:
    term = item.get("taxonomy_term")
    nested = table == "attributes" and isinstance(term, dict)
    return {"taxonomy_term_id": _text(term.get("id"))} if nested and isinstance(term, dict) else {}


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
