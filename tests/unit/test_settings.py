"""A settings file is read whole, or refused by naming what is missing."""

from pathlib import Path

import pytest

from referral_exchange.settings import SettingsError, Tls, from_arguments, load

KAFKA = '[kafka]\n"bootstrap.servers" = "127.0.0.1:1"\n"security.protocol" = "ssl"\n'
REGISTRY = '[registry]\nurl = "http://127.0.0.1:2"\n'
REST = '[telemetry]\notlp_endpoint = "http://127.0.0.1:3"\n[service]\nport = 4\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "sample.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_section_is_passed_on(tmp_path: Path) -> None:
    settings = from_arguments("sample", ["--settings", str(written(tmp_path, KAFKA + REGISTRY + REST))])
    assert settings.kafka == {"bootstrap.servers": "127.0.0.1:1", "security.protocol": "ssl"}
    assert settings.registry_url == "http://127.0.0.1:2"
    assert settings.otlp_endpoint == "http://127.0.0.1:3"
    assert settings.need("port") == 4


def test_telemetry_and_the_service_may_be_left_out(tmp_path: Path) -> None:
    settings = load(written(tmp_path, KAFKA + REGISTRY))
    assert settings.otlp_endpoint == ""
    with pytest.raises(SettingsError, match=r"\[service\] port is missing"):
        settings.need("port")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (REGISTRY, r"sample.toml: \[kafka\] bootstrap.servers is missing"),
        (KAFKA, r"sample.toml: \[registry\] url is missing"),
        (KAFKA + "[registry]\n", r"sample.toml: \[registry\] url is missing"),
        ("[kafka", "sample.toml: Expected"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(written(tmp_path, text))


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none.toml: no such settings file; `exchange up` writes it"):
        load(tmp_path / "none.toml")


TLS = '[tls]\nauthority = "a.pem"\ncertificate = "c.pem"\nkey = "k.pem"\n'


def test_who_a_process_is_to_others_is_three_files(tmp_path: Path) -> None:
    assert load(written(tmp_path, KAFKA + REGISTRY)).tls is None
    found = load(written(tmp_path, KAFKA + REGISTRY + TLS)).tls
    assert found == Tls(Path("a.pem"), Path("c.pem"), Path("k.pem"))


@pytest.mark.parametrize(
    "section",
    ["[tls]\n", TLS.replace('"k.pem"', '""'), TLS.replace('"k.pem"', "7"), TLS + 'ca = "x"\n'],
)
def test_a_section_tls_is_whole_or_refused(tmp_path: Path, section: str) -> None:
    with pytest.raises(SettingsError, match=r"\[tls\] names the PEM files authority, certificate, key"):
        load(written(tmp_path, KAFKA + REGISTRY + section))
