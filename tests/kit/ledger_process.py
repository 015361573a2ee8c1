"""The ledger as a real process on a real broker, with a database of its own and a point to die at."""

import base64
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx
from warm_start import Warm

from exchange_command import probes
from exchange_command.platform import Platform
from exchange_command.service_settings import connections, to_toml
from referral_exchange import fault_points, ids
from referral_exchange.http_signature import SignedAs
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import Tls
from referral_exchange.signing import load_signer

SENDER, RECIPIENT = "lantern-case-management", "meadow-housing"
_SECONDS = 40.0


def until(what: str, holds: Callable[[], bool]) -> None:
    """Waits for a condition. Raises AssertionError naming it when it takes too long."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


class LedgerProcess:
    """Starts, kills and asks one ledger."""

    def __init__(self, platform: Platform, folder: Path, port: int, url: str | None = None) -> None:
        self._platform = platform
        self.database = url or f"sqlite:///{folder}/ledger.db"
        self.folder = folder
        self.port = port
        self.log = folder / "ledger.log"
        self._settings = folder / f"ledger.{port}.toml"
        self._process: Warm | None = None
        self.operator = platform.places.tls("operator")
        places = platform.places
        sections = {
            **connections(places, "consent_ledger"),
            "service": {
                "port": port,
                "keys": str(places.keys),
                "database": self.database,
                "epoch_keys": str(folder / "epochs"),
                "faults": True,
            },
        }
        text = to_toml(sections) + "acknowledged_within_s = 6.0\n"
        self._settings.write_text(text, encoding="utf-8")

    def launch(self, fault: str | None = None) -> None:
        """Starts it, to die at `fault` where one is given."""
        environment = {**os.environ, fault_points.VARIABLE: fault or "none"}
        with self.log.open("ab") as log:
            arguments = ["-m", "consent_ledger", "--settings", str(self._settings)]
            self._process = Warm(arguments, log, environment=environment)

    def start(self, fault: str | None = None) -> None:
        """Starts it and waits until it is ready."""
        self.launch(fault)
        until("the ledger is ready", lambda: probes.answers_ok(f"{self.url}/health/ready", self.operator))

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`backup`, `restore` or `step-back`, with this ledger's settings."""
        asked = ["-m", "consent_ledger", name, "--settings", str(self._settings), *arguments]
        with TemporaryFile() as output, TemporaryFile() as errors:
            code = Warm(asked, output, errors).wait(_SECONDS * 2)
            told = [_whole(each) for each in (output, errors)]
        return subprocess.CompletedProcess(asked, code, *told)

    def ended(self) -> int:
        """Waits for its end; the exit code, negative for a signal."""
        assert self._process is not None
        return self._process.wait(_SECONDS)

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Ends it by a signal; the exit code. Harmless when it does not run."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
        return self.ended()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def tls(self, programme: str) -> Tls:
        """The certificate of the participant that runs `programme`."""
        everyone = self._platform.network.participants
        return self._platform.places.tls(
            next(p.id for p in everyone if programme in (q.id for q in p.programmes))
        )

    def client(self, programme: str, shows: str | None = None) -> httpx.Client:
        """Signs as `programme`, and shows its own participant's certificate, or that of `shows`."""
        auth = SignedAs(load_signer(self._platform.places.keys, programme))
        own = client_context(self._platform.places.tls(shows) if shows else self.tls(programme))
        return httpx.Client(base_url=self.url, auth=auth, timeout=20.0, trust_env=False, verify=own)

    def post(self, programme: str, path: str, body: object) -> httpx.Response:
        """One signed request. Raises httpx.TransportError where the ledger died over it."""
        with self.client(programme) as client:
            return client.post(path, json=body)

    def told(self, consent_id: str) -> list[Read]:
        """Every record of that consent on the topic, oldest first."""
        kafka = self._platform.places.kafka("administrator")
        tail = Tail(clients.consumer(kafka, f"test.{ids.fresh()}"), clients.admin(kafka))
        tail.assign({Partition("consents", number): 0 for number in range(6)})
        try:
            reads = [read for batch in tail.read_to(tail.present_ends(), 10.0) for read in batch]
        finally:
            tail.close()
        return [read for read in reads if read.key == consent_id.encode()]

    def told_types(self, consent_id: str) -> list[str]:
        return [text(read_headers(read.headers), "ce_type") for read in self.told(consent_id)]

    def told_ids(self, consent_id: str) -> list[str]:
        return [text(read_headers(read.headers), "ce_id") for read in self.told(consent_id)]


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def a_consent(**changes: object) -> dict[str, object]:
    """A sound POST /v1/consents from SENDER to RECIPIENT."""
    return {
        "consent_id": ids.fresh(),
        "return_consent_id": ids.fresh(),
        "referral_id": ids.fresh(),
        "subject_token": ids.fresh(),
        "discloser": SENDER,
        "recipient": RECIPIENT,
        "purpose": "services",
        "data_classes": ["needs", "identity"],
        "comes_back": ["service-status"],
        "signer_role": "self",
        "signer_is_abuser": False,
        "subject_is_minor": False,
        "minor_may_sign_alone": False,
        "minor_signed": False,
        "services_conditioned": False,
        "form_commitment": base64.b64encode(bytes(32)).decode(),
        "language": "es",
        "explained_at": _from_now(-3600),
        "signed_at": _from_now(-1800),
        "ends_at": _from_now(30 * 86400),
        "funding_streams": ["voca", "vawa"],
        **changes,
    }


def _from_now(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
