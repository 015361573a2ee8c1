"""Long files are begun first, and folders that have one platform stay on one worker."""

from itertools import groupby

import pytest
import sharing_out


@pytest.fixture
def shares(request: pytest.FixtureRequest) -> dict[str, int]:
    """When each share of what was collected now begins."""
    begun: dict[str, int] = {}
    for number, item in enumerate(request.session.items):
        begun.setdefault(sharing_out.share_of(item.nodeid), number)
    return begun


def test_a_file_is_shared_out_whole_and_a_folder_with_one_platform_too() -> None:
    share = sharing_out.share_of
    assert share("tests/unit/test_a.py::test_one[x::y]") == share("tests/unit/test_a.py::test_two")
    assert share("tests/unit/test_a.py::test_one") != share("tests/unit/test_b.py::test_one")
    assert share("tests/end_to_end/test_a.py::test_one") == share("tests/end_to_end/test_b.py::test_one")
    assert share("tests/end_to_end/test_a.py::test_one") == share("tests/pages/test_b.py::test_one")
    assert share("tests/integration/test_a.py::test_one") != share("tests/integration/test_b.py::test_one")


def test_what_starts_processes_is_given_out_before_all_else(shares: dict[str, int]) -> None:
    in_order = sorted(shares, key=lambda share: shares[share])
    turns = [sharing_out.turn_of(share) for share in in_order]
    assert turns == sorted(turns)
    given = [
        "tests/unit/test_a.py::test_one",
        "tests/integration/test_a.py::test_one",
        "tests/architecture/test_a.py::test_one",
        "tests/end_to_end/test_a.py::test_one",
    ]
    assert sorted(given, key=sharing_out.turn_of) == [given[3], given[1], given[0], given[2]]


def test_those_that_take_the_one_platform_stand_in_a_row(request: pytest.FixtureRequest) -> None:
    """It goes down when the next test does not take it, and does not come up again."""
    ranks = [sharing_out.rank_of(item) for item in request.session.items]
    taking = [rank for rank, _ in groupby(ranks) if rank]
    assert taking in ([], [1], [2], [1, 2])
    assert [bool(rank) for rank, _ in groupby(ranks, bool)].count(True) <= 1
