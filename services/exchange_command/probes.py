"""Questions whether something answers on this machine; each is a yes or no and never raises."""

import json
import socket
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from exchange_command.places import LOOPBACK
from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import SettingsError, Tls

_SECONDS = 2.0
_QUIET = {
    "enable.metrics.push": False,
    "log_level": 0,
    "socket.timeout.ms": 2000,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 200,
}


def listens(port: int) -> bool:
    """Whether somebody accepts connections on the loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_SECONDS):
            return True
    except OSError:
        return False


def taken(port: int) -> bool:
    """Whether nobody could listen on the loopback port now. Connects to nobody, so no stranger notices."""
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def answers_ok(url: str, tls: Tls | None = None) -> bool:
    """Whether a GET answers 200. `tls`: who asks."""
    return _get(url, tls) is not None


def get_json(url: str, tls: Tls | None = None) -> dict[str, object] | None:
    """The JSON object that a GET answers with 200; None for anything else."""
    try:
        body = json.loads(_get(url, tls) or b"null")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _get(url: str, tls: Tls | None) -> bytes | None:
    """The body of a 200. Asked many times a second while processes start, so without a client's set-up."""
    where = urlsplit(url)
    try:
        connection = _connection(where.netloc, tls)
    except SettingsError:
        return None
    try:
        connection.request("GET", where.path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == HTTPStatus.OK else None


def _connection(netloc: str, tls: Tls | None) -> HTTPConnection:
    if tls is None:
        return HTTPConnection(netloc, timeout=_SECONDS)
    return HTTPSConnection(netloc, timeout=_SECONDS, context=client_context(tls))


def broker_serves(kafka: Mapping[str, str]) -> bool:
    """Whether the broker takes requests of whom `kafka` names, not only connections."""
    host_port = kafka["bootstrap.servers"].rsplit(":", 1)[1]
    if not listens(int(host_port)):
        return False
    try:
        return bool(admin(kafka).list_topics(timeout=_SECONDS).brokers)
    except KafkaException:
        return False


def admin(kafka: Mapping[str, str]) -> AdminClient:
    """A client for the broker's settings that keeps quiet about a broker that is away."""
    return AdminClient({**kafka, **_QUIET})
