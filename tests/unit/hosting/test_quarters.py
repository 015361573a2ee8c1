"""What each hosted participant gets: folders and keys of its own, and an enrolment that others can take."""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from coalition_kit import HOSTED, coalition_file
from cryptography import x509

from exchange_command import authority, wishes
from exchange_command.hosting import coalition, joining, quarters
from exchange_command.hosting.coalition import Coalition, Exchange, Hosted
from exchange_command.hosting.joining import NotYetIn
from exchange_command.hosting.quarters import QuartersUnsafe
from exchange_command.hosting.running import Host
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import signing


@pytest.fixture
def told(tmp_path: Path) -> Coalition:
    return coalition.load(coalition_file(tmp_path, 22600))


@pytest.fixture
def first(told: Coalition) -> Hosted:
    return told.bridges[0]


def here(tmp_path: Path) -> Places:
    return Places(tmp_path / "exchange", tmp_path / "cache", 22700)


def far(tmp_path: Path) -> Exchange:
    root = authority.authority_in(tmp_path / "authority")
    root.issue(tmp_path / "somebody", "somebody")
    return Exchange(
        bootstrap="kafka.example.org:9093",
        registry_url="https://registry.example.org",
        ledger_url="https://ledger.example.org",
        authority=tmp_path / "authority" / authority.AUTHORITY,
    )


def test_folders_are_closed_also_where_somebody_opened_them(told: Coalition, first: Hosted) -> None:
    places = quarters.places_of(told)
    quarters.make(places, first)
    key = signing.signing_file(quarters.keys_of(places, first.id), f"{first.id}-shelter")
    quarters.keys_of(places, first.id).chmod(0o755)
    key.chmod(0o644)
    before = key.read_bytes()
    quarters.make(places, first)
    assert quarters.keys_of(places, first.id).stat().st_mode & 0o777 == 0o700
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() == before


def test_a_link_in_the_place_of_a_folder_is_not_followed(
    told: Coalition, first: Hosted, tmp_path: Path
) -> None:
    places = quarters.places_of(told)
    (tmp_path / "somewhere").mkdir()
    places.home.mkdir()
    places.keys.symlink_to(tmp_path / "somewhere")
    with pytest.raises(QuartersUnsafe, match="is a link"):
        quarters.make(places, first)


def test_a_home_that_every_bridge_may_read_is_refused(told: Coalition) -> None:
    with pytest.raises(QuartersUnsafe, match="every bridge may read"):
        quarters.places_of(replace(told, home=Path(sys.prefix) / "hosted"))


def test_an_enrolment_is_one_that_the_exchange_takes(told: Coalition, first: Hosted) -> None:
    places = quarters.places_of(told)
    quarters.make(places, first)
    wish = wishes.from_file(quarters.write_enrolment(places, first))
    assert wish.participant.id == first.id
    assert wish.participant.remote
    assert b"PRIVATE" not in b"".join(
        path.read_bytes() for path in (places.home / "enrolment").rglob("*") if path.is_file()
    )


def test_settings_name_what_is_its_own_and_nothing_of_a_neighbour(
    told: Coalition, first: Hosted, tmp_path: Path
) -> None:
    places = quarters.places_of(told)
    quarters.make(places, first)
    quarters.write_settings(places, told, first, here(tmp_path))
    path = places.settings / f"ngo_bridge.{first.id}.toml"
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(text)["service"]["port"] == first.port
    assert not any(name in text for name in HOSTED[1:])


def test_an_exchange_elsewhere_is_asked_for_a_certificate_first(
    told: Coalition, first: Hosted, tmp_path: Path
) -> None:
    places, exchange = quarters.places_of(told), far(tmp_path)
    quarters.make(places, first)
    with pytest.raises(NotYetIn, match="no certificate yet"):
        joining.ask(places, exchange, first)
    folder = places.certificates / first.id
    request = x509.load_pem_x509_csr((folder / joining.REQUEST).read_bytes())
    assert request.subject.rfc4514_string() == f"CN={first.id}"
    made = (folder / authority.KEY).read_bytes()
    with pytest.raises(NotYetIn):
        joining.ask(places, exchange, first)
    assert (folder / authority.KEY).read_bytes() == made, "asking again makes no other key"

    wrong = tmp_path / "somebody" / authority.CERTIFICATE
    (folder / authority.CERTIFICATE).write_bytes(wrong.read_bytes())
    with pytest.raises(Problem, match="not the key of"):
        joining.ask(places, exchange, first)

    authority.authority_in(tmp_path / "authority").issue(folder, first.id)
    joining.ask(places, exchange, first)


def test_one_without_a_certificate_does_not_keep_the_others_from_being_prepared(
    told: Coalition, tmp_path: Path
) -> None:
    exchange = far(tmp_path)
    places = quarters.places_of(told)
    last = told.bridges[-1]
    authority.authority_in(tmp_path / "authority").issue(places.certificates / last.id, last.id)
    found = Host(replace(told, exchange=exchange), here(tmp_path)).prepare(told.bridges)
    assert [bool(bridge.problem) for bridge in found] == [True, True, False]
    assert (places.settings / f"{last.process}.toml").exists()
