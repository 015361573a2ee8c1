"""`python -m ngo_bridge caseworkers add|list|reset|revoke|audit`: who may sign in, by hand."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import get_args

import segno

from ngo_bridge import by_hand, local_secret
from ngo_bridge.commands import utc_now
from ngo_bridge.config import BridgeConfig
from ngo_bridge.database import Database
from ngo_bridge.sign_in import accounts, one_time_codes
from ngo_bridge.sign_in.accounts import Handed
from ngo_bridge.sign_in.caseworkers import Caseworker, NameTaken
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.sign_in.rules import NAME, Role

WORD = "caseworkers"
"""The first argument that leads here."""

_ISSUER = "Referral exchange"


def main(argv: Sequence[str]) -> int:
    """Does one thing with the accounts of one bridge, which may run beside. 2 where something is wrong."""
    asked = _parser().parse_args(argv)

    def act(database: Database, told: BridgeConfig) -> int:
        secret = local_secret.load(told.secret_file)
        done: int = asked.does(Desk(database, secret, told.password_cost), asked)
        return done

    try:
        return by_hand.on_database(asked.settings, act)
    except NameTaken:
        print("ngo_bridge: somebody has this name, or had it; choose another", file=sys.stderr)
        return 1


def _add(desk: Desk, asked: argparse.Namespace) -> int:
    _hand_over(accounts.add(desk, asked.name, asked.role, utc_now()), asked.name)
    return 0


def _list(desk: Desk, asked: argparse.Namespace) -> int:
    live = desk.sessions.live(utc_now())
    for known in desk.caseworkers.all():
        line = {
            "caseworker_id": known.caseworker_id,
            "name": known.name,
            "role": known.role,
            "may_sign_in": known.revoked_at is None,
            "signed_in_at": live.get(known.caseworker_id, 0),
            "last_signed_in_on": known.last_signed_in_on.isoformat() if known.last_signed_in_on else None,
        }
        print(json.dumps(line))
    return 0


def _reset(desk: Desk, asked: argparse.Namespace) -> int:
    account = _account(desk, asked.caseworker_id)
    if account is None or account.revoked_at is not None:
        return _nobody()
    _hand_over(accounts.reset(desk, account, utc_now(), asked.name), asked.name or account.name)
    return 0


def _revoke(desk: Desk, asked: argparse.Namespace) -> int:
    account = _account(desk, asked.caseworker_id)
    if account is None:
        return _nobody()
    accounts.revoke(desk, account, utc_now())
    return 0


def _audit(desk: Desk, asked: argparse.Namespace) -> int:
    after = asked.after
    while lines := list(desk.audit.lines(after)):
        for number, at, entry in lines:
            said = {"kind": entry.kind, "actor": entry.actor, "about": entry.about, "what": entry.what}
            print(json.dumps({"number": number, "at": at.isoformat(), **said}))
        after = lines[-1][0]
    return 0


def _account(desk: Desk, caseworker_id: str) -> Caseworker | None:
    return desk.caseworkers.find(caseworker_id)


def _nobody() -> int:
    print("ngo_bridge: nobody of that id may sign in; see: caseworkers list", file=sys.stderr)
    return 1


def _hand_over(handed: Handed, name: str) -> None:
    """The secrets alone on standard output; a picture for the app beside them."""
    address = one_time_codes.address_for_apps(handed.codes, name, _ISSUER)
    told = {
        "caseworker_id": handed.account.caseworker_id,
        "name": name,
        "password": handed.password,
        "codes": handed.codes,
        "codes_address": address,
    }
    print(json.dumps(told))
    if sys.stderr.isatty():
        segno.make(address).terminal(out=sys.stderr, compact=True)
    print(
        "Shown this once. Hand it over in person; the password can be changed on the page.", file=sys.stderr
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m ngo_bridge caseworkers")
    verbs = parser.add_subparsers(required=True)
    add = verbs.add_parser("add", help="a new account; prints its secrets, once")
    add.set_defaults(does=_add)
    add.add_argument("--name", required=True, type=_name, help="what is typed to sign in")
    add.add_argument("--role", choices=get_args(Role), default="caseworker", help="default: %(default)s")
    verbs.add_parser("list", help="one line of JSON an account").set_defaults(does=_list)
    reset = verbs.add_parser("reset", help="new secrets for who lost theirs; ends every session and wait")
    reset.set_defaults(does=_reset)
    reset.add_argument("--name", type=_name, help="a new name, where strangers keep trying the old one")
    revoke = verbs.add_parser("revoke", help="takes an account away, from this moment on")
    revoke.set_defaults(does=_revoke)
    for verb in (reset, revoke):
        verb.add_argument("caseworker_id")
    audit = verbs.add_parser("audit", help="one line of JSON for each thing done, by random ids")
    audit.set_defaults(does=_audit)
    audit.add_argument("--after", type=int, default=0, help="number of the last line that you have")
    by_hand.add_settings(verbs.choices.values())
    return parser


def _name(text: str) -> str:
    if not re.fullmatch(NAME, text):
        raise argparse.ArgumentTypeError("2 to 63 small letters, digits and . _ - + @")
    return text
