"""What `[notices]` of a settings file describes: ways out, contacts, and the ladder between them."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from participant_edge.notices import outside, webhook, words
from participant_edge.notices.mail import MailServer, Tls
from participant_edge.notices.rules import URGENCIES, Ladder, Quiet, Rung, Way
from participant_edge.notices.section import Section, secret_file
from participant_edge.notices.sms import SmsProvider
from participant_edge.notices.webhook import Endpoint
from referral_exchange.settings import SettingsError

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_NUMBER = re.compile(r"\+?[0-9][0-9 -]{2,20}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be told, and where. Places are not shown: they are people's."""

    name: str
    email: str | None = field(default=None, repr=False)
    sms: str | None = field(default=None, repr=False)
    webhook: Endpoint | None = None

    def has(self, way: Way) -> bool:
        """Whether this contact can be told in this way."""
        return getattr(self, way) is not None


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """All of `[notices]`. `database`: a SQLAlchemy URL; None: a file in the edge's data folder."""

    ladder: Ladder = field(default_factory=Ladder)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    mail: MailServer | None = None
    sms: SmsProvider | None = None
    database: str | None = field(default=None, repr=False)
    allow_private: bool = False
    """Whether SMS and webhooks may go to addresses that only this network reaches, and by http."""


def from_section(told: Mapping[str, Any]) -> NoticeSettings:
    """The settings in `[notices]`. Raises SettingsError, which names the setting and says what it must be."""
    section = Section("notices", told)
    allow_private = section.take("allow_private", bool, False)
    contacts, quiet = _contacts(section, allow_private)
    read = NoticeSettings(
        ladder=_ladder(section, quiet),
        contacts=contacts,
        mail=_mail(section.table("email")),
        sms=_sms(section.table("sms"), allow_private),
        database=section.maybe("database", str),
        allow_private=allow_private,
    )
    section.end()
    _check_ways(read)
    return read


def _contacts(section: Section, allow_private: bool) -> tuple[dict[str, Contact], dict[str, Quiet]]:
    contacts, quiet = {}, {}
    named = section.table("contacts")
    for name, told in (named.rest() if named else {}).items():
        if not _SLUG.fullmatch(name):
            raise SettingsError("[notices.contacts]: name a contact by small letters, digits and hyphens")
        each = Section(f"notices.contacts.{name}", told)
        hours = each.hours("quiet")
        if hours is not None:
            quiet[name] = Quiet(*hours, each.zone("timezone"))
        contacts[name] = Contact(
            name,
            email=_matching(each, "email", _MAIL, "an address such as duty@example.org"),
            sms=_matching(each, "sms", _NUMBER, "a number such as +1 555 0100"),
            webhook=_hook(each, allow_private),
        )
        each.end()
    return contacts, quiet


def _matching(section: Section, name: str, pattern: re.Pattern[str], such: str) -> str | None:
    told = section.maybe(name, str)
    if told is not None and not pattern.fullmatch(told):
        raise SettingsError(f"[{section.name}] {name} must be {such}")
    return told


def _hook(section: Section, allow_private: bool) -> Endpoint | None:
    url, held = section.maybe("webhook", str), secret_file(section, "secrets")
    if url is None:
        return None
    try:
        outside.check_url(url, allow_private=allow_private)
        current = webhook.check_secret(held.get("secret", ""))
        previous = webhook.check_secret(held["previous"]) if "previous" in held else None
    except (outside.AddressRefused, webhook.SecretUnusable) as error:
        raise SettingsError(f"[{section.name}] webhook and its secrets (secret, previous): {error}") from None
    return Endpoint(section.name, url, current, previous=previous)


def _ladder(section: Section, quiet: Mapping[str, Quiet]) -> Ladder:
    rungs = tuple(sorted((_rung(each) for each in section.tables("ladder")), key=lambda rung: rung.after))
    if len({rung.key for rung in rungs}) < len(rungs):
        raise SettingsError("[[notices.ladder]] names the same contact, way and time twice")
    return Ladder(
        rungs,
        quiet,
        patience=section.span("patience", "15m"),
        keep_trying=section.span("keep_trying", "24h"),
    )


def _rung(section: Section) -> Rung:
    asked = section.take("urgency", list, list(URGENCIES))
    if not asked or not set(asked) <= set(URGENCIES):
        raise SettingsError(f"[{section.name}] urgency must be a list of {', '.join(URGENCIES)}")
    rung = Rung(
        after=section.span("after"),
        to=section.take("to", str),
        by=cast(Way, section.choice("by", get_args(Way))),
        urgencies=frozenset(asked),
    )
    section.end()
    return rung


def _mail(section: Section | None) -> MailServer | None:
    if section is None:
        return None
    held = secret_file(section, "secrets")
    tls = section.choice("tls", get_args(Tls), "starttls")
    ca = section.maybe("ca", str)
    server = MailServer(
        host=section.take("host", str),
        port=section.take("port", int, 465 if tls == "tls" else 587),
        sender=section.take("from", str),
        tls=cast(Tls, tls),
        user=held.get("user"),
        password=held.get("password"),
        ca=_text_of(section, ca) if ca is not None else None,
    )
    section.end()
    if tls == "none" and not _is_loopback(server.host):
        raise SettingsError('[notices.email] tls = "none" is for a mail server at 127.0.0.1 only')
    if not _MAIL.fullmatch(server.sender):
        raise SettingsError("[notices.email] from must be an address such as notices@example.org")
    if words.telling(server.sender):
        raise SettingsError("[notices.email] from says too much; every recipient's screen shows it")
    return server


def _sms(section: Section | None, allow_private: bool) -> SmsProvider | None:
    if section is None:
        return None
    provider = SmsProvider(
        url=section.take("url", str),
        method=section.choice("method", ("POST", "PUT"), "POST"),
        body=cast(Literal["json", "form"], section.choice("body", ("json", "form"), "json")),
        fields=section.take("fields", dict),
        headers=secret_file(section, "secrets"),
        repeat_header=section.maybe("repeat_header", str),
        allow_private=allow_private,
    )
    section.end()
    filled = str(provider.fields)
    if "{to}" not in filled or "{text}" not in filled:
        raise SettingsError("[notices.sms.fields] must say where {to} and {text} stand")
    if words.telling(filled):
        raise SettingsError("[notices.sms.fields] say too much; the message must stay neutral")
    try:
        outside.check_url(provider.url, allow_private=allow_private)
    except outside.AddressRefused as error:
        raise SettingsError(f"[notices.sms] url: {error}") from None
    return provider


def _check_ways(read: NoticeSettings) -> None:
    """Every rung can be used, and nothing urgent stays silent."""
    for rung in read.ladder.rungs:
        contact = read.contacts.get(rung.to)
        if contact is None or not contact.has(rung.by):
            raise SettingsError(f"[[notices.ladder]] to = {rung.to!r}: this contact has no {rung.by}")
        if (rung.by == "email" and read.mail is None) or (rung.by == "sms" and read.sms is None):
            raise SettingsError(f"[notices.{rung.by}] is missing, and the ladder uses it")
    for urgency in ("urgent", "emergency"):
        if read.ladder.rungs and not read.ladder.of("answer-wanted", urgency):
            raise SettingsError(f"[[notices.ladder]] has no rung for what is {urgency}")


def _text_of(section: Section, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise SettingsError(f"[{section.name}] ca cannot be read") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
