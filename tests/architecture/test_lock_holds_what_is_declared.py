"""What is installed is what is declared: a name that the lock lacks is somebody else's."""

import re
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_every_declared_dependency_is_locked() -> None:
    declared = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*declared["project"]["dependencies"], *declared["dependency-groups"]["dev"]]
    lock = (_ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {_name(line) for line in re.findall(r"^[A-Za-z0-9._-]+(?===)", lock, re.MULTILINE)}
    assert len(locked) > 100
    assert [each for each in wanted if _name(each) not in locked] == []
