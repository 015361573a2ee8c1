"""The restore drill, played from its page: what was withdrawn stays shut, what lived waits for a word."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from ledger_process import RECIPIENT, SENDER, a_consent
from named_tests import TOP
from runbook_kit import steps_of

from exchange_command.places import Places
from exchange_command.platform import Platform
from referral_exchange.http_signature import SignedAs
from referral_exchange.runtime.tls import client_context
from referral_exchange.signing import load_signer

_PARTICIPANTS = {SENDER: "lantern-outreach", RECIPIENT: "meadow-collective"}


class Drill:
    """A home of its own, in which the page's commands are run as they stand."""

    def __init__(self, home: Path, cache: Path, port_base: int) -> None:
        self.places = Places(home, cache, port_base)
        self._steps = {title[0]: text for title, text in steps_of("restore-drill.md").items()}

    def play(self, number: str) -> str:
        """Runs the shell blocks of one step; what they say."""
        # The page's own home and ports give way to the test's; all else is taken as it is written.
        text = "\n".join(
            line for line in self._steps[number].splitlines() if "EXCHANGE_PORT_BASE" not in line
        )
        text = text.replace("python ", f'"{sys.executable}" ')
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=TOP,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"step {number}: {done.stdout}{done.stderr}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        own = {
            "EXCHANGE_HOME": str(self.places.home),
            "EXCHANGE_CACHE": str(self.places.cache),
            "EXCHANGE_PORT_BASE": str(self.places.port_base),
            "LEDGER": str(self.places.settings / "consent_ledger.toml"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        return {**os.environ, **own}

    def post(self, programme: str, path: str, body: object) -> httpx.Response:
        """One signed request to the home's ledger."""
        auth = SignedAs(load_signer(self.places.keys, programme))
        own = client_context(self.places.tls(_PARTICIPANTS[programme]))
        address = self.places.address("consent_ledger")
        with httpx.Client(base_url=address, auth=auth, timeout=20.0, trust_env=False, verify=own) as client:
            return client.post(path, json=body)

    def lock(self, body: dict[str, object]) -> dict[str, object]:
        """A part sealed under that consent, as its recipient asks for it."""
        named = {name: body[name] for name in ("consent_id", "referral_id")}
        blob = base64.b64encode(b"a blob").decode()
        part = {**named, "recipient": RECIPIENT, "data_class": "identity", "blob": blob}
        answer = self.post(SENDER, "/v1/seal", {"parts": [part]})
        assert answer.status_code == 200, answer.text
        return {**named, "lock": answer.json()["locks"][0]}

    def opens(self, lock: dict[str, object]) -> int:
        """What the ledger answers to who asks to open it."""
        return self.post(RECIPIENT, "/v1/open", {"locks": [lock]}).status_code


@pytest.fixture
def drill(
    tmp_path: Path,
    jar_cache: Path,
    new_port_base: Callable[[], int],
    guarded: Callable[[Platform], AbstractContextManager[None]],
) -> Iterator[Drill]:
    base = new_port_base()
    home = tmp_path / "restore-drill"
    with guarded(Platform.at(home, jar_cache, base)):
        yield Drill(home, jar_cache, base)


def test_the_drill_as_it_is_written(drill: Drill) -> None:
    kept, before, after = a_consent(), a_consent(), a_consent()
    drill.play("1")
    for body in (kept, before, after):
        assert drill.post(SENDER, "/v1/consents", body).status_code == 201
    locks = [drill.lock(body) for body in (kept, before, after)]
    assert drill.post(SENDER, "/v1/withdrawals", {"consent_id": before["consent_id"]}).status_code == 200
    assert "rows are in ledger.backup" in drill.play("2")
    assert drill.opens(locks[2]) == 200
    assert drill.post(SENDER, "/v1/withdrawals", {"consent_id": after["consent_id"]}).status_code == 200
    # What is told, is told in its order: once the broker has this one, it has the withdrawal.
    assert drill.post(SENDER, "/v1/consents", a_consent()).status_code == 201
    drill.play("3")
    said = drill.play("4")
    assert "2 wait for their discloser's word, 2 ended since" in said, said
    assert [drill.opens(lock) for lock in locks] == [409, 403, 403]
    assert drill.play("5").count("holds:") == 2
    asked = {"consent_ids": [body["consent_id"] for body in (kept, after)]}
    told = drill.post(SENDER, "/v1/confirmations", asked).json()["confirmed"]
    assert sorted(line["standing"] for line in told) == ["live", "withdrawn"]
    assert [drill.opens(lock) for lock in locks] == [200, 403, 403]
    drill.play("6")
    assert not drill.places.home.exists()
