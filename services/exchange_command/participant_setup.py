"""What a participant needs to take part, step by step; each may be repeated, and says if it did anything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange_command import (
    authority,
    directory_requests,
    enrolled,
    given_certificate,
    participant_rights,
    probes,
    quotas,
    service_settings,
    topic_setup,
    wishes,
)
from exchange_command.authority import ADMINISTRATOR, OPERATOR
from exchange_command.places import Places
from exchange_command.wishes import Wish
from referral_exchange import signing

DIRECTORY = "service_directory"

Step = tuple[str, Callable[[], bool]]
"""What it is about, and what does it: True where something changed."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One participant at one place. `certificate`: of another authority; None: ours issues one."""

    places: Places
    wish: Wish
    certificate: Path | None = None

    @property
    def id(self) -> str:
        """The participant's."""
        return self.wish.participant.id

    def require_usable(self) -> None:
        """Returns where its certificate would be taken. Raises CertificateRefused, AuthorityUnusable."""
        if self.certificate is None:
            authority.authority_in(self.places.authority)
        else:
            given_certificate.require(self.certificate, self.id, self.places.tls(OPERATOR).authority)

    def steps(self) -> Iterator[Step]:
        """In this order: what the directory refuses has no rights yet, and who has rights is listed."""
        yield "certificate", self._certify
        yield "keys", self._make_keys
        yield "topics", self._make_topics
        yield "directory", self._list
        yield "rights", self._give_rights
        yield "quota", self._limit
        yield "settings", self._write_settings

    def _certify(self) -> bool:
        if self.certificate is not None:
            return False  # its key is where it belongs, and broker and services know it by its name
        folder = self.places.certificates / self.id
        return authority.authority_in(self.places.authority).keep(folder, self.id)

    def _make_keys(self) -> bool:
        if self.wish.participant.remote:
            return False
        names = [programme.id for programme in self.wish.participant.programmes]
        absent = [name for name in names if not signing.signing_file(self.places.keys, name).exists()]
        for name in names:
            signing.make_keys(self.places.keys, name)
        return bool(absent)

    def _make_topics(self) -> bool:
        admin = probes.admin(self.places.kafka(ADMINISTRATOR))
        topics = {n: kind for n, kind in topic_setup.wanted([self.id]).items() if kind.per_participant}
        absent = topic_setup.missing(admin, topics)
        topic_setup.make_so(admin, topics)
        return bool(absent)

    def _list(self) -> bool:
        told = wishes.listing(self.wish, self.places.keys)
        return bool(directory_requests.enrol(self.places.address(DIRECTORY), told, self.places.tls(OPERATOR)))

    def _give_rights(self) -> bool:
        admin = probes.admin(self.places.kafka(ADMINISTRATOR))
        return participant_rights.make_so(
            admin, self.id, participant_rights.standing_of(self.places, self.id)
        )

    def _limit(self) -> bool:
        described = quotas.wanted()
        if self.wish.quota is not None:
            described[self.id] = self.wish.quota.limits
        return bool(quotas.make_so(quotas.wire(self.places), described))

    def _write_settings(self) -> bool:
        if self.wish.told is not None:
            enrolled.keep(self.places, self.id, self.wish.told)
        enrolled.unmark(self.places, self.id)
        changed = False
        for name, sections in self._settings().items():
            there = self.places.settings / f"{name}.toml"
            before = there.read_text(encoding="utf-8") if there.exists() else ""
            service_settings.write(self.places.settings, name, sections)
            changed = changed or before != service_settings.to_toml(sections)
        return changed

    def _settings(self) -> dict[str, service_settings.Sections]:
        """Of its processes here; for one that runs elsewhere, how it reaches us."""
        if self.wish.participant.remote:
            return {f"elsewhere.{self.id}": service_settings.connections(self.places, self.id)}
        every = service_settings.all_settings(self.places, enrolled.network_of(self.places))
        return {n: s for n, s in every.items() if s.get("service", {}).get("participant") == self.id}
