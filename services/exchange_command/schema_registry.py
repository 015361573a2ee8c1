"""Apicurio Registry, which keeps its schemas in a file of its own; `registry_front` stands before it."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from exchange_command import probes
from exchange_command.artefacts import pinned
from exchange_command.jvm import java
from exchange_command.places import LOOPBACK, Places
from exchange_command.process_control import ProcessSpec

NAME = "registry"
FRONT = "registry.front"
"""The process before it, which asks for certificates; whoever names `registry` means both."""

BEHIND = "registry_behind"
"""Its port, on loopback and asked by nobody but the front: it cannot ask for certificates itself."""

_HEAP = 384
_RUN = "quarkus-run.jar"


def spec(places: Places) -> ProcessSpec:
    """The registry's process.

    It keeps its data in an H2 file and not in Kafka: ready in 3 s instead of 15 to 25, without waiting for
    the broker, and what it acknowledged is still there after kill -9.
    """
    management = places.address("registry_management")
    return ProcessSpec(
        name=NAME,
        command=java(_HEAP, "-jar", str(_program(places) / _RUN)),
        port=places.port(BEHIND),
        ready=lambda: probes.answers_ok(f"{management}/health/ready"),
        environment={
            "QUARKUS_HTTP_HOST": LOOPBACK,
            "QUARKUS_HTTP_PORT": str(places.port(BEHIND)),
            "QUARKUS_MANAGEMENT_HOST": LOOPBACK,
            "QUARKUS_MANAGEMENT_PORT": str(places.port("registry_management")),
            "APICURIO_STORAGE_KIND": "sql",
            "APICURIO_STORAGE_SQL_KIND": "h2",
            "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{places.data(NAME) / 'registry'}",
        },
    )


def prepare(places: Places) -> None:
    """Unpacks the program, once for every platform of this user."""
    program = _program(places)
    if program.exists():
        return
    archive = places.jars / pinned(NAME)[0].file_name
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=places.cache) as scratch:
        unpacked = Path(scratch) / "program"
        with tarfile.open(archive) as tar:
            # Python before 3.11.4 knows no filter; the archive is pinned by its hash anyway.
            if hasattr(tarfile, "data_filter"):
                tar.extraction_filter = tarfile.data_filter
            tar.extractall(unpacked)
        _put_in_place(unpacked, program)


def _program(places: Places) -> Path:
    # Named after the archive's hash: another version or a mended list unpacks anew.
    return places.cache / f"registry-{pinned(NAME)[0].sha256[:16]}"


def _put_in_place(unpacked: Path, program: Path) -> None:
    try:
        os.replace(unpacked, program)
    except OSError:
        # Another platform of this user was quicker.
        if not program.exists():
            raise
        shutil.rmtree(unpacked)
