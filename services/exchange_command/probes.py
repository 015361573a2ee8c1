"""Questions whether something answers on this machine; each is a yes or no and never raises."""

import json
import socket
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from exchange_command.places import LOOPBACK

_SECONDS = 2.0
_QUIET = {
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


def answers_ok(url: str) -> bool:
    """Whether a GET answers 200."""
    return _get(url) is not None


def get_json(url: str) -> dict[str, object] | None:
    """The JSON object that a GET answers with 200; None for anything else."""
    try:
        body = json.loads(_get(url) or b"null")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _get(url: str) -> bytes | None:
    """The body of a 200. Asked many times a second while processes start, so without a client's set-up."""
    where = urlsplit(url)
    connection = HTTPConnection(where.netloc, timeout=_SECONDS)
    try:
        connection.request("GET", where.path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == HTTPStatus.OK else None


def broker_serves(bootstrap: str) -> bool:
    """Whether the broker takes requests, not only connections."""
    host_port = bootstrap.rsplit(":", 1)[1]
    if not listens(int(host_port)):
        return False
    try:
        return bool(admin(bootstrap).list_topics(timeout=_SECONDS).brokers)
    except KafkaException:
        return False


def admin(bootstrap: str) -> AdminClient:
    """A client for the broker's settings that keeps quiet about a broker that is away."""
    return AdminClient({"bootstrap.servers": bootstrap, **_QUIET})
