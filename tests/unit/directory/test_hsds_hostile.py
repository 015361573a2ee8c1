"""Whatever is handed over, an import answers with a report and never with an exception."""

import copy
import json
from typing import Any

from directory_kit import NOW, sample, sample_archive, service
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service_directory.book import listable_codes
from service_directory.findings import Report
from service_directory.hsds import uploads
from service_directory.hsds.attributes import Codes
from service_directory.hsds.building import Enrolled, Known, build
from service_directory.importing import load_terms, taxonomy_of

LISTABLE = listable_codes()
KNOWN = Known(
    codes=Codes(taxonomy_of(load_terms()), LISTABLE.age_bands, LISTABLE.access),
    programmes={"harbor-advocacy": Enrolled("harbor-house", "Harbor advocacy", confidential=False)},
    participants=frozenset({"harbor-house"}),
)
PUBLISHED = {
    "a.json": sample("organization_full.json"),
    "b.json": sample("service_full.json"),
    "c.json": sample("service_list.json"),
    "d.zip": sample_archive(),
    **{f"{name}.csv": sample(f"csv/{name}.csv") for name in ("services", "organizations", "schedules")},
}
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def judged(name: str, content: bytes) -> dict[str, Any]:
    """What is taken has nothing that could not be stored and published."""
    rows, unread = uploads.read(name, content)
    taken, wrong = build(rows, KNOWN, NOW)
    for found in taken.services:
        assert found.id
        assert found.name
        assert set(found.services) <= LISTABLE.services
        json.dumps([found.name, found.region, found.languages, found.last_modified]).encode()
        found.name.encode()
        found.region.encode()
    report = Report("i", bool(taken.services), 0, len(taken.services), (), (*unread, *wrong)).as_json()
    json.dumps(report).encode()
    return report


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(PUBLISHED)),
    at=st.floats(0, 1),
    put=st.binary(max_size=6),
    drop=st.integers(0, 40),
    cut=st.booleans(),
)
def test_a_damaged_file_is_told(name: str, at: float, put: bytes, drop: int, cut: bool) -> None:
    whole = PUBLISHED[name]
    where = int(at * len(whole))
    judged(name, whole[:where] + put + (b"" if cut else whole[where + drop :]))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in places(value, (*path, key)))]


RECORD = json.loads(sample("service_full.json")) | {"service_areas": service()["service_areas"]}
PLACES = places(RECORD)[1:]


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
@example(changes=[(("name",), "\ud800")])
@example(changes=[(("last_modified",), "0001-01-01T00:00:00+14:00")])
@example(changes=[(("minimum_age",), "٣")])
@example(changes=[(("service_areas", 0, "name"), "\u0000")])
def test_any_value_in_any_place_is_taken_or_told(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    record = copy.deepcopy(RECORD)
    for path, value in changes:
        put(record, path, value)
    judged("a.json", json.dumps(record).encode())


def put(record: Any, path: tuple[Any, ...], value: Any) -> None:
    """Replaces what stands at `path`; does nothing where an earlier change took the way there."""
    for step in path[:-1]:
        reachable = isinstance(record, dict) and step in record
        reachable = reachable or (isinstance(record, list) and isinstance(step, int) and step < len(record))
        if not reachable:
            return
        record = record[step]
    in_list = isinstance(record, list) and isinstance(path[-1], int) and path[-1] < len(record)
    if isinstance(record, dict) or in_list:
        record[path[-1]] = value


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_any_bytes_are_told(content: bytes) -> None:
    for name in ("a.json", "services.csv", "a.zip", "a"):
        judged(name, content)
