"""What the night ends with: who could see what, where to look on, and one JSON object on demand."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import httpx
from rich.console import Console

from exchange_command.demo.cast import Cast
from exchange_command.demo.night import Journey, Night, Withdrawn
from exchange_command.demo.proof import Proof
from exchange_command.demo.who_saw_what import Party, Row, files_below, look
from exchange_command.platform import Platform
from exchange_command.python_services import BRIDGE
from referral_exchange.tracing.search import TraceSearch


def who_saw_what(platform: Platform, cast: Cast) -> list[Row]:
    """Looks for every detail in all that each party was shown or stored during the night."""
    night = cast.night
    stories = list(night.stories.values())
    senders = {story.key: night.programmes[story.sender] for story in stories}
    bridges = [_participant(platform, night, participant) for participant in night.ngos]
    return look(stories, [*bridges, *_exchange(platform, cast)], senders)


def _participant(platform: Platform, night: Night, participant: str) -> Party:
    process = f"{BRIDGE}.{participant}"
    kept = files_below(platform.places.data(process), platform.places.log(process))
    return Party(participant, _screens(night.ngos[participant].seen), kept)


def _exchange(platform: Platform, cast: Cast) -> list[Party]:
    places = platform.places
    ledger = files_below(places.data("consent_ledger"), places.log("consent_ledger"))
    services = ("referral_router", "status_board", "trace_relay", "zipkin", "kafka", "registry")
    kept = files_below(*(places.log(name) for name in services), places.data("status_board"))
    return [
        Party("ledger", b"", ledger),
        Party("broker", b"", cast.broker.everything()),
        Party("operator", _screens(cast.night.board.seen) + _traces(platform, cast.night.journeys), kept),
    ]


def _screens(texts: Sequence[str]) -> bytes:
    return "\n".join(texts).encode()


def _traces(platform: Platform, journeys: Sequence[Journey]) -> bytes:

    address = f"{platform.places.address('zipkin')}/api/v2/traces"
    with httpx.Client(trust_env=False, timeout=10) as http:
        pages = [http.get(address, params=trace_query(j.referral_id)) for j in journeys]
    return _screens([page.text for page in pages])


def trace_query(referral_id: str) -> dict[str, str]:
    """How the trace page is asked for one referral."""
    return {"annotationQuery": f"referral.id={referral_id}", "limit": "200", "lookback": "86400000"}


def trace_link(platform: Platform, referral_id: str) -> str:
    """The trace page, searched by one referral."""
    page = TraceSearch.of(f"{platform.places.address('zipkin')}/zipkin")
    return page.url(referral_id, datetime.now(UTC))


def as_json(
    platform: Platform, night: Night, withdrawn: Withdrawn, proof: Proof, seconds: float
) -> dict[str, Any]:
    """The object that `--json` prints last."""
    return {
        "referrals": [
            {
                "id": journey.referral_id,
                "from": journey.story.sender,
                "to": journey.recipient,
                "states": journey.states,
                "final_state": journey.states[-1],
            }
            for journey in night.journeys
        ],
        "withdrawal": {
            "attempts_after": withdrawn.attempts_after,
            "opens_after": withdrawn.opens_after,
            "recipients_told": withdrawn.recipients_told,
            "recipients_answered": withdrawn.recipients_answered,
        },
        "evidence": asdict(proof),
        "trace_links": [trace_link(platform, journey.referral_id) for journey in night.journeys],
        "seconds": round(seconds, 1),
    }


def addresses(console: Console, platform: Platform, night: Night) -> None:
    """Where to go on by hand. Never cut short: an address has to be whole to be of use."""
    named = [
        (participant.name, f"{platform.places.bridge_address(index)}/")
        for index, participant in enumerate(platform.network.with_bridges)
    ]
    named.append(("A person's own page", f"{platform.places.address('survivor_page')}/"))
    named.append(("Operator's console", f"{platform.places.address('status_board')}/"))
    console.print("[bold]Everything is still running[/]")
    for name, address in named:
        console.print(f"  {name:<20} {address}", soft_wrap=True)
    console.print(
        "Do the job by hand: sign in at Lantern Outreach and at Meadow Collective, in two windows, with what "
        "`.venv/bin/exchange sign-in lantern-outreach` and `... sign-in meadow-collective` print. Ask for "
        "help in the first, answer in the second. What you sent has a button for the person's own code.",
        soft_wrap=True,
    )
    console.print("[bold]The traces, one search a referral[/]")
    for journey in night.journeys:
        console.print(f"  {journey.recipient}", soft_wrap=True)
        console.print(f"    {trace_link(platform, journey.referral_id)}", soft_wrap=True)
    console.print("Stop it all with `.venv/bin/exchange down`.")
