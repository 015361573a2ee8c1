"""The console's own few rules beside the shared style sheet: wide tables that fold on a small screen."""

from importlib.resources import files

STYLE = files("status_board").joinpath("static/console.css").read_text(encoding="utf-8")
"""Read once."""
