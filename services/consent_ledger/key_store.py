"""Where epoch keys are: behind a seam, as files or in a security module that never gives them out."""

from typing import Protocol


class EpochKeyMissing(Exception):
    """An epoch key is gone or not whole: what it wraps stays shut. Restore it from its own backup."""


class KeyStoreAway(Exception):
    """The store does not answer now. Nothing may be taken for wrapped, opened or destroyed; try again."""


class KeyStore(Protocol):
    """Wraps keys of consents under one key an epoch. Any thread may call it.

    No method takes or gives an epoch key. Every method may raise KeyStoreAway, within seconds: an operation
    holds its consents' rows meanwhile. A store serves one ledger, by the id it was opened with, and touches
    no key of another.
    """

    def make(self, epoch: int) -> None:
        """Makes a fresh key for `epoch`; durable before this returns, so that nothing is wrapped in vain.

        One left there by a crash, which wraps nothing yet, is replaced.
        """

    def wrap(self, epoch: int, consent_id: str, key: bytes) -> bytes:
        """`key` under the key of `epoch`, bound to both. Raises EpochKeyMissing."""

    def unwrap(self, epoch: int, consent_id: str, wrapped: bytes) -> bytes:
        """What `wrap` wrapped. Raises EpochKeyMissing, also for anything else."""

    def rewrap(self, old: int, new: int, consent_id: str, wrapped: bytes) -> bytes:
        """The same key under another epoch, for the daily turn; it need not leave the store on the way."""

    def check(self, epoch: int) -> None:
        """Raises EpochKeyMissing where the key of `epoch` cannot be used."""

    def has_others(self, epoch: int) -> bool:
        """Whether this ledger has a key, or half of one, beside that of `epoch`."""

    def destroy_all_but(self, epoch: int) -> int:
        """Destroys every other key for good before this returns; how many. Repeated, it does the rest."""
