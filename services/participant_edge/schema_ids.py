"""The registry's ids as this edge learnt them: with them it starts again while the registry is away."""

import hashlib
import json
import logging
from pathlib import Path

from referral_exchange import whole_files
from referral_exchange.catalog import Catalog
from referral_exchange.registry import RegistryAway, Wait, learn_all, look_up_all
from referral_exchange.settings import Settings

_LOG = logging.getLogger(__name__)


def learn(settings: Settings, catalog: Catalog, path: Path, wait: Wait | None = None) -> dict[str, int]:
    """Ids by `Record.vN`: from the registry, or while it is away those that it gave for these very schemas.

    An edge that knows none waits for the registry. Raises RegistryRefused and RegistryAway.
    """
    known = _remembered(path, settings.registry_url, catalog)
    if known is None:
        ids = learn_all(settings, catalog, *([wait] if wait else []))
    else:
        ids = _newest(settings, catalog, known)
    if ids != known:
        _remember(path, settings.registry_url, catalog, ids)
    return ids


def _newest(settings: Settings, catalog: Catalog, known: dict[str, int]) -> dict[str, int]:
    try:
        return look_up_all(settings.registry_url, catalog, settings.tls)
    except RegistryAway as away:
        _LOG.warning("%s; this edge goes on with the schema ids that it knows", away)
        return known


def _remembered(path: Path, url: str, catalog: Catalog) -> dict[str, int] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["of"] != _fingerprint(url, catalog):
            return None
        return {str(key): int(number) for key, number in kept["ids"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        _LOG.warning("%s cannot be read; the ids are asked for anew", path.name)
        return None


def _remember(path: Path, url: str, catalog: Catalog, ids: dict[str, int]) -> None:
    kept = {"of": _fingerprint(url, catalog), "ids": ids}
    try:
        whole_files.put(path, json.dumps(kept, indent=1, sort_keys=True).encode())
    except OSError:
        # Without it the next start needs the registry; nothing else is lost.
        _LOG.warning("%s cannot be written; a start without the registry will not work", path.name)


def _fingerprint(url: str, catalog: Catalog) -> str:
    """Changes with the registry's address and with every letter of the schemas."""
    texts = sorted((schema.key, schema.text) for schema in catalog.values())
    return hashlib.sha256(json.dumps([url, texts]).encode()).hexdigest()
