"""Wiring of the board: settings, Faust, pages, and an end by signal or aloud."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from aiohttp import web

from referral_exchange import registry
from referral_exchange.codec import Codec
from referral_exchange.runtime import process
from referral_exchange.runtime.quiet import OncePerWhile
from referral_exchange.runtime.tls import outward
from referral_exchange.settings import Settings, SettingsError, from_arguments
from referral_exchange.topics import carried, committed_topics
from status_board import wiring
from status_board.contact import Contact
from status_board.pages import new_pages
from status_board.store import Board
from status_board.transport import new_app

KEEP_ENDED_S = 24 * 3600
"""How long an ended referral stays to be seen, in seconds, unless the settings say otherwise."""

STOP_S = 10.0

_SHOUTING = ("aiokafka", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator", "aiokafka.conn")
"""What aiokafka says forty times a second while a broker is away."""

_LOG = logging.getLogger("status_board")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until SIGTERM or SIGINT (0) or until it cannot go on (1)."""
    _set_up_log()
    try:
        asyncio.run(_run(from_arguments("status_board", argv)))
    except (SettingsError, registry.RegistryRefused, OSError) as error:
        print(f"status_board: {error}", file=sys.stderr)
        return 1
    return 0


def _set_up_log() -> None:
    process.begin("status_board.transport")
    for name in _SHOUTING:
        logging.getLogger(name).addFilter(OncePerWhile())


async def _run(settings: Settings) -> None:
    # Before the signals are taken: nothing has begun, and who stops it need not wait for the registry.
    board = _board(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    contact = Contact(board.app, committed_topics()["referral-progress"].name)
    site = wiring.site(settings, board, contact)
    pages = web.AppRunner(new_pages(site), handle_signals=False)
    await pages.setup()
    try:
        site.watch.start()
        context = outward(wiring.host(settings), settings.tls)
        await web.TCPSite(pages, wiring.host(settings), settings.need("port"), ssl_context=context).start()
        await _follow(board, contact, stop)
    finally:
        await site.watch.stop()
        await pages.cleanup()


async def _follow(board: Board, contact: Contact, stop: asyncio.Event) -> None:
    """Returns when `stop` is set; ends the process when Faust ends by itself or does not come up."""
    following = asyncio.create_task(_start_and_watch(board, contact))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        _end(f"Faust ended by itself ({_reason(board, following)}); what it had not taken is read again", 1)
    following.cancel()
    await _stop(board)


async def _start_and_watch(board: Board, contact: Contact) -> None:
    await board.rebuild()
    watching = asyncio.create_task(contact.watch())
    try:
        await board.app.wait()
    finally:
        watching.cancel()


async def _stop(board: Board) -> None:
    if not board.is_rebuilt():
        # Stopping Faust halfway through its start can take for ever, and there is nothing to finish.
        _end("stopped before it had started", 0)
    stopping = asyncio.create_task(board.app.stop())
    _, left = await asyncio.wait({stopping}, timeout=STOP_S)
    if left or stopping.exception():
        _end(f"Faust did not stop within {STOP_S} s", 1)


def _end(why: str, status: int) -> NoReturn:
    """Faust's threads can outlive a crash and keep the process, which looks alive and takes nothing."""
    _LOG.log(logging.CRITICAL if status else logging.INFO, why)
    logging.shutdown()
    os._exit(status)


def _reason(board: Board, following: asyncio.Task[None]) -> str:
    return type(following.exception() or board.app.crash_reason).__name__


def _board(settings: Settings) -> Board:
    """The board reads one record only, so it asks the registry for that one."""
    known = carried("referral-progress")
    codec = Codec(known, registry.learn_all(settings, known))
    keep = timedelta(seconds=settings.service.get("keep_ended_s", KEEP_ENDED_S))
    return Board(new_app(settings.kafka, Path(settings.need("data"))), codec, keep)
