"""The words of the pages, from one file a language; codes never reach a page without one."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ngo_bridge.rules import waited

_FOLDER = Path(__file__).resolve().parents[1] / "labels"
_STATUTES = ("vawa-", "voca-", "fvpsa-")

Words = Mapping[str, Any]
"""The file `labels/<language>.json`: texts by page and by code."""


@cache
def words(language: str = "en") -> Words:
    """Every text of `language`."""
    loaded: Words = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def fill(text: str, **values: object) -> Markup:
    """`text` with its `{names}` replaced; values are escaped, so nobody's name can be markup."""
    return Markup(text).format(**values)


def span(since: datetime, now: datetime) -> str:
    """How long it is from `since` to `now`, in words."""
    t, found = words()["time"], waited(since, now)
    if found.count == 0:
        return str(t["now"])
    return str(t[found.unit] if found.count == 1 else t[f"{found.unit}s"].format(count=found.count))


def of_rule(rule: str | None) -> str:
    """What a rule of the policy says, in plain words. The same rule stands in several statutes."""
    rules = words()["rules"]
    for statute in _STATUTES:
        rule = (rule or "").removeprefix(statute)
    return str(rules.get(rule, rules["other"]))


def of_refusal(code: str) -> str:
    """Why something was not taken, in plain words."""
    refusals = words()["refusals"]
    return str(refusals.get(code, refusals["other"]))


def language_name(tag: str) -> str:
    """A language by its BCP 47 tag; one that has no label keeps its tag."""
    names = words()["languages"]
    return str(names.get(tag, names.get(tag.split("-")[0], tag)))
