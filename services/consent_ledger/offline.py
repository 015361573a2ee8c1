"""What an operator does with a ledger's database: back up, restore, step back for an older ledger."""

import argparse
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from alembic.util import CommandError
from confluent_kafka import KafkaException

from consent_ledger import backup, told_consents
from consent_ledger.backup import OtherTables
from consent_ledger.backup_file import BackupUnusable
from consent_ledger.chosen_store import open_store
from consent_ledger.database import UNAVAILABLE, CannotStepBack, Database, step_back
from consent_ledger.facts import FactMaker
from consent_ledger.hold import DatabaseInUse, held_alone
from consent_ledger.key_store import EpochKeyMissing, KeyStoreAway
from consent_ledger.ledger_time import utc_now
from consent_ledger.restoring import Means, RestoreRefused, restore
from referral_exchange import catalog, ids, registry, topics
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.runtime.tail import EndNotReached
from referral_exchange.settings import Settings, SettingsError, load
from referral_exchange.signing import KeyUnusable, load_signer

PROGRAMME = "consent_ledger"
_SAID = (
    BackupUnusable,
    CannotStepBack,
    DatabaseInUse,
    EpochKeyMissing,
    KeyUnusable,
    OtherTables,
    RestoreRefused,
    SettingsError,
    registry.RegistryRefused,
)
"""Errors whose text we wrote: it says what to do and holds no data."""


def main(argv: Sequence[str]) -> int:
    """Runs one command; 0 when it is done, 1 when nothing was changed, with the reason."""
    arguments = _parser().parse_args(argv)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        print(COMMANDS[arguments.command](load(arguments.settings), arguments))
    except _SAID as error:
        print(f"{arguments.command} stopped: {error}")
    except FileNotFoundError:
        print(f"{arguments.command} stopped: no such file; see --help")
    except (KafkaException, EndNotReached, Undecodable):
        print(
            f"{arguments.command} stopped: the topic `consents` cannot be read to its end; bring the broker "
            "up, or say --without-topic where it is lost"
        )
    except (*UNAVAILABLE, KeyStoreAway, OSError) as error:
        print(f"{arguments.command} stopped: {type(error).__name__}; is the storage reached, and not full?")
    else:
        return 0
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m consent_ledger", description=__doc__)
    named = parser.add_subparsers(dest="command", required=True)
    each = {name: named.add_parser(name) for name in COMMANDS}
    for command in each.values():
        command.add_argument("--settings", type=Path, required=True, help="the ledger's settings file")
    each["backup"].add_argument("--to", type=Path, required=True, help="the file to write")
    each["restore"].add_argument("--from", dest="file", type=Path, required=True, help="the backup")
    each["restore"].add_argument("--without-keys", action="store_true", help="the epoch key is lost")
    each["restore"].add_argument("--without-topic", action="store_true", help="the topic `consents` is lost")
    each["step-back"].add_argument("--to", required=True, help="the revision that the older ledger knows")
    return parser


def _back_up(settings: Settings, arguments: argparse.Namespace) -> str:
    database = Database(str(settings.need("database")), revision=None)
    try:
        rows = backup.take(database, arguments.to)
    finally:
        database.close()
    return f"{rows} rows are in {arguments.to.name}; keep a copy of the epoch key elsewhere, never beside it"


def _restore(settings: Settings, arguments: argparse.Namespace) -> str:
    url, lost = str(settings.need("database")), arguments.without_topic
    codec = Codec(catalog.committed(), registry.learn_all(settings, topics.carried("consents")))
    with held_alone(url):
        told = {} if lost else told_consents.read(settings.kafka, codec, f"{PROGRAMME}.restore.{ids.fresh()}")
        if not told and not lost:
            raise RestoreRefused("the topic `consents` is empty; say --without-topic where it is lost")
        facts = FactMaker(codec, load_signer(Path(settings.need("keys")), PROGRAMME))
        keys = partial(open_store, settings.service)
        done = restore(url, arguments.file, Means(keys, facts, told, utc_now(), arguments.without_keys))
    return (
        f"{done.consents} consents restored: {done.suspended} wait for their discloser's word, "
        f"{done.ended} ended since; {done.without_key} of those that wait have no key and need sealing anew; "
        f"{done.missing} were told on the topic and are not in the backup"
    )


def _step_back(settings: Settings, arguments: argparse.Namespace) -> str:
    url = str(settings.need("database"))
    with held_alone(url):
        database = Database(url)
        try:
            with database.transaction(alone=True) as connection:
                step_back(connection, arguments.to)
        except CommandError:
            raise CannotStepBack("no such revision; see consent_ledger/migrations/versions") from None
        finally:
            database.close()
    return f"the tables are those of {arguments.to}; start that ledger now, for this one brings them up again"


COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], str]] = {
    "backup": _back_up,
    "restore": _restore,
    "step-back": _step_back,
}
