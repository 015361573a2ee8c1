"""The settings files are what the services' own loader reads."""

from pathlib import Path

import pytest

from exchange_command import service_settings
from exchange_command.network import load_network
from exchange_command.places import Places, WrongSetting, from_environment
from referral_exchange import settings

PLACES = Places(Path("/home/invented/exchange"), Path("/home/invented/cache"), 25000)


def written(tmp_path: Path, name: str) -> settings.Settings:
    sections = service_settings.all_settings(PLACES, load_network())[name]
    service_settings.write(tmp_path, name, sections)
    return settings.load(tmp_path / f"{name}.toml")


def test_every_process_learns_broker_registry_and_relay(tmp_path: Path) -> None:
    for name in service_settings.all_settings(PLACES, load_network()):
        loaded = written(tmp_path, name)
        assert loaded.kafka["bootstrap.servers"] == "127.0.0.1:25000"
        assert loaded.registry_url == "https://127.0.0.1:25002/apis/ccompat/v7"
        assert loaded.need("host") == "127.0.0.1"


def test_each_process_is_the_principal_whose_work_it_does(tmp_path: Path) -> None:
    named = {
        "trace_relay": "trace_relay",
        "registry.front": "registry",
        "ngo_bridge.harbor-house": "harbor-house",
        "connector.fhir_health": "cedar-grove-health",
    }
    for name, principal in named.items():
        loaded = written(tmp_path, name)
        assert loaded.tls == PLACES.tls(principal)
        assert loaded.kafka == PLACES.kafka(principal)
        assert loaded.otlp_endpoint == "https://127.0.0.1:25005"


def test_an_agencys_own_system_holds_no_certificate_of_the_exchange(tmp_path: Path) -> None:
    loaded = written(tmp_path, "stand_in.fhir_health")
    assert loaded.tls is None
    assert loaded.kafka == {"bootstrap.servers": PLACES.bootstrap}


def test_each_bridge_knows_its_own_participant_only(tmp_path: Path) -> None:
    loaded = written(tmp_path, "ngo_bridge.harbor-house")
    assert loaded.need("participant") == "harbor-house"
    assert loaded.need("programmes") == ["harbor-shelter", "harbor-advocacy"]
    assert loaded.need("port") == 25021


def test_no_two_processes_share_a_port() -> None:
    ports = [s["service"]["port"] for s in service_settings.all_settings(PLACES, load_network()).values()]
    assert len(ports) == len(set(ports)) == 14


@pytest.mark.parametrize("value", ["plain", 'quote " and \\ backslash', "tab\tnewline\n", "año 🌾", ""])
def test_any_text_survives_the_file(tmp_path: Path, value: str) -> None:
    sections = {
        "kafka": {"bootstrap.servers": value},
        "registry": {"url": value},
        "service": {"names": [value], "on": True},
    }
    service_settings.write(tmp_path, "some", sections)
    loaded = settings.load(tmp_path / "some.toml")
    assert loaded.kafka["bootstrap.servers"] == value
    assert loaded.service == {"names": [value], "on": True}


def test_home_cache_and_ports_come_from_the_environment() -> None:
    places = from_environment(
        {"EXCHANGE_HOME": "/tmp/a", "EXCHANGE_CACHE": "/tmp/b", "EXCHANGE_PORT_BASE": "22000"}
    )
    assert places == Places(Path("/tmp/a"), Path("/tmp/b"), 22000)
    assert places.bootstrap == "127.0.0.1:22000"


def test_without_settings_the_users_own_folders_are_taken() -> None:
    places = from_environment({"XDG_DATA_HOME": "/tmp/data", "XDG_CACHE_HOME": "/tmp/cache"})
    assert places == Places(Path("/tmp/data/referral-exchange"), Path("/tmp/cache/referral-exchange"), 21000)


@pytest.mark.parametrize("text", ["", "21k", "80", "70000", "-1"])
def test_a_port_base_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(WrongSetting, match="EXCHANGE_PORT_BASE"):
        from_environment({"EXCHANGE_PORT_BASE": text})
