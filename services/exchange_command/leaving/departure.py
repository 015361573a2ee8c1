"""Gathers everything that a participant needs to leave: from its bridge, as itself, and from the exchange."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchange_command.evidence_file import Ask
from exchange_command.leaving import at_the_exchange, own_bridge
from exchange_command.leaving.at_the_ledger import OwnLedger, as_participant
from exchange_command.leaving.bundle import Bundle, Row, Writing
from exchange_command.leaving.own_bridge import BRIDGE, EDGE, Part
from exchange_command.problem import Problem
from referral_exchange.contract_files import DEPLOY
from referral_exchange.oversight import room
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.settings import Settings

VERIFIER = DEPLOY / "verify_evidence.py"

LEFT_OUT = (
    "what a sealed part says: nothing is opened for this file; what you opened is in your own records",
    "private keys: they stand in your key folder; keep them for as long as you keep sealed parts",
    "who a referral is about: your own records say which referral is whose; the exchange does not know",
    "what is kept encrypted for the bridge's own use: reasons, drafts, which referrals are one person's",
    "sealed bytes that came in: nothing opens them once you have left",
    "passwords, one-time codes, sessions, tokens' secrets, webhooks' secrets and addresses",
    "the written consent forms and their salts: they are in your files",
    "what other participants did with what you told them: ask them",
)
"""What nobody will find in it, on purpose."""


@dataclass(frozen=True, slots=True)
class Operator:
    """The exchange, as its operator sees it."""

    source: Source
    ask: Ask


@dataclass(slots=True)
class Departure:
    """One export. `settings` None: its bridge is not here; `operator` None: the exchange is not."""

    participant: str
    settings: Settings | None
    operator: Operator | None
    quiet: bool = True
    consents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids by the programme that disclosed, as far as they are known."""

    def write(self, path: Path) -> Bundle:
        """Writes the file; what cannot be had is said in it. Raises Problem where nothing can."""
        if self.settings is None and self.operator is None:
            raise Problem(
                f"neither the exchange nor the bridge of {self.participant} is here; name the settings file "
                "of its bridge with --bridge"
            )
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        with Writing(path) as bundle:
            programmes = self._programmes(bundle)
            self._from_the_bridge(bundle)
            self._from_the_exchange(bundle, programmes)
            self._from_the_ledger(bundle, programmes)
            told = {"participant": self.participant, "programmes": programmes, "made_at": now}
            bundle.close(told, LEFT_OUT)
        return bundle

    def _programmes(self, bundle: Bundle) -> list[str]:
        """By the directory, where it can be read; else by the bridge's settings."""
        if self.operator is None:
            return sorted(self.settings.need("programmes")) if self.settings else []
        directory = room.read(self.operator.source, quiet=self.quiet)
        found = at_the_exchange.programmes_of(directory, self.participant)
        says = "its listing, its programmes with their public keys, and what room they last said"
        bundle.lines("listing.jsonl", says, at_the_exchange.listings(directory, self.participant, found))
        return found

    def _from_the_bridge(self, bundle: Bundle) -> None:
        if self.settings is None:
            bundle.lacks("what its bridge keeps", "its settings are not here; give them with --bridge")
            return
        settings = self.settings
        for part in EDGE:
            _table(bundle, part, lambda part=part: own_bridge.edge_rows(settings, part))  # type: ignore[misc]
        for part in BRIDGE:
            _table(bundle, part, lambda part=part: own_bridge.bridge_rows(settings, part))  # type: ignore[misc]
        self._learn_consents(settings)

    def _learn_consents(self, settings: Settings) -> None:
        given, referrals = (part for part in EDGE if part.name in ("consents_given", "referrals"))
        try:
            rows = {part.name: list(own_bridge.edge_rows(settings, part)) for part in (given, referrals)}
        except Problem:
            return  # said in the file already, where the table itself was asked for
        for row in rows["consents_given"]:
            self.consents[row["discloser"]].add(row["consent_id"])
        for row in rows["referrals"]:
            if row["direction"] == "received" and row["return_consent_id"]:
                self.consents[row["programme_to"]].add(row["return_consent_id"])

    def _from_the_exchange(self, bundle: Bundle, programmes: list[str]) -> None:
        if self.operator is None:
            bundle.lacks("what the exchange holds", "the exchange is not here; ask its operator for it")
            return
        operator = self.operator
        tokens = _had(bundle, "tokens", lambda: at_the_exchange.held(operator.ask, programmes))
        bundle.lines("tokens.jsonl", "consents that the ledger holds, of both sides", tokens)
        for row in tokens:
            if row["discloser"] in programmes:
                self.consents[row["discloser"]].add(row["consent_id"])
        for topic, name in at_the_exchange.TOPICS.items():
            rows = _had(bundle, name, lambda topic=topic: self._routed(operator, topic, programmes))  # type: ignore[misc]
            bundle.lines(f"{name}.jsonl", f"routing of its referrals, from the topic {topic}", rows)

    def _routed(self, operator: Operator, topic: str, programmes: list[str]) -> Iterable[Row]:
        return at_the_exchange.routed(operator.source, topic, programmes, quiet=self.quiet)

    def _from_the_ledger(self, bundle: Bundle, programmes: list[str]) -> None:
        if self.settings is None:
            bundle.lacks("disclosures and proofs", "only the participant's own keys may ask for them")
            return
        ours = {name: sorted(ids) for name, ids in self.consents.items() if name in programmes}
        with as_participant(self.settings) as ledger:
            self._told_by(bundle, ledger, ours)

    def _told_by(self, bundle: Bundle, ledger: OwnLedger, ours: dict[str, list[str]]) -> None:
        disclosures = _had(bundle, "disclosures", lambda: ledger.disclosures(ours))
        bundle.lines("disclosures.jsonl", "what was sealed, opened, denied and ended, and when", disclosures)
        says = "proofs that these stand in the log; python verify_evidence.py FILE checks them"
        for number, page in enumerate(_had(bundle, "proofs", lambda: ledger.proofs(ours)), start=1):
            bundle.lines(f"proofs/{number:04}.json", says, [page])
        bundle.copy("verify_evidence.py", "checks a file of proofs; needs Python and cryptography", VERIFIER)
        if ledger.unknown:
            bundle.lacks(f"{len(ledger.unknown)} consents at the ledger", "it does not know them any more")


def _table(bundle: Bundle, part: Part, rows: Callable[[], Iterable[Row]]) -> None:
    bundle.lines(f"{part.name}.jsonl", part.says, _had(bundle, part.name, rows))


def _had(bundle: Bundle, name: str, rows: Callable[[], Iterable[Row]]) -> list[dict[str, Any]]:
    """All of them, or none and a note why: half a list would look like a whole one."""
    try:
        return [dict(row) for row in rows()]
    except (Problem, LookFailed) as problem:
        bundle.lacks(name, str(problem))
        return []
