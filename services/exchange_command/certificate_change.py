"""Puts a new certificate in a principal's folder; whoever reads it there takes it at the next connection."""

from dataclasses import dataclass
from pathlib import Path

from exchange_command import authority, given_certificate
from exchange_command.authority import AUTHORITY, CERTIFICATE, KEY
from exchange_command.places import Places
from referral_exchange import whole_files


@dataclass(frozen=True, slots=True)
class Renewal:
    """One principal's. `given`: certificate and key of another authority; None: ours issues both."""

    places: Places
    principal: str
    given: tuple[Path, Path] | None = None

    def require_usable(self) -> None:
        """Returns where it can be put. Raises CertificateRefused, AuthorityUnusable."""
        if self.given is None:
            authority.authority_in(self.places.authority)
            return
        certificate, key = self.given
        given_certificate.require(certificate, self.principal, self._folder / AUTHORITY)
        given_certificate.require_pair(certificate, key)

    def put(self) -> bool:
        """The key first: who reads between the two sees that they do not match, and reads again."""
        if self.given is None:
            authority.authority_in(self.places.authority).issue(self._folder, self.principal)
            return True
        certificate, key = self.given
        whole_files.put(self._folder / KEY, key.read_bytes())
        whole_files.put(self._folder / CERTIFICATE, certificate.read_bytes())
        return True

    @property
    def _folder(self) -> Path:
        return self.places.certificates / self.principal
