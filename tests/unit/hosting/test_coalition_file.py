"""A coalition's file: what it may say, and that nothing in it lets two bridges share anything."""

from pathlib import Path

import pytest
from coalition_kit import HOSTED, coalition_file

from exchange_command.hosting import coalition
from exchange_command.hosting.coalition import CoalitionUnreadable
from exchange_command.problem import Problem


def written(tmp_path: Path, old: str = "", new: str = "", more: str = "") -> Path:
    path = coalition_file(tmp_path, 22500, more=more)
    text = path.read_text(encoding="utf-8")
    assert not old or old in text
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return path


def test_a_file_names_whom_to_host(tmp_path: Path) -> None:
    told = coalition.load(written(tmp_path))
    assert [bridge.id for bridge in told.bridges] == list(HOSTED)
    assert [bridge.port for bridge in told.bridges] == [22500, 22501, 22502]
    assert told.home == tmp_path / "hosted"
    assert told.walls
    assert told.exchange is None


def test_an_exchange_elsewhere_limits_and_a_home_may_be_named(tmp_path: Path) -> None:
    more = (
        'home = "elsewhere"\n[exchange]\nbootstrap = "kafka.example.org:9093"\n'
        'registry_url = "https://registry.example.org"\nledger_url = "https://ledger.example.org"\n'
        'authority = "authority.pem"\n[limits]\nmemory_mb = 512\n'
    )
    told = coalition.load(written(tmp_path, more=more))
    assert told.home == tmp_path / "elsewhere"
    assert told.limits.memory_mb == 512
    assert told.exchange is not None
    assert told.exchange.authority == tmp_path / "authority.pem"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 22501", "port = 22500", "port 22500"),
        ('id = "willow-rest"', 'id = "cedar-haven"', "id cedar-haven"),
        ("willow-rest-shelter", "cedar-haven-shelter", "programme cedar-haven-shelter"),
        ("port = 22501", "port = 80", "from 1024"),
        ('id = "willow-rest"', 'id = "operator"', "principal of the exchange"),
        ('kind = "ngo"', 'kind = "exchange_service"', "a hosted bridge is"),
        ("timezone", "timezones", "knows no timezones"),
    ],
)
def test_what_would_be_shared_or_is_unknown_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        coalition.load(written(tmp_path, old, new))


def test_a_database_of_two_is_refused_without_its_address(tmp_path: Path) -> None:
    secret = "postgresql+psycopg://somebody:invented-secret@db.example.org/one"
    path = written(tmp_path, 'kind = "ngo"', f'kind = "ngo"\ndatabase = "{secret}"')
    with pytest.raises(CoalitionUnreadable, match="database of two is the same") as refused:
        coalition.load(path)
    assert "invented-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "more", ["walls = 1\n", "[limits]\nmemory_mb = 0\n", "[limits]\ncores = 2\n", "hoem = 'x'\n", "walls ="]
)
def test_a_wrong_word_at_the_top_is_refused(tmp_path: Path, more: str) -> None:
    with pytest.raises(CoalitionUnreadable):
        coalition.load(written(tmp_path, more=more))


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(CoalitionUnreadable):
        coalition.load(tmp_path / "none.toml")


def test_one_that_is_not_in_the_file_cannot_be_chosen(tmp_path: Path) -> None:
    told = coalition.load(written(tmp_path))
    assert [each.id for each in told.chosen(["willow-rest"])] == ["willow-rest"]
    with pytest.raises(CoalitionUnreadable, match="oak-hall"):
        told.chosen(["oak-hall"])
