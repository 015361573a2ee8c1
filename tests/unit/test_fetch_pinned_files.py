"""Only whole files with the pinned hash ever get their name in the cache."""

import hashlib
from pathlib import Path

import pytest

from exchange_command import artefacts, fetch
from exchange_command.artefacts import Artefact, ListUnreadable

CONTENT = b"a jar, as pinned"


def artefact(name: str = "invented", content: bytes = CONTENT) -> Artefact:
    return Artefact("org.example", name, "1.0", "jar", "", hashlib.sha256(content).hexdigest())


class Repository:
    """A resolver that answers from memory and counts."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, wanted: Artefact, folder: Path) -> Path:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            (folder / "half.jar").write_bytes(CONTENT[:4])
            raise answer
        arrived = folder / "arrived.jar"
        arrived.write_bytes(answer)
        return arrived


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "pause", lambda _seconds: None)


def only_whole_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_file_arrives_under_its_name(tmp_path: Path) -> None:
    [path] = fetch.fetch([artefact()], tmp_path, Repository(CONTENT))
    assert path.read_bytes() == CONTENT
    assert only_whole_files(tmp_path) == ["invented-1.0.jar"]


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchFailed, match="not the pinned file"):
        fetch.fetch([artefact()], tmp_path, Repository(b"something else"))
    assert only_whole_files(tmp_path) == []


def test_a_whole_file_is_not_fetched_again(tmp_path: Path) -> None:
    repository = Repository(CONTENT)
    fetch.fetch([artefact()], tmp_path, repository)
    fetch.fetch([artefact()], tmp_path, repository)
    assert repository.asked == 1


def test_a_truncated_file_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "invented-1.0.jar").write_bytes(CONTENT[:5])
    assert fetch.missing([artefact()], tmp_path) == [artefact()]
    [path] = fetch.fetch([artefact()], tmp_path, Repository(CONTENT))
    assert path.read_bytes() == CONTENT


def test_what_an_interrupted_fetch_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".partial-abc"
    left.mkdir()
    (left / "half.jar").write_bytes(CONTENT[:5])
    fetch.fetch([artefact()], tmp_path, Repository(CONTENT))
    assert only_whole_files(tmp_path) == ["invented-1.0.jar"]


def test_a_break_in_the_transfer_is_tried_again(tmp_path: Path) -> None:
    repository = Repository(ConnectionResetError(), ConnectionResetError(), CONTENT)
    [path] = fetch.fetch([artefact()], tmp_path, repository)
    assert path.read_bytes() == CONTENT


def test_no_network_says_what_to_do_and_names_no_address(tmp_path: Path) -> None:
    away = RuntimeError("not found in {'central': 'https://repository.example'}")
    with pytest.raises(fetch.FetchFailed, match="run `exchange up` again") as failure:
        fetch.fetch([artefact()], tmp_path, Repository(away, away, away))
    assert "https" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_one_failing_file_keeps_the_others(tmp_path: Path) -> None:
    class OneAway:
        def __call__(self, wanted: Artefact, folder: Path) -> Path:
            if wanted.name == "away":
                raise ConnectionResetError
            arrived = folder / "arrived.jar"
            arrived.write_bytes(CONTENT)
            return arrived

    with pytest.raises(fetch.FetchFailed):
        fetch.fetch([artefact("away"), artefact("there")], tmp_path, OneAway())
    assert only_whole_files(tmp_path) == ["there-1.0.jar"]


def test_the_committed_lists_pin_every_file() -> None:
    counts = {part: len(artefacts.pinned(part)) for part in artefacts.PARTS}
    assert counts == {"kafka": 46, "registry": 1, "zipkin": 1}


def test_a_line_without_a_hash_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "some.jars"
    listed.write_text("org.example:invented:1.0\n", encoding="utf-8")
    with pytest.raises(ListUnreadable, match=r"some\.jars, line 1"):
        artefacts.read_list(listed)


def test_packaging_and_classifier_give_the_file_its_name() -> None:
    [archive] = artefacts.pinned("registry")
    assert archive.file_name == "apicurio-registry-app-3.3.3-all.tar.gz"
