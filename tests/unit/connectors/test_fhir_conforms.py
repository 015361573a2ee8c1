"""The connector of health providers does what every connector must."""

from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fhir_kit import Provider

import fhir_health
from fhir_health.elements import identifier, without
from participant_edge.delivery import NotDelivered
from participant_edge.kit import conformance, specimens
from participant_edge.kit.conformance import Trouble

NUMBERS = count()
FAULT = {"busy": "429", "error": "500", "stored-then-error": "stored-500"}


class Bench:
    """See `conformance.Bench`."""

    package = fhir_health

    def __init__(self, folder: Path) -> None:
        self.provider = Provider()
        self.restart()

    def restart(self) -> None:
        self.system = self.provider.connector()

    def trouble(self, kind: Trouble, skip: int) -> None:
        self.provider.fault(FAULT.get(kind, kind), skip=skip, seconds=0.0)

    def effects(self) -> list[Any]:
        return [without(each, "meta") for each in self.provider.stand_in.records.held.values()]

    def addresses(self) -> str:
        return " ".join(self.provider.stand_in.asked)

    def close(self) -> None:
        self.system.close()


test_fhir_health_conforms = conformance.suite(Bench)


class Careless(Bench):
    """Its guard is gone: each create names an identifier of its own."""

    def restart(self) -> None:
        super().restart()
        server = self.system._server
        create = server.create

        def again(resource: Any, system: str, value: str) -> Any:
            other = f"{value}-{next(NUMBERS)}"
            named: Any = identifier(system, other)
            if isinstance(resource["identifier"], list):
                named = [*(each for each in resource["identifier"] if each["system"] != system), named]
            return create({**resource, "identifier": named}, system, other)

        # A slotted class takes no new attribute on its values.
        server.__class__ = type("Careless", (type(server),), {"__slots__": (), "create": staticmethod(again)})


@pytest.mark.parametrize(
    "check",
    [
        check
        for check in conformance.checks()
        if check.__name__
        in {
            "delivered_again_nothing_changes",
            "a_new_process_finds_what_the_old_one_did",
            "in_trouble_stored_then_error_once_in_the_end",
            "in_trouble_late_once_in_the_end",
        }
    ],
    ids=lambda check: check.__name__,
)
def test_a_connector_without_its_guard_is_found(check: conformance.Check, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, NotDelivered)):
        check(lambda: Careless(tmp_path))


class Talkative(Bench):
    """It searches for people by name."""

    def addresses(self) -> str:
        return super().addresses() + f"GET Patient?name={specimens.CANARIES[0]}"


def test_a_connector_that_names_people_in_addresses_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="1 details of a person"):
        conformance.no_address_or_log_names_anyone(lambda: Talkative(tmp_path))


def test_a_mapping_that_is_not_pure_is_found(tmp_path: Path) -> None:
    (tmp_path / "mapping.py").write_text("import httpx\n", encoding="utf-8")
    bench = Bench(tmp_path)
    bench.package = ModuleType("spoilt")
    bench.package.__file__ = str(tmp_path / "__init__.py")
    with pytest.raises(AssertionError, match="imports httpx"):
        conformance.the_mapping_is_pure(lambda: bench)
