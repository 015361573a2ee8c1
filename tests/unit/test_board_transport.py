"""The board's Kafka settings mean to Faust what they mean to librdkafka."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from faust.auth import SASLCredentials
from faust.types.auth import AuthProtocol

from referral_exchange.settings import SettingsError
from status_board import contact, transport


def test_plain_text_needs_no_credentials() -> None:
    assert transport.credentials({"bootstrap.servers": "127.0.0.1:9092"}) is None


def test_tls_checks_the_broker() -> None:
    found = transport.credentials({"bootstrap.servers": "b:9093", "security.protocol": "SSL"})
    assert found is not None
    assert found.protocol is AuthProtocol.SSL
    assert found.context.verify_mode is ssl.CERT_REQUIRED
    assert found.context.check_hostname


def test_a_name_and_a_password_go_over_tls() -> None:
    found = transport.credentials(
        {
            "bootstrap.servers": "b:9093",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "board",
            "sasl.password": "kept-elsewhere",
        }
    )
    assert isinstance(found, SASLCredentials)
    assert found.ssl_context is not None
    assert (found.protocol, found.mechanism.value) == (AuthProtocol.SASL_SSL, "SCRAM-SHA-512")


def test_a_setting_it_cannot_follow_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"ssl\.cipher\.suites") as refused:
        transport.credentials({"bootstrap.servers": "b:9093", "ssl.cipher.suites": "kept-elsewhere"})
    assert "kept-elsewhere" not in str(refused.value)


def test_nothing_connects_before_the_app_starts(tmp_path: Path) -> None:
    app = transport.new_app({"bootstrap.servers": "127.0.0.1:1,127.0.0.1:2"}, tmp_path)
    assert isinstance(app.transport, transport.ReadCommitted)
    assert [url.port for url in app.conf.broker] == [1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_has_not_answered_lately_is_lost(tmp_path: Path) -> None:
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    told = contact.Contact(
        transport.new_app({"bootstrap.servers": "127.0.0.1:1"}, tmp_path), "referral-progress"
    )
    assert told.is_lost(noon)
    told.answered_at = noon
    assert not told.is_lost(noon + contact.OLD)
    assert told.is_lost(noon + contact.OLD + timedelta(seconds=1))
