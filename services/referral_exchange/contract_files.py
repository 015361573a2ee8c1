"""Where the contract and the deployment files stand, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_contract"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parents[1]

SCHEMAS = _ROOT / "schemas"
"""Folder of the event families."""

DEPLOY = _ROOT / "deploy"
"""Folder of the platform, the demo network and the policies."""
