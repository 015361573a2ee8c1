"""Notices beside edges that offer, answer, hand over and withdraw to each other: who is told of what."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_kit import IDENTITY, RECIPIENT, SENDER, Network, an_offer
from notice_kit import LADDER, MEMORY, PaperWays

from participant_edge.edge import Edge
from participant_edge.notices.notices import Notices
from participant_edge.notices.settings import NoticeSettings
from participant_edge.notices.store import NoticeStore


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


class Watched:
    """An edge with notices of its own."""

    def __init__(self, network: Network, programme: str) -> None:
        self.edge: Edge = network.edge(programme)
        self.ways = PaperWays()
        self.store = NoticeStore(f"sqlite:///{network.folder}/{programme}.notices.db")
        settings = NoticeSettings(ladder=LADDER)
        self.notices = Notices(self.edge, settings, self.store, MEMORY, clock=network.clock, ways=self.ways)

    def waits(self) -> list[str]:
        self.notices.step()
        return [matter.kind for matter in self.notices.waiting()]


@pytest.fixture
def both(network: Network) -> Iterator[tuple[Watched, Watched]]:
    watched = Watched(network, SENDER), Watched(network, RECIPIENT)
    yield watched
    for each in watched:
        each.store.close()
        each.edge.stop()


def test_each_side_is_told_of_what_waits_for_it_until_it_did_its_part(
    network: Network, both: tuple[Watched, Watched]
) -> None:
    sender, recipient = both
    referral_id = an_offer(sender.edge, network)
    network.settle(sender.edge, recipient.edge)
    assert (sender.waits(), recipient.waits()) == ([], ["answer-wanted"])
    assert recipient.ways.told == [("duty", "email")]

    recipient.edge.answer(referral_id, "accepted", "accepted", "answer-1")
    network.settle(sender.edge, recipient.edge)
    assert (sender.waits(), recipient.waits()) == (["accepted"], [])

    sender.edge.disclose(referral_id, [IDENTITY], "disclose-1")
    network.settle(sender.edge, recipient.edge)
    assert (sender.waits(), recipient.waits()) == ([], [])

    sender.edge.withdraw(referral_id)
    network.settle(sender.edge, recipient.edge)
    assert (sender.waits(), recipient.waits()) == ([], ["purge-wanted"])

    recipient.edge.answer_purge(referral_id, "purged", "purge-1")
    network.settle(sender.edge, recipient.edge)
    assert (sender.waits(), recipient.waits()) == ([], [])
    assert sender.ways.told == [("duty", "email")]


def test_who_declined_is_told_nothing_more_and_who_asked_is_told_once(
    network: Network, both: tuple[Watched, Watched]
) -> None:
    sender, recipient = both
    referral_id = an_offer(sender.edge, network)
    network.settle(sender.edge, recipient.edge)
    recipient.edge.answer(referral_id, "declined", "no-room", "answer-1")
    network.settle(sender.edge, recipient.edge)
    sender.waits()
    assert sender.ways.told == [("duty", "email")]
    assert sender.waits() == []
