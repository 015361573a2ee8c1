"""Apache Avro's own Java tools, pinned and fetched like the platform's jars, run on the platform's JDK."""

import json
import subprocess
from pathlib import Path
from typing import Any

from exchange_command import artefacts, fetch
from exchange_command.jvm import java

_LIST = Path(__file__).resolve().parents[1] / "data" / "contract-tools.jars"
_SECONDS = 60


class AvroTools:
    """The tools in a cache's folder of jars; fetched where they are not there yet."""

    def __init__(self, jars: Path) -> None:
        pinned = artefacts.read_list(_LIST)
        if fetch.missing(pinned, jars):
            fetch.fetch(pinned, jars, fetch.from_maven(fetch.silent))
        self._jar = jars / pinned[0].file_name

    def fragment_to_json(self, schema: str, body: bytes) -> dict[str, Any]:
        """The record in bare Avro binary, in Avro's JSON encoding."""
        # Schema and bytes by argument and standard input: to open files the tools use a library of Hadoop
        # that does not work on a JDK this new.
        return self._one("fragtojson", schema, "-", given=body)

    def json_to_fragment(self, schema: str, record: dict[str, Any]) -> bytes:
        """The record, given in Avro's JSON encoding, as bare Avro binary."""
        return self._run("jsontofrag", schema, "-", given=json.dumps(record).encode())

    def container_to_json(self, reader_schema: str, container: bytes) -> dict[str, Any]:
        """The one record of an Avro file, which holds its writer's schema, as `reader_schema` sees it."""
        return self._one("tojson", "--reader-schema", reader_schema, "-", given=container)

    def fingerprint(self, schema: str) -> str:
        """Whether the tools take the schema at all: its canonical form's CRC-64."""
        return self._run("fingerprint", schema, given=b"").decode().strip()

    def _one(self, *arguments: str, given: bytes) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self._run(*arguments, given=given))
        return loaded

    def _run(self, *arguments: str, given: bytes) -> bytes:
        command = java(128, "-jar", str(self._jar), *arguments)
        done = subprocess.run(command, input=given, capture_output=True, timeout=_SECONDS, check=False)
        if done.returncode != 0:
            raise ValueError(f"avro-tools {arguments[0]}: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout
