"""Brings the parties of the night together, on a platform that is up."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from signal import SIGKILL

import httpx

from exchange_command import sign_in_seed
from exchange_command.authority import OPERATOR
from exchange_command.demo.board_view import BoardView
from exchange_command.demo.broker_view import BrokerView
from exchange_command.demo.ngo import Ngo
from exchange_command.demo.night import Journey, Night
from exchange_command.demo.second_try import SecondTry
from exchange_command.demo.stage import Stage
from exchange_command.demo.stories import load_stories
from exchange_command.platform import Platform
from exchange_command.python_services import BRIDGE
from referral_exchange.catalog import committed
from referral_exchange.codec import Codec
from referral_exchange.http_signature import SignedAs
from referral_exchange.registry import look_up_all
from referral_exchange.signing import load_signer
from referral_exchange.topics import outbox

_TIMEOUT_S = 30.0
_BYTES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Cast:
    """The night, and the operator's view of the broker."""

    night: Night
    broker: BrokerView


@contextmanager
def assembled(platform: Platform, stage: Stage) -> Iterator[Cast]:
    """Everyone in place, connected and listening; all connections are closed behind."""
    places = platform.places
    with ExitStack() as stack:
        ngos = {p: Ngo(p, stack.enter_context(_http(url))) for p, url in _bridges(platform).items()}
        board = BoardView(stack.enter_context(_http(places.address("status_board"))))
        broker = BrokerView(
            places.kafka(OPERATOR), lambda topic, kind, value: _show(stage, topic, kind, value)
        )
        night = Night(
            stage=stage,
            ngos=ngos,
            programmes={q.id: p.id for p in platform.network.with_bridges for q in p.programmes},
            stories=load_stories(),
            board=board,
            broker_holds=lambda participant: broker.written(outbox(participant)),
            kill=lambda participant: _kill(platform, participant),
            restart=lambda participant: platform.start(f"{BRIDGE}.{participant}"),
            try_at_ledger=lambda journey: _second_try(platform, tries, journey),
        )
        known = look_up_all(places.registry_url, committed(), places.tls(OPERATOR))
        tries = SecondTry(places, Codec(committed(), known))
        stack.callback(tries.close)
        broker.start()
        stack.callback(broker.stop)
        for ngo in ngos.values():
            ngo.http.headers.update(sign_in_seed.bearer(platform.places, ngo.participant))
        yield Cast(night, broker)


def _bridges(platform: Platform) -> dict[str, str]:
    mailboxes = enumerate(platform.network.with_bridges)
    return {p.id: platform.places.bridge_address(index) for index, p in mailboxes}


def _http(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False)


def _show(stage: Stage, topic: str, kind: str, value: bytes) -> None:
    if topic.startswith(("outbox.", "inbox.")):
        noise = value[-_BYTES_SHOWN:].hex(" ")
        stage.say("broker", f"{topic} {kind.split('.')[0]} {len(value)} B: ..{noise}")


def _kill(platform: Platform, participant: str) -> None:
    platform.stop(f"{BRIDGE}.{participant}", SIGKILL)


def _second_try(platform: Platform, tries: SecondTry, journey: Journey) -> Callable[[], bool]:
    everyone = platform.network.with_bridges
    participant = next(p.id for p in everyone if journey.recipient in (q.id for q in p.programmes))
    locks = tries.locks(participant, journey.referral_id)
    if not locks:
        raise AssertionError("no lock of this referral stands in the recipient's inbox: nothing to try")
    signed = SignedAs(load_signer(platform.places.keys, journey.recipient))
    return lambda: tries.opens(participant, locks, signed)
