"""A connector and its stand-in run only where they are named: the ordinary night does not grow."""

from pathlib import Path

from exchange_command import plan
from exchange_command.network import load_network
from exchange_command.places import Places
from exchange_command.platform import Platform

PLACES = Places(Path("/home/invented/exchange"), Path("/home/invented/cache"), 25000)
ON_DEMAND = {"stand_in.fhir_health", "connector.fhir_health"}


def test_nobody_starts_them_who_does_not_name_them() -> None:
    specs = plan.all_processes(PLACES, load_network())
    assert set(specs) >= ON_DEMAND
    assert not ON_DEMAND & set(plan.choose(specs, None))
    assert not ON_DEMAND & set(plan.choose(specs, [plan.SERVICES]))


def test_by_name_they_start() -> None:
    specs = plan.all_processes(PLACES, load_network())
    assert set(plan.choose(specs, ["connector"])) == {"connector.fhir_health"}
    assert set(plan.choose(specs, sorted(ON_DEMAND))) == ON_DEMAND
    assert [specs[name].port for name in sorted(ON_DEMAND)] == [25014, 25015]


def test_off_they_are_no_fault(tmp_path: Path) -> None:
    platform = Platform(Places(tmp_path, tmp_path, 25000), load_network())
    assert not ON_DEMAND & {status.name for status in platform.status()}


def test_a_participant_with_a_connector_has_mailboxes_and_no_bridge() -> None:
    network = load_network()
    clinic = network.connectors["fhir_health"]
    assert clinic.has_mailboxes
    assert clinic not in network.with_bridges
