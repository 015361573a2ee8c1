"""`python -m ngo_bridge tokens issue|list|revoke`: tokens by hand, beside a bridge that runs or not."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from datetime import timedelta

from ngo_bridge import by_hand
from ngo_bridge.commands import utc_now
from ngo_bridge.token_book import TokenBook
from ngo_bridge.tokens import LONGEST_DAYS, NAME, SCOPES, USUAL_DAYS, Token
from referral_exchange.ids import fresh

WORD = "tokens"
"""The first argument that leads here."""


def main(argv: Sequence[str]) -> int:
    """Does one thing with the tokens of one bridge. 2 where the arguments or settings are wrong."""
    asked = _parser().parse_args(argv)
    return by_hand.on_database(
        asked.settings, lambda database, _: int(asked.does(TokenBook(database), asked))
    )


def _issue(book: TokenBook, asked: argparse.Namespace) -> int:
    now = utc_now()
    issued = Token(
        token_id=fresh(),
        name=asked.name,
        scopes=frozenset(asked.scope),
        issued_at=now,
        ends_at=now + timedelta(days=asked.days) if asked.days else None,
    )
    # The token alone on standard output, so that it can go straight into a file.
    print(book.issue(issued).text)
    print(f"Shown this once. Revoke it with: tokens revoke {issued.token_id}", file=sys.stderr)
    return 0


def _list(book: TokenBook, asked: argparse.Namespace) -> int:
    for known in book.all():
        line = {
            "token_id": known.token_id,
            "name": known.name,
            "scopes": sorted(known.scopes),
            "works": known.works(utc_now()),
            "ends_at": known.ends_at.isoformat() if known.ends_at else None,
            "last_used_on": known.last_used_on.isoformat() if known.last_used_on else None,
        }
        print(json.dumps(line))
    return 0


def _revoke(book: TokenBook, asked: argparse.Namespace) -> int:
    if book.revoke(asked.token_id, utc_now()) is None:
        print("ngo_bridge: no token of that id; see: tokens list", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m ngo_bridge tokens")
    verbs = parser.add_subparsers(required=True)
    issue = verbs.add_parser("issue", help="prints a new token, once")
    issue.set_defaults(does=_issue)
    issue.add_argument("--name", required=True, type=_name, help="of the program that calls")
    issue.add_argument("--scope", required=True, action="append", choices=SCOPES, help="once for each")
    issue.add_argument("--days", type=_days, default=USUAL_DAYS, help="0: until revoked; default %(default)s")
    verbs.add_parser("list", help="one line of JSON a token").set_defaults(does=_list)
    revoke = verbs.add_parser("revoke", help="ends a token from the next call on")
    revoke.set_defaults(does=_revoke)
    revoke.add_argument("token_id")
    by_hand.add_settings(verbs.choices.values())
    return parser


def _name(text: str) -> str:
    if not re.fullmatch(NAME, text):
        raise argparse.ArgumentTypeError("lower case letters, digits and hyphens, such as case-records")
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"0 to {LONGEST_DAYS}")
    return int(text)
