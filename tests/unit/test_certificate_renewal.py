"""New certificate files are taken once they can be used; until then the old client stays."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from referral_exchange.runtime import renewal
from referral_exchange.runtime.renewal import Renewal


class Made:
    """A client; `bad` ones do not reach the broker."""

    def __init__(self, bad: bool = False) -> None:
        self.bad = bad

    def list_topics(self, timeout: float) -> None:
        if self.bad:
            raise KafkaException(KafkaError(KafkaError._SSL))


@pytest.fixture
def kafka(tmp_path: Path) -> dict[str, str]:
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    for path in files.values():
        path.write_text("old")
    return {f"ssl.{name}.location": str(path) for name, path in files.items()}


def replaced(kafka: dict[str, str], content: str = "newer") -> None:
    Path(kafka["ssl.certificate.location"]).write_text(content)


def test_as_long_as_the_files_stay_the_client_stays(kafka: dict[str, str]) -> None:
    assert Renewal(kafka, every_s=0).of(Made) is None  # type: ignore[type-var]


def test_a_replaced_file_brings_a_new_client_once(kafka: dict[str, str]) -> None:
    renews: Any = Renewal(kafka, every_s=0)
    replaced(kafka)
    assert isinstance(renews.of(Made), Made)
    assert renews.of(Made) is None


def test_what_the_broker_does_not_take_leaves_the_old_client_and_is_tried_again(
    kafka: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "_AGAIN_S", 0.0)
    renews: Any = Renewal(kafka, every_s=0)
    replaced(kafka)
    assert [renews.of(lambda: Made(bad=True)) for _ in range(2)] == [None, None]
    assert isinstance(renews.of(Made), Made)


def test_what_cannot_be_used_is_not_tried_every_second(kafka: dict[str, str]) -> None:
    renews: Any = Renewal(kafka, every_s=0)
    replaced(kafka)
    tries = [renews.of(lambda: Made(bad=True)) for _ in range(2)]
    assert tries == [None, None]
    assert renews.of(Made) is None


def test_a_file_that_is_missing_for_a_moment_changes_nothing(kafka: dict[str, str]) -> None:
    renews: Any = Renewal(kafka, every_s=0)
    Path(kafka["ssl.key.location"]).unlink()
    assert renews.of(Made) is None
    Path(kafka["ssl.key.location"]).write_text("new key")
    assert isinstance(renews.of(Made), Made)


def test_a_client_without_certificates_is_never_made_anew() -> None:
    renews: Any = Renewal({"bootstrap.servers": "127.0.0.1:1"}, every_s=0)
    assert renews.of(Made) is None


def test_the_files_are_looked_at_no_more_often_than_told(kafka: dict[str, str]) -> None:
    renews: Any = Renewal(kafka, every_s=3600)
    replaced(kafka)
    assert renews.of(Made) is None
