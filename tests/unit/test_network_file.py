"""The demonstration network is what the directory's events and vocabulary allow."""

from pathlib import Path
from typing import get_args

import pytest

from exchange_command.network import NetworkUnreadable, load_network
from referral_exchange import vocabulary
from referral_exchange.events.directory import ParticipantKind, ProgrammeRole


def test_ten_programmes_of_five_bridges_and_five_services_of_the_exchange() -> None:
    network = load_network()
    assert [len(participant.programmes) for participant in network.with_bridges] == [2] * 5
    services = {p.id: p.has_mailboxes for p in network.participants if p.kind == "exchange_service"}
    assert services == {
        "consent_ledger": False,
        "referral_router": False,
        "service_directory": True,
        "survivor_page": True,
        "operator": False,
    }


def test_kinds_and_roles_are_those_of_the_schema() -> None:
    network = load_network()
    assert {p.kind for p in network.participants} <= set(get_args(ParticipantKind))
    assert {p.role for p in network.programmes} <= set(get_args(ProgrammeRole))
    assert "unspecified" not in {p.kind for p in network.participants} | {p.role for p in network.programmes}


def test_services_streams_and_ages_are_words_of_the_vocabulary() -> None:
    for programme in load_network().programmes:
        assert set(programme.services) <= vocabulary.service_categories().keys()
        assert set(programme.funding_streams) <= vocabulary.funding_streams().keys()
        assert set(programme.age_bands) <= vocabulary.age_bands().keys()


def test_no_participant_mixes_enforcement_and_assistance() -> None:
    assert all(len({p.role for p in each.programmes}) == 1 for each in load_network().participants)


def test_ids_name_one_thing_each() -> None:
    programmes = [programme.id for programme in load_network().programmes]
    assert len(programmes) == len(set(programmes))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("participants = 1", "missing or unknown"),
        ("[[participants]]\nid = 'a-b'\nname = 'A'\nkind = 'ngo'", "programmes"),
        ("[[participants]]\nid = 'A B'\nname = 'A'\nkind = 'ngo'\nprogrammes = []", "cannot name topics"),
        ("[[participants]\n", "network.toml"),
    ],
)
def test_a_network_that_is_none_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "network.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NetworkUnreadable, match=says):
        load_network(path)
