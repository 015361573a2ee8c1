"""Each failing line of `exchange doctor` says what to do."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from exchange_command import (
    authority,
    doctor,
    identity_checks,
    machine_checks,
    plan,
    platform_checks,
    process_records,
)
from exchange_command import main as command
from exchange_command.finding import Finding
from exchange_command.network import load_network
from exchange_command.places import Places
from exchange_command.platform import Platform, ProcessStatus


@pytest.fixture
def places(tmp_path: Path, new_port_base: Callable[[], int]) -> Places:
    return Places(tmp_path / "home", tmp_path / "cache", new_port_base())


def test_a_machine_with_nothing_on_it_gets_a_remedy_for_all_that_is_missing(places: Places) -> None:
    findings = doctor.examine(Platform(places))
    failing = {finding.check for finding in findings if not finding.ok}
    assert failing >= {
        "files",
        "keys",
        "certificates",
        "kafka",
        "registry",
        "topics",
        "compatibility",
        "schemas",
        "clock",
    }
    assert {finding.check for finding in findings if finding.ok} >= {"python", "java", "disk", "ports"}
    assert all("exchange up" in finding.remedy for finding in findings if finding.check in failing)


def test_json_is_one_object_and_the_exit_code_tells(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    monkeypatch.setenv("EXCHANGE_CACHE", str(places.cache))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(places.port_base))
    assert command.main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert all(finding["ok"] or finding["remedy"] for finding in told["findings"])


def test_a_port_that_a_stranger_holds_is_named(places: Places) -> None:
    specs = plan.all_processes(places, load_network())
    with socket.create_server(("127.0.0.1", places.port("registry"))):
        [finding] = machine_checks.ports(places, specs)
    assert str(places.port("registry")) in finding.says
    assert "EXCHANGE_PORT_BASE" in finding.remedy


def certificates(places: Places, days: int = 0) -> list[Finding]:
    return list(
        identity_checks.certificates(places, load_network(), datetime.now(UTC) + timedelta(days=days))
    )


def test_a_certificate_that_is_missing_open_or_nearly_over_is_told(places: Places) -> None:
    issuing = authority.authority_in(places.authority)
    everyone = authority.principals(load_network())
    authority.keep_all(issuing, places.certificates, everyone)
    [well] = certificates(places)
    assert well.ok
    assert f"{len(everyone)} certificates" in well.says
    assert len(certificates(places, days=77)) == len(everyone)
    places.tls("harbor-house").key.chmod(0o644)
    places.tls("operator").certificate.unlink()
    says = sorted(finding.says for finding in certificates(places) if "exchange up" in finding.remedy)
    assert says == [
        "harbor-house: others may read its key",
        "operator: no certificate, or one that cannot be read",
    ]


def test_too_little_disk_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "DISK_NEEDED", 10**18)
    assert "EXCHANGE_HOME" in machine_checks.disk(places).remedy


def test_too_little_memory_is_told_and_less_is_needed_once_it_runs(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half:
        available = machine_checks.MEMORY_NEEDED // 2

    monkeypatch.setattr(psutil, "virtual_memory", Half)
    assert not machine_checks.memory(places).ok
    process_records.write(places.run, process_records.ProcessRecord("kafka", 1, 0.0, ("java",), "0"))
    assert machine_checks.memory(places).ok


def test_a_jdk_that_does_not_run_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "JAVA", places.home / "no-java")
    assert "make sync" in machine_checks.jdk(places).remedy


def test_a_damaged_file_is_named(places: Places) -> None:
    places.jars.mkdir(parents=True)
    assert "exchange up" in machine_checks.files(places).remedy


def test_a_private_key_that_others_may_read_is_named(places: Places) -> None:
    places.keys.mkdir(parents=True)
    key = places.keys / "harbor-shelter.signing.pem"
    key.write_text("invented", encoding="utf-8")
    key.chmod(0o644)
    finding = machine_checks.keys(places)
    assert "harbor-shelter.signing.pem" in finding.says
    assert finding.remedy.startswith("chmod 600")
    key.chmod(0o600)
    assert machine_checks.keys(places).ok


def test_a_process_that_is_off_or_stuck_says_so(places: Places) -> None:
    off = ProcessStatus("kafka", running=False, ready=False, pid=None, since=None)
    stuck = ProcessStatus("registry", running=True, ready=False, pid=1, since=0.0)
    well = ProcessStatus("zipkin", running=True, ready=True, pid=2, since=0.0)
    told = list(platform_checks.processes([off, stuck, well], places))
    assert [finding.ok for finding in told] == [False, False, True]
    assert str(places.log("registry")) in told[1].remedy


@pytest.mark.parametrize(
    ("health", "ok"),
    [
        ({"last_tick_age_s": 3.2}, True),
        ({"last_tick_age_s": 61}, False),
        ({"last_tick_age_s": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_clock_that_has_not_ticked_for_a_minute_is_told(
    places: Places, monkeypatch: pytest.MonkeyPatch, health: dict[str, object] | None, ok: bool
) -> None:
    monkeypatch.setattr(platform_checks.probes, "get_json", lambda _url, _tls: health)
    finding = platform_checks.clock(places)
    assert finding.ok is ok


def test_a_line_is_well_exactly_when_it_has_no_remedy() -> None:
    assert Finding("any", "is so").ok
    assert not Finding("any", "is not so", "mend it").ok
