"""Opens the store of epoch keys that the settings name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.key_store import KeyStore
from referral_exchange.settings import SettingsError

FILES = "files"
"""The store that needs nothing else: `consent_ledger.epoch_keys.EpochKeys`."""

Opener = Callable[[Mapping[str, Any], str], KeyStore]
"""Opens a store: the settings of `[service]`, and the ledger's id."""


def open_store(service: Mapping[str, Any], ledger_id: str) -> KeyStore:
    """The store that `[service] key_store` names: `files`, or `package.module:function`, an `Opener`.

    Raises SettingsError where there is none of that name.
    """
    named = str(service.get("key_store", FILES))
    return (_files if named == FILES else _opener(named))(service, ledger_id)


def _files(service: Mapping[str, Any], ledger_id: str) -> KeyStore:
    if not service.get("epoch_keys"):
        raise SettingsError("[service] epoch_keys is missing: the folder of the epoch keys")
    return EpochKeys(Path(str(service["epoch_keys"])), ledger_id)


def _opener(named: str) -> Opener:
    module, _, function = named.partition(":")
    try:
        found: Opener = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError):
        told = f"[service] key_store is `{FILES}` or `package.module:function`; there is no `{named}`"
        raise SettingsError(told) from None
    return found
