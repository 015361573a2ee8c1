"""`/metrics` for Prometheus. Every label value is a name of the exchange or a code; none is of a person."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric

from referral_exchange.oversight.quarantine_classes import MEANINGS
from status_board import causes, matters
from status_board.follower import elapsed
from status_board.metric_names import REASONS, STATES, Name, gauge
from status_board.rules import fhir
from status_board.site import Site
from status_board.world import World


def exposition(site: Site, now: datetime) -> tuple[bytes, str]:
    """The text and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(site, now))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Now:
    """Everything as it stands at one moment."""

    def __init__(self, site: Site, now: datetime) -> None:
        self._site, self._now = site, now

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        world = self._site.world(self._now)
        yield from self._console()
        yield from self._referrals(world)
        yield from self._lags(world)
        yield from self._aside(world)
        yield from self._processes(world)
        odd = sum(each.standing != "same" for each in world.subjects)
        yield _single("schemas_differing", odd)
        yield _single("clocks_elapsed", elapsed(self._site.watch.follower.with_clocks()))

    def _console(self) -> Iterator[Metric]:
        contact, board = self._site.contact, self._site.board
        yield _single("console_rebuilt", float(board.is_rebuilt()))
        yield _single("console_broker_lost", float(contact.is_lost(self._now)))
        yield _single("console_steps_behind", float(contact.behind or 0))
        yield _single("console_steps_unreadable", float(sum(board.unreadable.values())))

    def _referrals(self, world: World) -> Iterator[Metric]:
        entries = self._site.board.entries()
        states = Counter(fhir(e.state) if fhir(e.state) in STATES else "other" for e in entries)
        counted = gauge("referrals")
        for state in (*STATES, "other"):
            counted.add_metric([state], states[state])
        yield counted
        stuck, oldest = gauge("referrals_stuck"), gauge("referrals_stuck_oldest_seconds")
        found = causes.stuck(entries, self._now, world, self._site.within)
        for reason in REASONS:
            alike = [each for each in found if each.reason == reason]
            since = min((each.since for each in alike), default=None)
            stuck.add_metric([reason], sum(len(each.entries) for each in alike))
            oldest.add_metric([reason], _age(since, self._now))
        yield from (stuck, oldest)

    def _lags(self, world: World) -> Iterator[Metric]:
        unread, oldest = gauge("reader_unread_messages"), gauge("reader_oldest_unread_seconds")
        for each in world.lags:
            unread.add_metric([each.group, each.topic], each.unread)
            oldest.add_metric([each.group, each.topic], _age(each.since, self._now))
        yield from (unread, oldest)

    def _aside(self, world: World) -> Iterator[Metric]:
        found = matters.open_ones(world)
        counted, oldest = gauge("quarantine_open"), gauge("quarantine_oldest_seconds")
        codes = Counter(each.code if each.code in MEANINGS else "other" for each in found)
        for code, count in sorted(codes.items()):
            counted.add_metric([code], count)
        oldest.add_metric([], _age(found[0].at if found else None, self._now))
        yield from (counted, oldest)

    def _processes(self, world: World) -> Iterator[Metric]:
        up, down_for = gauge("process_ready"), gauge("process_down_seconds")
        tick = gauge("router_tick_age_seconds")
        for each in world.health:
            if each.status == "never":
                continue
            up.add_metric([each.name], float(each.status == "ready"))
            down_for.add_metric([each.name], _age(each.since if each.is_down else None, self._now))
            if (age := each.figures.get("last_tick_age_s")) is not None:
                tick.add_metric([], age)
        yield from (up, down_for, tick)


def _single(name: Name, value: float) -> GaugeMetricFamily:
    found = gauge(name)
    found.add_metric([], value)
    return found


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
