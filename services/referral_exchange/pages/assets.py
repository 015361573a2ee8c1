"""The two files that every page may load, and nothing else: one style sheet, one small script."""

from functools import cache
from importlib.resources import files

_FOLDER = files("referral_exchange.pages").joinpath("static")


@cache
def style() -> str:
    """The style sheet, read once."""
    return _FOLDER.joinpath("style.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """The script, read once. Every page does its job without it."""
    return _FOLDER.joinpath("enhance.js").read_text(encoding="utf-8")
