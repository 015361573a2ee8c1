"""A registry that is away, slow, broken or something else: waited for with a bound, and said so."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from gateway_kit import Provider, answers, hangs, provider, says_nothing

from participant_edge import schema_ids
from referral_exchange import registry
from referral_exchange.catalog import Catalog, committed
from referral_exchange.registry import RegistryAway, RegistryRefused, learn_all, look_up_all
from referral_exchange.settings import Settings, SettingsError, load

KNOWN: Catalog = {
    key: schema for key, schema in committed().items() if key in {"ReferralOffered.v1", "ConsentEnded.v1"}
}


def an_id(handler: BaseHTTPRequestHandler) -> None:
    """As a registry answers to the look-up of a schema that it has."""
    number = len(handler.path)
    said = json.dumps({"subject": "s", "id": number, "version": 1, "schema": '"string"'}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(said)))
    handler.end_headers()
    handler.wfile.write(said)


def garbage(text: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as running:
        running.behaviour = an_id
        yield running


@pytest.fixture
def settings(remote: Provider) -> Settings:
    return Settings({}, f"http://127.0.0.1:{remote.port}", registry_wait_s=30.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_ANSWER_S", 0.3)


def test_a_registry_that_is_there_is_asked_once(settings: Settings, remote: Provider) -> None:
    ids = learn_all(settings, KNOWN)
    assert set(ids) == set(KNOWN)
    assert len(remote.took) == len(KNOWN)


def test_one_that_comes_back_is_waited_for_and_that_is_said_once(
    settings: Settings, remote: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    remote.behaviour = answers(503)
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 3:
            remote.behaviour = an_id
        return False

    assert set(learn_all(settings, KNOWN, wait)) == set(KNOWN)
    assert len(waits) == 3
    said = [record.getMessage() for record in caplog.records if record.name == registry.__name__]
    assert said == ["the schema registry answers 503; it is waited for, 30 s at most"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "told", [says_nothing, answers(500), garbage(b"<html>"), garbage(b"[]"), garbage(b"{}")]
)
def test_what_does_not_answer_as_a_registry_does_is_away(
    settings: Settings, remote: Provider, told: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    remote.behaviour = told
    with pytest.raises(RegistryAway, match="registry"):
        look_up_all(settings.registry_url, KNOWN)


@pytest.mark.usefixtures("quick")
def test_one_that_hangs_is_left_in_time(settings: Settings, remote: Provider) -> None:
    remote.behaviour = hangs(remote)
    begun = time.monotonic()
    with pytest.raises(RegistryAway, match="does not answer"):
        look_up_all(settings.registry_url, KNOWN)
    assert time.monotonic() - begun < 3


def test_the_wait_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    gone = Settings({}, "http://127.0.0.1:9/", registry_wait_s=0.2)
    begun = time.monotonic()
    with pytest.raises(RegistryAway, match="see whether it runs, and its url"):
        learn_all(gone, KNOWN)
    assert time.monotonic() - begun < 5


def test_who_is_told_to_stop_waits_no_longer() -> None:
    gone = Settings({}, "http://127.0.0.1:9/", registry_wait_s=600.0)
    with pytest.raises(RegistryAway):
        learn_all(gone, KNOWN, lambda _: True)


def test_a_schema_that_is_not_there_is_not_waited_for(settings: Settings, remote: Provider) -> None:
    remote.behaviour = answers(404)
    with pytest.raises(RegistryRefused, match="run `exchange up`") as refused:
        learn_all(settings, KNOWN)
    assert not isinstance(refused.value, RegistryAway)
    assert len(remote.took) == 1


def test_an_edge_that_knows_its_ids_starts_without_the_registry(
    settings: Settings, remote: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "data" / "schema_ids.json"
    learnt = schema_ids.learn(settings, KNOWN, path)
    remote.behaviour = answers(503)
    assert schema_ids.learn(settings, KNOWN, path) == learnt
    assert "goes on with the schema ids that it knows" in caplog.text


def test_an_edge_that_knows_other_schemas_or_another_registry_waits(
    settings: Settings, remote: Provider, tmp_path: Path
) -> None:
    path = tmp_path / "schema_ids.json"
    schema_ids.learn(settings, KNOWN, path)
    remote.behaviour = answers(503)
    fewer = {key: schema for key, schema in KNOWN.items() if key == "ReferralOffered.v1"}
    with pytest.raises(RegistryAway):
        schema_ids.learn(settings, fewer, path, lambda _: True)
    elsewhere = replace(settings, registry_url=f"{settings.registry_url}/other")
    with pytest.raises(RegistryAway):
        schema_ids.learn(elsewhere, KNOWN, path, lambda _: True)


def test_a_registry_that_was_built_anew_gives_its_new_ids(
    settings: Settings, remote: Provider, tmp_path: Path
) -> None:
    path = tmp_path / "schema_ids.json"
    learnt = schema_ids.learn(settings, KNOWN, path)
    remote.behaviour = garbage(b'{"subject": "s", "id": 4711, "version": 1, "schema": "{}"}')
    renewed = schema_ids.learn(settings, KNOWN, path)
    assert set(renewed.values()) == {4711} != set(learnt.values())
    remote.behaviour = answers(503)
    assert schema_ids.learn(settings, KNOWN, path) == renewed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"of": 1}', '{"of": "x", "ids": []}'])
def test_a_spoilt_memory_is_asked_for_anew(settings: Settings, tmp_path: Path, text: str) -> None:
    path = tmp_path / "schema_ids.json"
    path.write_text(text, encoding="utf-8")
    assert set(schema_ids.learn(settings, KNOWN, path)) == set(KNOWN)


def test_a_memory_that_cannot_be_written_keeps_no_edge_from_starting(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "schema_ids.json"
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        assert set(schema_ids.learn(settings, KNOWN, path)) == set(KNOWN)
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("told", ['"long"', "-1", "true", "100000"])
def test_the_bound_is_a_setting(tmp_path: Path, told: str) -> None:
    path = tmp_path / "one.toml"
    text = '[kafka]\n"bootstrap.servers" = "x"\n[registry]\nurl = "http://x"\nwait_s = '
    path.write_text(f"{text}{told}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"one.toml: \[registry\] wait_s must be seconds"):
        load(path)
    path.write_text(f"{text}2.5\n", encoding="utf-8")
    assert load(path).registry_wait_s == 2.5
