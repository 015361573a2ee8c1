"""All checks of `exchange doctor`, in the order in which their remedies help."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from exchange_command import identity_checks, machine_checks, platform_checks
from exchange_command.finding import Finding
from exchange_command.platform import Platform

Check = Callable[[Platform], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    lambda p: [machine_checks.python(p.places)],
    lambda p: [machine_checks.jdk(p.places)],
    lambda p: [machine_checks.disk(p.places)],
    lambda p: [machine_checks.memory(p.places)],
    lambda p: [machine_checks.files(p.places)],
    lambda p: [machine_checks.keys(p.places)],
    lambda p: identity_checks.certificates(p.places, p.network),
    lambda p: machine_checks.ports(p.places, p.specs),
    lambda p: platform_checks.processes(p.status(), p.places),
    lambda p: platform_checks.topics(p.places, p.network),
    lambda p: identity_checks.rights(p.places, p.network),
    lambda p: [platform_checks.compatibility(p.places)],
    lambda p: [platform_checks.schemas(p.places)],
    lambda p: [platform_checks.listings(p.places, p.network)],
    lambda p: [platform_checks.clock(p.places)],
)


def examine(platform: Platform) -> list[Finding]:
    """Every finding. Never raises for what it examines: what cannot be seen is a finding too."""
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        return [
            finding
            for findings in pool.map(lambda check: list(check(platform)), CHECKS)
            for finding in findings
        ]
