"""Following by pages through two real edges: a handover, a withdrawal arriving, one asked elsewhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from bridge_kit import a_client, a_config
from edge_kit import RECIPIENT, SENDER, Network, accepted, an_offer
from page_kit import Browser, words_of

from ngo_bridge.app import build
from participant_edge.edge import Edge

NAME = "Invented Marigold"


class Office:
    """One NGO: its edge, and a browser at its bridge."""

    def __init__(self, network: Network, programme: str, folder: Path) -> None:
        self.edge: Edge = network.edge(programme)
        config = a_config(folder / programme, programmes=(programme,))
        self.browser = Browser(a_client(build(self.edge, config, network.clock.now)))

    def says(self, path: str) -> str:
        return words_of(self.browser.go(path))


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


@pytest.fixture
def sender(network: Network, tmp_path: Path) -> Office:
    return Office(network, SENDER, tmp_path)


@pytest.fixture
def recipient(network: Network, tmp_path: Path) -> Office:
    return Office(network, RECIPIENT, tmp_path)


def test_a_withdrawal_is_seen_arriving_at_the_recipient(
    network: Network, sender: Office, recipient: Office
) -> None:
    referral_id = an_offer(sender.edge, network)
    page = f"/referrals/{referral_id}"
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    version = recipient.browser.press("Show what is needed").one("main")["data-version"]

    sender.browser.go(f"/withdraw/{referral_id}")
    sender.browser.press("Yes, take it back now")
    network.settle(sender.edge, recipient.edge)

    assert "Close what you have open now." in recipient.says(page)
    assert recipient.browser.page.one("main")["data-version"] != version
    assert "The yes was taken back. Delete what you opened" in recipient.says("/")
    recipient.browser.go(page)
    recipient.browser.press("We deleted all of it")
    assert "You have told us what became of it." in recipient.says(page)
    network.settle(sender.edge, recipient.edge)
    assert "deleted what it had opened" in sender.says("/")


def test_a_withdrawal_asked_at_another_desk_ends_the_yes_where_it_was_written(
    network: Network, sender: Office, recipient: Office, tmp_path: Path
) -> None:
    written = an_offer(sender.edge, network)
    network.settle(sender.edge, recipient.edge)

    recipient.browser.go("/withdraw/elsewhere")
    recipient.browser.press("Ask them to take it back", to=SENDER, chosen_name=NAME, asked="yes")
    page = recipient.browser.answer.url.path
    network.settle(sender.edge, recipient.edge)

    assert "asks to take a yes back" in sender.says("/")
    sender.browser.go(page)
    assert NAME in words_of(sender.browser.press("Show what is needed"))
    sender.browser.go(f"/withdraw/{written}")
    sender.browser.press("Yes, take it back now")
    sender.browser.go(page)
    sender.browser.press("We took it back")
    network.settle(sender.edge, recipient.edge)

    said = recipient.says(page)
    assert "They took the yes back." in said
    assert "last day" not in said
    assert "Close what you have open now." in recipient.says(f"/referrals/{written}")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert NAME.encode() not in kept


def test_a_desk_that_finds_no_yes_says_so(network: Network, sender: Office, recipient: Office) -> None:
    recipient.browser.go("/withdraw/elsewhere")
    recipient.browser.press("Ask them to take it back", to=SENDER, chosen_name=NAME, asked="yes")
    page = recipient.browser.answer.url.path
    network.settle(sender.edge, recipient.edge)
    sender.browser.go(page)
    sender.browser.press("We did not take it back", why="other-programme-fits")
    network.settle(sender.edge, recipient.edge)
    said = recipient.says(page)
    assert "They did not take it back." in said
    assert "We find no yes of this person" in said


def test_a_warm_handover_is_seen_by_both_sides(network: Network, sender: Office, recipient: Office) -> None:
    referral_id = accepted(sender.edge, recipient.edge, network)
    page = f"/referrals/{referral_id}"
    recipient.browser.go(page)
    day = (network.clock.now() + timedelta(days=2)).date().isoformat()
    recipient.browser.press(
        "Send the time", day=day, hour="10:00", introduction="sender-brings", role="advocate"
    )
    network.settle(sender.edge, recipient.edge)
    for office in (sender, recipient):
        said = office.says(page)
        assert "When you meet" in said
        assert "The service that asked brings the person" in said
        assert "An advocate" in said
