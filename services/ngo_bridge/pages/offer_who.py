"""Whom to ask: every programme that takes part, what fits best first, narrowed where somebody wants that."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ngo_bridge import searching
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.searching import NOT_KNOWN, Room, Wish
from referral_exchange.events import Needs, ProgrammeListed

MOST_RECIPIENTS = 5

WISH_FIELDS = ("find_service", "find_language", "find_region", "find_age", "find_access", "find_room")
"""Names of the inputs that narrow a list, in the order of `Wish`."""


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """A programme, whether it has room, and which of the needed services it offers."""

    listed: ProgrammeListed
    room: Room
    fits: tuple[str, ...] = ()


def read_wish(form: Form) -> Wish:
    """What the list is narrowed by."""
    return Wish(*(form.value(name) for name in WISH_FIELDS))


def listed(names: Names, rooms: Mapping[str, Room], wish: Wish) -> list[Match]:
    """Every programme that takes part and is what `wish` looks for: who has room first, then by name."""
    found = [
        Match(each, rooms.get(each.programme_id, NOT_KNOWN))
        for each in names.programmes.values()
        if names.takes_part(each.programme_id)
    ]
    wanted = (match for match in found if searching.answers(match.listed, match.room, wish))
    return sorted(wanted, key=lambda match: (searching.place(match.room), match.listed.name))


def matches(
    asked: Asked,
    names: Names,
    rooms: Mapping[str, Room],
    form: Form,
    own: Collection[str],
) -> list[Match]:
    """Every programme of others that takes part: what fits best stands first. One that is chosen stays."""
    wish, chosen = read_wish(form), form.values("to")
    found = []
    for each in names.programmes.values():
        room = rooms.get(each.programme_id, NOT_KNOWN)
        shown = each.programme_id in chosen or searching.answers(each, room, wish)
        if shown and each.programme_id not in own and names.takes_part(each.programme_id):
            found.append(Match(each, room, tuple(s for s in asked.needs.services if s in each.services)))
    return sorted(found, key=lambda match: (*_order(asked.needs, match), match.listed.name))


def _order(needs: Needs, match: Match) -> tuple[int, bool, bool, bool, int]:
    speaks = bool(set(needs.languages) & set(match.listed.languages))
    suits = needs.age_band in (*match.listed.age_bands, "unknown")
    far = match.listed.region != needs.region
    return -len(match.fits), far, not suits, not speaks, searching.place(match.room)


def read_recipients(form: Form, names: Names) -> list[str]:
    """The programmes chosen; blames where there is none, or too many for one sitting."""
    chosen = [i for i in form.values("to") if i in names.programmes]
    if not chosen:
        form.blame("to", "to")
    if len(chosen) > MOST_RECIPIENTS:
        form.blame("to", "to_many")
    return chosen
