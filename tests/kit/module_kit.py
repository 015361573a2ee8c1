"""A security module on paper: it makes keys, uses them for whoever may ask, and gives none out."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_ledger.key_store import EpochKeyMissing, KeyStoreAway

Entropy = Callable[[int], bytes]


class NoSuchKey(Exception):
    """The module holds no key of that name."""


class Module:
    """Outlives whoever talks to it. Its keys are in the commands' own scope, and no command answers one.

    `away` makes it fall silent; `asked` is what a real one's audit log would show.
    """

    __slots__ = ("_commands", "asked", "away")

    def __init__(self, entropy: Entropy = os.urandom) -> None:
        self._commands = _commands(entropy)
        self.asked: list[str] = []
        self.away = False

    def ask(self, command: str, *arguments: Any) -> Any:
        """One command. Raises NoSuchKey, InvalidTag, KeyStoreAway."""
        if self.away:
            raise KeyStoreAway("in a test")
        self.asked.append(command)
        return self._commands[command](*arguments)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a module is not copied")


def _commands(entropy: Entropy) -> Mapping[str, Callable[..., Any]]:
    keys: dict[str, AESGCM] = {}

    def named(name: str) -> AESGCM:
        if name not in keys:
            raise NoSuchKey(name)
        return keys[name]

    def make(name: str) -> None:
        keys[name] = AESGCM(entropy(32))

    def encrypt(name: str, plain: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + named(name).encrypt(nonce, plain, bound_to)

    def decrypt(name: str, sealed: bytes, bound_to: bytes) -> bytes:
        return named(name).decrypt(sealed[:12], sealed[12:], bound_to)

    def names(prefix: str) -> frozenset[str]:
        return frozenset(name for name in keys if name.startswith(prefix))

    def rewrap(old: str, new: str, sealed: bytes, was: bytes, becomes: bytes) -> bytes:
        return encrypt(new, decrypt(old, sealed, was), becomes)

    def destroy(name: str) -> None:
        del keys[name]

    return {c.__name__: c for c in (make, encrypt, decrypt, rewrap, names, destroy)}


class ModuleStore:
    """A `KeyStore` in front of a module: what an adapter for a real one looks like."""

    def __init__(self, module: Module, ledger_id: str) -> None:
        self._module, self._ledger_id = module, ledger_id

    def make(self, epoch: int) -> None:
        self._module.ask("make", self._name(epoch))

    def wrap(self, epoch: int, consent_id: str, key: bytes) -> bytes:
        return self._use("encrypt", self._name(epoch), key, _bound_to(epoch, consent_id))

    def unwrap(self, epoch: int, consent_id: str, wrapped: bytes) -> bytes:
        return self._use("decrypt", self._name(epoch), wrapped, _bound_to(epoch, consent_id))

    def rewrap(self, old: int, new: int, consent_id: str, wrapped: bytes) -> bytes:
        bound = _bound_to(old, consent_id), _bound_to(new, consent_id)
        return self._use("rewrap", self._name(old), self._name(new), wrapped, *bound)

    def check(self, epoch: int) -> None:
        if self._name(epoch) not in self._names():
            raise EpochKeyMissing(f"the module has no key for epoch {epoch}")

    def has_others(self, epoch: int) -> bool:
        return bool(self._names() - {self._name(epoch)})

    def destroy_all_but(self, epoch: int) -> int:
        doomed = self._names() - {self._name(epoch)}
        for name in doomed:
            self._module.ask("destroy", name)
        return len(doomed)

    def _use(self, command: str, *arguments: Any) -> bytes:
        try:
            return bytes(self._module.ask(command, *arguments))
        except (NoSuchKey, InvalidTag, ValueError):
            raise EpochKeyMissing("the module has no key that wrapped this") from None

    def _names(self) -> frozenset[str]:
        return frozenset(self._module.ask("names", f"{self._ledger_id}."))

    def _name(self, epoch: int) -> str:
        return f"{self._ledger_id}.{epoch}"


def _bound_to(epoch: int, consent_id: str) -> bytes:
    return f"{epoch}/{consent_id}".encode()


THE_MODULE = Module()


def open_module(_service: Mapping[str, Any], ledger_id: str) -> ModuleStore:
    """As `[service] key_store` names it."""
    return ModuleStore(THE_MODULE, ledger_id)
