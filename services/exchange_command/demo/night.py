"""The acts of the night, in order. Each does real things over HTTP and awaits what must follow."""

from collections.abc import Callable
from dataclasses import dataclass, field

from exchange_command.demo.board_view import BoardView
from exchange_command.demo.ngo import Ngo, Refused
from exchange_command.demo.stage import Stage
from exchange_command.demo.stories import Story
from exchange_command.demo.waiting import until

ATTEMPTS = 25
"""How often the demo tries to open again after the withdrawal, by each of two ways."""


@dataclass(slots=True)
class Journey:
    """One referral as the night saw it; `states` in the order in which they were seen."""

    referral_id: str
    consent_id: str
    story: Story
    recipient: str
    states: list[str] = field(default_factory=list)

    def stands(self, state: str) -> None:
        """Notes a state, once."""
        if state not in self.states:
            self.states.append(state)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What the withdrawal came to."""

    attempts_after: int
    opens_after: int
    recipients_told: int
    recipients_answered: int


@dataclass(slots=True)
class Night:
    """The parties, and what they did. `programmes`: participant by programme."""

    stage: Stage
    ngos: dict[str, Ngo]
    programmes: dict[str, str]
    stories: dict[str, Story]
    board: BoardView
    broker_holds: Callable[[str], int]
    kill: Callable[[str], None]
    restart: Callable[[str], None]
    try_at_ledger: Callable[[Journey], Callable[[], bool]]
    """Gives what asks the ledger itself, with the recipient's own key and locks, whether they open."""
    journeys: list[Journey] = field(default_factory=list)

    def ngo(self, programme: str) -> Ngo:
        """The NGO that runs `programme`."""
        return self.ngos[self.programmes[programme]]

    def play(self) -> Withdrawn:
        """The whole night."""
        self.offer_and_decline()
        accepted = self.accept_and_disclose()
        self.refuse_without_consent(accepted)
        self.survive_a_crash()
        self.reach_an_outcome(accepted)
        return self.withdraw()

    def offer_and_decline(self) -> None:
        """The first programme asked has no room: it saw a need, never a name."""
        story = self.stories["farm"]
        self.stage.act("1  A need is offered, without a name")
        assert story.asked_first is not None
        journey = self.offered(story, story.asked_first)
        needs = self.ngo(journey.recipient).open(journey.referral_id)["needs"]
        self.stage.say("recipient", f"{journey.recipient}: {', '.join(needs['services'])}; {needs['region']}")
        self.stage.say("recipient", "no name, no number, no place")
        self.stage.act("2  Declined for no room; the next one accepts; only then a name")
        self.answered(journey, "declined", "no-room")

    def accept_and_disclose(self) -> Journey:
        """The next programme accepts, and only then learns who it is."""
        story = self.stories["farm"]
        journey = self.offered(story, story.recipient)
        self.ngo(journey.recipient).open(journey.referral_id)
        self.answered(journey, "accepted", "accepted")
        self.disclosed(journey)
        return journey

    def refuse_without_consent(self, journey: Journey) -> None:
        """A class that the consent does not name is refused before anything reaches the broker."""
        self.stage.act("3  Without consent: nothing leaves the building")
        sender = self.ngo(journey.story.sender)
        before = self.broker_holds(sender.participant)
        beyond = {"parts": [{"data_class": "location", "fields": {"place": "an invented orchard"}}]}
        try:
            sender.post(f"/v1/referrals/{journey.referral_id}/disclosures", beyond)
        except Refused as refused:
            rule, law = refused.problem.get("rule", "?"), refused.problem.get("law", "?")
            self.stage.say("sender", f"Stopped: {rule}, {law}", strong=True)
        else:
            raise AssertionError("a class without consent was disclosed")
        if self.broker_holds(sender.participant) != before:
            raise AssertionError("something reached the broker without consent")
        self.stage.say("broker", "0 bytes")

    def survive_a_crash(self) -> None:
        """The recipient's bridge is killed; the board shows the referral waiting; then it arrives once."""
        story = self.stories["youth"]
        recipient = self.ngo(story.recipient)
        self.stage.act("4  The recipient's computer dies; nothing is lost, nothing comes twice")
        self.kill(recipient.participant)
        self.stage.say("recipient", f"{recipient.participant}: killed", strong=True)
        journey = self.sent(story, story.recipient)
        row = until(lambda: self.board.waiting(journey.referral_id), 15, "the board shows it waiting")
        self.stage.say(
            "operator", f"WAITING: {story.recipient}, {row['urgency']}, {row['age_s']:.0f} s", strong=True
        )
        self.restart(recipient.participant)
        self.stage.say("recipient", f"{recipient.participant}: back", strong=True)
        self.received(journey)
        count = recipient.deliveries(journey.referral_id)
        if count != 1:
            raise AssertionError(f"delivered {count} times")
        self.stage.say("recipient", "delivered: once")
        until(lambda: self.board.moved_on(journey.referral_id), 15, "the board shows it delivered")
        self.stage.say("operator", "no longer waiting")
        recipient.open(journey.referral_id)
        self.answered(journey, "accepted", "accepted")
        self.disclosed(journey)

    def reach_an_outcome(self, journey: Journey) -> None:
        """Service status comes back until there is an outcome."""
        self.stage.act("5  Status comes back, until an outcome")
        self.reported(journey, "in-progress", {"sub_state": "scheduled"})
        self.reported(journey, "completed", {"outcome": journey.story.outcome})
        opened = self.ngo(journey.story.sender).open(journey.referral_id)
        self.stage.say("sender", f"outcome, sealed for us: {opened['service-status'].get('outcome')}")

    def withdraw(self) -> Withdrawn:
        """The survivor takes it back; who had opened is told and answers; nobody opens again."""
        story = self.stories["home"]
        self.stage.act("6  Taken back: from the answer on, nobody opens")
        journey = self.offered(story, story.recipient)
        sender, recipient = self.ngo(story.sender), self.ngo(story.recipient)
        recipient.open(journey.referral_id)
        self.answered(journey, "accepted", "accepted")
        self.disclosed(journey)
        opens_at_ledger = self.try_at_ledger(journey)
        if not opens_at_ledger():
            raise AssertionError("the recipient could not open before the withdrawal")
        answer = sender.post("/v1/withdrawals", {"referral_id": journey.referral_id})
        self.stage.say("survivor", f"withdrawn: {answer['state']}", strong=True)
        opened = sum(opens_at_ledger() + self._opens(recipient, journey) for _ in range(ATTEMPTS))
        self.stage.say("recipient", f"tried {2 * ATTEMPTS} times to open again: {opened} opened", strong=True)
        recipient.arrived(journey.referral_id, "cancelled")
        path = f"/v1/referrals/{journey.referral_id}/purge-answers"
        recipient.post(path, {"purge": "purged"})
        self.stage.say("recipient", "answered: purged")
        told = until(lambda: self._told(sender, journey), 20, "the purge answer at the sender")
        journey.stands("cancelled")
        self.stage.say("sender", f"everyone told: {told['state']}; answered: purged")
        self.show_disclosures(journey)
        return Withdrawn(2 * ATTEMPTS, opened, 1, len(told["purge_answers"]))

    def offered(self, story: Story, recipient: str) -> Journey:
        """Consent, then the offer, until the recipient has it."""
        journey = self.sent(story, recipient)
        self.received(journey)
        return journey

    def sent(self, story: Story, recipient: str) -> Journey:
        """Consent, then the offer, acknowledged by the broker."""
        sender = self.ngo(story.sender)
        consent = sender.consent(story, recipient)
        self.stage.say("survivor", f"Yes to {recipient}, 30 days: {', '.join(story.data_classes)}")
        offer = sender.offer(story, consent["consent_id"])
        journey = Journey(offer["referral_id"], consent["consent_id"], story, recipient, ["requested"])
        self.journeys.append(journey)
        self.stage.say("sender", f"{story.title}: offered to {recipient} ({story.urgency})")
        return journey

    def received(self, journey: Journey) -> None:
        """Awaits that the sender sees the recipient has it."""
        self.ngo(journey.story.sender).arrived(journey.referral_id, "received")
        journey.stands("received")

    def answered(self, journey: Journey, answer: str, reason: str) -> None:
        """The recipient answers; awaits that the sender sees it."""
        state = {"accepted": "accepted", "declined": "rejected"}[answer]
        path = f"/v1/referrals/{journey.referral_id}/answers"
        self.ngo(journey.recipient).post(path, {"answer": answer, "reason": reason})
        self.stage.say("recipient", f"{journey.recipient}: {answer}", strong=True)
        self.ngo(journey.story.sender).arrived(journey.referral_id, state)
        journey.stands(state)
        self.stage.say("sender", f"{journey.recipient} {answer}")

    def disclosed(self, journey: Journey) -> None:
        """The sender discloses; the recipient opens and reads the name, alone."""
        self.ngo(journey.story.sender).disclose(journey.story, journey.referral_id)
        recipient = self.ngo(journey.recipient)
        parts = until(lambda: self._identity(recipient, journey), 20, "the identity at the recipient")
        self.stage.say("recipient", f"opened: {parts['chosen_name']} ({parts['pronouns']})", strong=True)
        self.show_disclosures(journey)

    def reported(self, journey: Journey, state: str, detail: dict[str, str]) -> None:
        """The recipient reports service status; awaits that the sender sees it."""
        path = f"/v1/referrals/{journey.referral_id}/service-status"
        self.ngo(journey.recipient).post(path, {"state": state, **detail})
        self.ngo(journey.story.sender).arrived(journey.referral_id, state)
        journey.stands(state)
        self.stage.say("sender", f"{journey.recipient}: {state}")

    def show_disclosures(self, journey: Journey) -> None:
        """What the survivor can be told: who opened what, when, from the ledger."""
        listed = self.ngo(journey.story.sender).get(f"/v1/disclosures?referral_id={journey.referral_id}")
        opened = {d["data_class"] for d in listed["disclosures"] if d["kind"] == "opened"}
        self.stage.say("survivor", f"{journey.recipient} opened: {', '.join(sorted(opened))}")

    def _identity(self, recipient: Ngo, journey: Journey) -> dict[str, str] | None:
        return recipient.open(journey.referral_id).get("identity")

    def _opens(self, recipient: Ngo, journey: Journey) -> bool:
        try:
            return bool(recipient.open(journey.referral_id))
        except Refused:
            return False

    def _told(self, sender: Ngo, journey: Journey) -> dict[str, str] | None:
        answer = sender.get(f"/v1/withdrawals/{journey.consent_id}")
        return answer if answer["purge_answers"] else None
