"""Statements compiled once for all databases of a kind: to compile one takes longer than to run it.

Each test has engines of its own, and each engine would compile everything anew. A pytest plugin.
"""

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.util import LRUCache

from referral_exchange import databases

_KEPT = 4000


class Shared:
    """What SQLAlchemy asks of a cache of statements, whichever engine asks."""

    def __init__(self) -> None:
        self._kept: LRUCache[Any, Any] = LRUCache(_KEPT)

    def get(self, key: tuple[Any, ...]) -> Any:
        # The key's first part is the engine's own dialect; all of a kind are alike.
        return self._kept.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._kept[key[1:]] = compiled


_OF: dict[str, Shared] = {}


def engine(url: Any, **options: Any) -> Engine:
    """As `create_engine`, with the cache of its kind."""
    shared = _OF.setdefault(make_url(url).drivername, Shared())
    return create_engine(url, execution_options={"compiled_cache": shared}, **options)


def pytest_configure(config: pytest.Config) -> None:
    """Every database of a service is opened so."""
    databases.create_engine = engine
