"""Who may be enrolled, with which certificate, and what is kept of it: without any broker."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange_command import (
    administration,
    authority,
    doing,
    enrolled,
    given_certificate,
    python_services,
    wishes,
)
from exchange_command.administration import Leaf, LeafUnwritten
from exchange_command.authority import NameTaken
from exchange_command.certificate_change import Renewal
from exchange_command.enrolment_file import EnrolmentUnreadable
from exchange_command.given_certificate import CertificateRefused
from exchange_command.main import main
from exchange_command.network import load_network
from exchange_command.places import Places
from exchange_command.problem import Problem
from exchange_command.wishes import NobodyToEnrol
from referral_exchange import signing

RIVER = """
id = "river-house"
name = "River House"
kind = "ngo"

[[programmes]]
id = "river-shelter"
name = "River night shelter"
confidential = true
role = "assistance"
funding_streams = ["vawa"]
services = ["Housing Services"]
languages = ["en"]
region = "South Fields"
age_bands = ["adult"]
"""
LEAF = Leaf("expel", "river-house")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home with an authority, and the operator's certificate and key."""
    made = Places(tmp_path / "home", tmp_path / "cache", 21000)
    authority.authority_in(made.authority).issue(made.certificates / "operator", "operator")
    signing.make_keys(made.keys, "operator")
    return made


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "river.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_describes_a_newcomer_whose_keys_are_made_here(tmp_path: Path) -> None:
    wish = wishes.from_file(written(tmp_path, RIVER))
    assert (wish.participant.id, wish.participant.remote, wish.quota) == ("river-house", False, None)
    signing.make_keys(tmp_path, "river-shelter")
    listing = wishes.listing(wish, tmp_path)
    assert listing["programmes"][0]["programme_id"] == "river-shelter"
    assert listing["programmes"][0]["key_id"] == "1"


def test_a_quota_of_its_own_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    wish = wishes.from_file(written(tmp_path, RIVER + "[quota]\nrequest_percent = 40\n"))
    assert wish.quota is not None
    assert wish.quota.limits["request_percentage"] == 40
    for wrong in ("request_percent = -1", "request_percent = true", "speed = 3", 'request_percent = "x"'):
        with pytest.raises(EnrolmentUnreadable, match="quota"):
            wishes.from_file(written(tmp_path, f"{RIVER}[quota]\n{wrong}\n"))


@pytest.mark.parametrize("name", ["operator", "administrator", "broker", "registry", "trace_relay"])
def test_no_participant_is_called_like_a_principal(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameTaken):
        wishes.from_file(written(tmp_path, RIVER.replace("river-house", name)))


@pytest.mark.parametrize("name", ["consent_ledger", "referral_router", "service_directory", "plan_office"])
def test_no_participant_is_called_like_a_service(tmp_path: Path, name: str) -> None:
    with pytest.raises(EnrolmentUnreadable, match="service of the exchange"):
        wishes.from_file(written(tmp_path, RIVER.replace("river-house", name)))


@pytest.mark.parametrize("text", ["", "id = 3", RIVER.replace('id = "river-house"', 'id = "../x"'), "x ="])
def test_a_file_that_describes_nobody_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Problem):
        wishes.from_file(written(tmp_path, text))


def test_the_network_file_is_enrolled_by_id_or_whole_and_its_services_never() -> None:
    network = load_network()
    assert [wish.participant.id for wish in wishes.from_network(network, "harbor-house")] == ["harbor-house"]
    assert len(wishes.from_network(network, None)) == 6
    for name in ("nobody", "consent_ledger", "operator"):
        with pytest.raises(NobodyToEnrol):
            wishes.from_network(network, name)


def test_who_was_enrolled_is_known_to_the_next_up_in_its_place(places: Places, tmp_path: Path) -> None:
    before = enrolled.network_of(places)
    enrolled.keep(places, "river-house", RIVER.encode())
    enrolled.keep(places, "brook-house", RIVER.replace("river", "brook").encode())
    enrolled.keep(places, "river-house", RIVER.replace("South", "North").encode())
    after = enrolled.network_of(places)
    assert [p.id for p in after.participants[len(before.participants) :]] == ["river-house", "brook-house"]
    assert after.with_bridges[: len(before.with_bridges)] == before.with_bridges


def test_who_was_expelled_keeps_its_port_and_is_not_started(places: Places) -> None:
    before = [p.id for p in enrolled.network_of(places).with_bridges]
    enrolled.mark_expelled(places, "harbor-house")
    network = enrolled.network_of(places)
    assert [p.id for p in network.with_bridges] == before
    names = {spec.name for spec in python_services.specs(places, network)}
    assert "ngo_bridge.harbor-house" not in names
    assert "ngo_bridge.lantern-outreach" in names
    enrolled.unmark(places, "harbor-house")
    names = {spec.name for spec in python_services.specs(places, enrolled.network_of(places))}
    assert "ngo_bridge.harbor-house" in names


def issued(tmp_path: Path, principal: str, by: Path | None = None) -> tuple[Path, Path]:
    """A certificate and its key, and beside them its authority's."""
    folder = tmp_path / f"of-{principal}"
    authority.authority_in(by or tmp_path / "real").issue(folder, principal)
    return folder / "certificate.pem", folder / "key.pem"


def test_a_certificate_of_a_trusted_authority_is_taken(tmp_path: Path) -> None:
    certificate, key = issued(tmp_path, "river-house")
    given_certificate.require(certificate, "river-house", certificate.parent / "authority.pem")
    given_certificate.require_pair(certificate, key)


def test_a_certificate_that_would_not_be_taken_is_refused(tmp_path: Path) -> None:
    certificate, key = issued(tmp_path, "river-house")
    other, other_key = issued(tmp_path, "brook-house", tmp_path / "another")
    trusted = certificate.parent / "authority.pem"
    late = datetime.now(UTC) + timedelta(days=91)
    refused: list[Callable[[], Any]] = [
        lambda: given_certificate.require(certificate, "brook-house", trusted),
        lambda: given_certificate.require(certificate, "river-house", other.parent / "authority.pem"),
        lambda: given_certificate.require(certificate, "river-house", trusted, late),
        lambda: given_certificate.require(key, "river-house", trusted),
        lambda: given_certificate.require(tmp_path / "absent", "river-house", trusted),
        lambda: given_certificate.require_pair(certificate, other_key),
        lambda: given_certificate.require_pair(certificate, certificate),
    ]
    for act in refused:
        with pytest.raises(CertificateRefused):
            act()


def test_a_rotation_puts_a_new_certificate_of_the_same_name(places: Places) -> None:
    folder = places.certificates / "river-house"
    Renewal(places, "river-house").put()
    first = (folder / "certificate.pem").read_bytes()
    Renewal(places, "river-house").put()
    assert (folder / "certificate.pem").read_bytes() != first
    given_certificate.require(folder / "certificate.pem", "river-house", places.tls("operator").authority)
    given_certificate.require_pair(folder / "certificate.pem", folder / "key.pem")


class Ledger:
    """Answers `POST /v1/administration`; `status` is what it answers, None: not at all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status: int | None = 200
        self.leaves: list[dict[str, str]] = []
        self.signed: list[str] = []
        real = httpx.Client

        def client(**given: Any) -> httpx.Client:
            given.pop("verify")
            return real(**given, transport=httpx.MockTransport(self._answer))

        monkeypatch.setattr(administration.httpx, "Client", client)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.status is None:
            raise httpx.ConnectError("away", request=request)
        if self.status == 200:
            self.leaves.append(json.loads(request.content))
            self.signed.append(request.headers["signature-input"])
        return httpx.Response(self.status)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    return Ledger(monkeypatch)


def test_a_leaf_is_signed_by_the_operator(places: Places, ledger: Ledger) -> None:
    administration.write(places, LEAF)
    assert ledger.leaves == [{"action": "expel", "about": "river-house"}]
    assert 'keyid="operator/1"' in ledger.signed[0]


@pytest.mark.parametrize("status", [None, 403, 503])
def test_without_its_leaf_nothing_is_done_but_an_expulsion(
    places: Places, ledger: Ledger, status: int | None
) -> None:
    ledger.status = status
    with pytest.raises(LeafUnwritten):
        administration.write(places, Leaf("pause", "river-house"))
    assert administration.unwritten(places) == []
    assert doing.recorded_at_best(places, LEAF) is False
    assert administration.unwritten(places) == [LEAF]


def test_an_owed_leaf_is_written_before_the_next_and_only_once(places: Places, ledger: Ledger) -> None:
    ledger.status = None
    doing.recorded_at_best(places, LEAF)
    ledger.status = 200
    administration.write(places, Leaf("enrol", "brook-house"))
    administration.write(places, Leaf("pause", "brook-house"))
    assert [leaf["action"] for leaf in ledger.leaves] == ["expel", "enrol", "pause"]


def test_what_fails_in_an_expulsion_keeps_nothing_else_from_being_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails() -> bool:
        raise Problem("the broker is away")

    done = doing.do_all([("rights", fails), ("directory", lambda: True)])
    assert [(each.step, each.changed, each.problem) for each in done] == [
        ("rights", False, "the broker is away"),
        ("directory", True, ""),
    ]
    assert doing.show(LEAF, done, as_json=True, leaf_written=False) == 1
    told = capsys.readouterr()
    assert "THE LEDGER'S LOG DOES NOT SAY" in told.err
    assert json.loads(told.out)["leaf"] is False
    with pytest.raises(Problem):
        doing.do([("rights", fails), ("directory", lambda: pytest.fail("done all the same"))])


def test_enrolment_names_whom(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrol"]) == 1
    assert "--from network" in capsys.readouterr().err
    for words in (["enrol", "x.toml", "--from", "nowhere"], ["pause"], ["expel"], ["rotate"]):
        with pytest.raises(SystemExit):
            main(words)
