"""Delivery: opened before every attempt, tried until it is in, one effect where the system has a guard."""

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from edge_kit import IDENTITY, NEEDS, RECIPIENT, SENDER, Network, accepted, an_offer, offer_of
from fake_agency import Agency, AgencyServer, HttpDelivery

from participant_edge import deliver
from participant_edge.delivery import Delivery, Effect, Guard, NotDelivered
from participant_edge.edge import Edge
from referral_exchange import events
from referral_exchange.fault_points import FaultPoints


@dataclass
class Recorder:
    """An agency system in memory; fails the next `failing` times."""

    guard: Guard = "put-by-id"
    opens: bool = True
    failing: int = 0
    taken: list[Effect] = field(default_factory=list)
    attempts: list[Effect] = field(default_factory=list)

    def deliver(self, effect: Effect) -> None:
        self.attempts.append(effect)
        if self.failing:
            self.failing -= 1
            raise NotDelivered("http-503")
        self.taken.append(effect)

    def kinds(self) -> list[str]:
        return [type(effect.event).__name__ for effect in self.taken]


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def agency() -> Iterator[tuple[Agency, str]]:
    seen = Agency()
    with AgencyServer(seen) as server:
        yield seen, server.url


def test_parts_are_opened_and_handed_over_once(network: Network, sender: Edge) -> None:
    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "d")
    network.settle(sender, recipient)
    network.settle(sender, recipient)
    assert system.kinds() == ["ReferralOffered", "ReferralDisclosed"]
    assert [part.record for effect in system.taken for part in effect.parts] == [NEEDS, IDENTITY]
    assert {entry.state for entry in recipient.inbox().items} == {"delivered"}


def test_received_is_said_only_once_the_system_has_it(network: Network, sender: Edge) -> None:
    system = Recorder(failing=1)
    recipient = network.edge(RECIPIENT, system)
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    assert sender.referral(referral_id).state == "requested"
    network.clock.turn(seconds=2)
    network.settle(sender, recipient)
    assert sender.referral(referral_id).state == "received"


def test_it_is_opened_anew_before_every_attempt(network: Network, sender: Edge) -> None:
    system = Recorder(failing=3)
    recipient = network.edge(RECIPIENT, system)
    an_offer(sender, network)
    network.route()
    for _ in range(8):
        recipient.step()
        network.clock.turn(seconds=10)
    assert network.ledger.count("/v1/open") == 4
    assert len(system.taken) == 1
    assert len({effect.effect_id for effect in system.attempts}) == 1


def test_a_withdrawal_between_two_attempts_shuts_it(network: Network, sender: Edge) -> None:
    system = Recorder(failing=1)
    recipient = network.edge(RECIPIENT, system)
    referral_id = an_offer(sender, network)
    network.route()
    recipient.step()
    sender.withdraw(referral_id)
    network.clock.turn(seconds=10)
    recipient.step()
    (entry,) = recipient.inbox().items
    assert (entry.state, entry.code, entry.parts) == ("shut", "denied", 0)
    assert system.taken == []


def test_what_waits_is_shown_and_tried_ever_more_seldom(network: Network, sender: Edge) -> None:
    system = Recorder(failing=10_000)
    recipient = network.edge(RECIPIENT, system)
    an_offer(sender, network)
    network.route()
    recipient.step()
    for _ in range(900):
        deliver.turn(recipient._means, system)
        network.clock.turn(seconds=1)
    (entry,) = recipient.inbox().items
    assert entry.state == "waiting"
    assert 9 <= entry.attempts <= 13
    system.failing = 0
    network.clock.turn(seconds=300)
    recipient.step()
    assert recipient.inbox().items[0].state == "delivered"


def test_one_referral_waits_and_the_others_go_on_in_their_order(network: Network, sender: Edge) -> None:
    class Picky(Recorder):
        def deliver(self, effect: Effect) -> None:
            if getattr(effect.event, "referral_id", None) == stuck:
                raise NotDelivered("http-422")
            super().deliver(effect)

    stuck = ""
    system = Picky()
    recipient = network.edge(RECIPIENT, system)
    first, second = accepted(sender, recipient, network, "1"), accepted(sender, recipient, network, "2")
    stuck = first
    sender.disclose(first, [IDENTITY], "d1")
    sender.disclose(first, [IDENTITY], "d2")
    sender.disclose(second, [IDENTITY], "d3")
    network.settle(sender, recipient)
    assert [e.event.referral_id for e in system.taken[2:]] == [second]  # type: ignore[union-attr]
    waiting = [entry for entry in recipient.inbox().items if entry.state == "waiting"]
    assert [entry.attempts for entry in waiting] == [0, 1], "the later one waits behind the earlier"


def test_the_end_of_consent_is_delivered_before_what_waits(network: Network, sender: Edge) -> None:
    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    referral_id = accepted(sender, recipient, network)
    system.failing = 1
    sender.disclose(referral_id, [IDENTITY], "d")
    network.settle(sender, recipient)
    sender.withdraw(referral_id)
    network.settle(sender, recipient)
    network.clock.turn(seconds=60)
    network.settle(sender, recipient)
    assert system.kinds() == ["ReferralOffered", "ConsentEnded", "ConsentEnded"]


def test_nothing_is_delivered_before_the_inbox_is_read_to_its_end(network: Network, sender: Edge) -> None:
    from participant_edge.workers import Workers

    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    an_offer(sender, network)
    network.route()
    intake = recipient._workers._intake
    workers = Workers(recipient._means, intake, system, lambda: None)
    beyond = {place: end + 1 for place, end in intake.present_ends().items()}
    intake.present_ends = lambda: beyond  # type: ignore[method-assign]
    workers._read()
    workers._deliver()
    assert system.attempts == []
    assert not workers.reached_end


def test_a_message_that_comes_while_it_delivers_does_not_hold_the_others_up(
    network: Network, sender: Edge
) -> None:
    from participant_edge.workers import Workers

    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    an_offer(sender, network)
    network.route()
    intake = recipient._workers._intake
    workers = Workers(recipient._means, intake, system, lambda: None)
    ends = intake.present_ends()
    workers._read()
    an_offer(sender, network, "another")
    network.route()
    assert not intake.at_end()
    intake.present_ends = lambda: ends  # type: ignore[method-assign]
    workers._deliver()
    assert len(system.attempts) == 1


def test_an_end_that_comes_while_it_delivers_stands(network: Network, sender: Edge) -> None:
    """The system may have it by then; the message stays shut, and nothing says that it was received."""

    class Slow(Recorder):
        def deliver(self, effect: Effect) -> None:
            super().deliver(effect)
            if len(self.taken) == 1:
                sender.withdraw(referral_id)
                network.route()
                recipient._workers._intake.turn(0)

    recipient = network.edge(RECIPIENT, Slow())
    referral_id = an_offer(sender, network)
    network.route()
    recipient.step()
    offer = next(entry for entry in recipient.inbox().items if entry.kind == "ReferralOffered")
    assert (offer.state, offer.parts) == ("shut", 0)
    assert network.broker.outboxes.get("outbox.harbor-house") is None
    with recipient._means.store.read() as connection:
        from participant_edge import command_rows

        assert command_rows.unfinished(connection, None, 9) == []


@pytest.mark.parametrize(("guard", "promised"), [("idempotency-key", "once"), ("none", "at-least-once")])
def test_what_the_guard_promises_is_shown(
    network: Network, sender: Edge, guard: Guard, promised: str
) -> None:
    recipient = network.edge(RECIPIENT, Recorder(guard=guard))
    an_offer(sender, network)
    network.settle(sender, recipient)
    assert recipient.inbox().items[0].delivered == promised


def test_a_lost_answer_is_one_effect_where_keys_are_honoured(
    network: Network, sender: Edge, agency: tuple[Agency, str]
) -> None:
    seen, url = agency
    seen.answers = [500, -1, 503]
    recipient = network.edge(RECIPIENT, HttpDelivery(url))
    an_offer(sender, network)
    network.route()
    for _ in range(5):
        recipient.step()
        network.clock.turn(seconds=20)
    assert len(seen.requests) == 4
    assert [effect["event"] for effect in seen.effects] == ["ReferralOffered"]


def killed_while_delivering(network: Network, delivery: Delivery) -> None:
    """A process of its own delivers and is killed before it can remember that it did."""

    def run() -> None:
        edge = network.edge(RECIPIENT, delivery)
        object.__setattr__(edge._means, "faults", FaultPoints("participant_edge:delivered"))
        edge.step()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(("honours", "guard", "effects"), [(True, "idempotency-key", 1), (False, "none", 2)])
def test_killed_between_delivery_and_remembering_it(
    network: Network, sender: Edge, agency: tuple[Agency, str], honours: bool, guard: Guard, effects: int
) -> None:
    """With a guard the system sees one effect; without one at least once, and the inbox says so."""
    seen, url = agency
    seen.honours_keys = honours
    delivery = HttpDelivery(url, guard)
    referral_id = an_offer(sender, network)
    network.route()
    killed_while_delivering(network, delivery)
    assert len(seen.effects) == 1

    recipient = network.edge(RECIPIENT, delivery)
    network.settle(sender, recipient)
    assert len(seen.requests) == 2
    assert len(set(seen.requests)) == 1, "the effect's id is the same at every attempt"
    assert len(seen.effects) == effects
    assert recipient.inbox().items[0].delivered == ("once" if honours else "at-least-once")
    assert sender.referral(referral_id).state == "received"


def test_a_part_that_does_not_open_is_shut_and_reported(network: Network, sender: Edge) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    system = Recorder()
    an_offer(sender, network)
    network.route()
    network.sealing_keys[RECIPIENT] = X25519PrivateKey.generate()
    recipient = network.edge(RECIPIENT, system)
    recipient.step()
    (entry,) = recipient.inbox().items
    assert (entry.state, entry.code) == ("shut", "not-openable")
    kinds = [m.headers["ce_type"].decode() for m in network.broker.outboxes["outbox.harbor-house"]]
    assert kinds == ["BadMessageReported.v1"]


CONTACT = events.SafeContact(may_contact=False, voicemail=False)


def served_with_contact(network: Network, sender: Edge, recipient: Edge, key: str) -> str:
    form = network.consent(data_classes=("identity", "needs", "safe-contact"))
    given = sender.give_consent(form, f"c-{key}")
    sender.offer(offer_of(given.consent_id), f"o-{key}")
    network.settle(sender, recipient)
    recipient.answer(given.referral_id, "accepted", "accepted", f"a-{key}")
    network.settle(sender, recipient)
    return given.referral_id


def test_a_change_of_safe_contact_overtakes_what_waits(network: Network, sender: Edge) -> None:
    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    referral_id = served_with_contact(network, sender, recipient, "1")
    sender.disclose(referral_id, [IDENTITY], "disclose")
    sender.change_safe_contact([referral_id], CONTACT, "contact")
    network.route()
    recipient.step()
    recipient.step()
    assert system.kinds()[-2:] == ["SafeContactChanged", "ReferralDisclosed"]


def test_a_change_of_safe_contact_that_comes_while_it_delivers_still_comes_first(
    network: Network, sender: Edge
) -> None:
    system = Recorder()
    recipient = network.edge(RECIPIENT, system)
    first, second = (served_with_contact(network, sender, recipient, key) for key in ("1", "2"))
    for referral_id in (first, second):
        sender.disclose(referral_id, [IDENTITY], f"disclose-{referral_id}")
    network.route()
    deliver_one = system.deliver

    def deliver(effect: Effect) -> None:
        if isinstance(effect.event, events.ReferralDisclosed) and system.kinds()[-1] != "ReferralDisclosed":
            sender.change_safe_contact([second], CONTACT, "contact")
            network.route()
            recipient._workers._intake.turn(0)
        deliver_one(effect)

    system.deliver = deliver  # type: ignore[method-assign]
    for _ in range(3):
        recipient.step()
    of_second = [e.event for e in system.taken if getattr(e.event, "referral_id", "") == second]
    assert [type(event).__name__ for event in of_second[-2:]] == ["SafeContactChanged", "ReferralDisclosed"]
