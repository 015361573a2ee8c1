"""`[notices]` as people write it, and as they miswrite it: told which setting, and what it must be."""

import tomllib
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from participant_edge.notices import webhook
from participant_edge.notices.settings import NoticeSettings, from_section
from referral_exchange.settings import SettingsError

WHOLE = """
patience = "10m"

[email]
host = "mail.example.org"
from = "notices@example.org"
secrets = "{secrets}/mail.toml"

[sms]
url = "https://sms.example.org/v1/messages"
repeat_header = "Idempotency-Key"
secrets = "{secrets}/sms.toml"
fields = {{ To = "{{to}}", Body = "{{text}}" }}

[contacts.duty]
email = "duty@example.org"
sms = "+1 555 0100"
quiet = "22:00-07:00"
timezone = "America/Chicago"

[contacts.pager]
webhook = "https://pager.example.org/in"
secrets = "{secrets}/pager.toml"

[[ladder]]
after = "20m"
to = "pager"
by = "webhook"

[[ladder]]
after = "0m"
to = "duty"
by = "email"

[[ladder]]
after = "5m"
to = "duty"
by = "sms"
urgency = ["urgent", "emergency"]
"""
SECRET = webhook.new_secret()


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for name, text in {
        "mail": 'user = "desk"\npassword = "one-of-ours"',
        "sms": 'authorization = "Bearer one-of-ours"',
        "pager": f'secret = "{SECRET}"\nprevious = "{webhook.new_secret()}"',
    }.items():
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    return tmp_path


def told(secrets: Path) -> dict[str, Any]:
    return tomllib.loads(WHOLE.format(secrets=secrets))


def test_a_whole_section_is_read(secrets: Path) -> None:
    read = from_section(told(secrets))
    assert [(rung.to, rung.by) for rung in read.ladder.rungs] == [
        ("duty", "email"),
        ("duty", "sms"),
        ("pager", "webhook"),
    ]
    assert read.ladder.patience == timedelta(minutes=10)
    assert (read.ladder.quiet["duty"].begin, read.ladder.quiet["duty"].end) == (time(22), time(7))
    assert [rung.by for rung in read.ladder.of("answer-wanted", "routine")] == ["email", "webhook"]
    assert read.mail is not None
    assert (read.mail.port, read.mail.tls, read.mail.user) == (587, "starttls", "desk")
    assert read.sms is not None
    assert read.sms.headers == {"authorization": "Bearer one-of-ours"}
    pager = read.contacts["pager"].webhook
    assert pager is not None
    assert pager.secret == SECRET
    assert pager.previous


def test_nothing_secret_and_no_address_of_a_person_is_in_a_repr(secrets: Path) -> None:
    shown = repr(from_section(told(secrets)))
    for hidden in ("one-of-ours", SECRET, "duty@example.org", "555"):
        assert hidden not in shown


def test_an_empty_section_tells_nobody_and_allows_no_private_address() -> None:
    assert from_section({}) == NoticeSettings()
    assert not from_section({}).allow_private


def changed(section: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split("/")
    place: Any = section
    for piece in way:
        place = place[int(piece)] if piece.isdecimal() else place.setdefault(piece, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return section


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("laddder", [], r"\[notices\] knows no laddder"),
        ("patience", "soon", r'patience must be a time such as "5m"'),
        ("patience", 5, r"patience must be of the type str"),
        ("allow_private", 1, r"allow_private must be of the type bool"),
        ("ladder/0/after", None, r"ladder 1\] after is missing"),
        ("ladder/0/by", "pigeon", r"by must be one of email, sms, webhook"),
        ("ladder/0/to", "nobody", r"to = 'nobody': this contact has no webhook"),
        ("ladder/0/by", "sms", r"to = 'pager': this contact has no sms"),
        ("ladder/0/urgency", ["soonish"], r"urgency must be a list of routine, urgent, emergency"),
        ("ladder/0/urgency", [], r"urgency must be a list"),
        ("ladder/0/x", 1, r"ladder 1\] knows no x"),
        ("contacts/duty/email", "nobody", r"contacts.duty\] email must be an address"),
        ("contacts/duty/email", "a@b.example, c@d.example", r"email must be an address"),
        ("contacts/duty/sms", "call me", r"sms must be a number"),
        ("contacts/duty/quiet", "late", r'quiet must be hours such as "22:00-07:00"'),
        ("contacts/duty/quiet", "07:00-07:00", r"two different times"),
        ("contacts/duty/timezone", "Mars/Base", r"timezone must be a name such as America/Chicago"),
        ("contacts/duty/timezone", None, r"timezone is missing"),
        ("contacts/Duty Officer", {}, r"name a contact by small letters"),
        ("contacts/pager/webhook", "http://pager.example.org/", r"begins with https://"),
        ("contacts/pager/secrets", None, r"secrets \(secret, previous\): give whsec_"),
        ("email", None, r"\[notices.email\] is missing, and the ladder uses it"),
        ("sms", None, r"\[notices.sms\] is missing, and the ladder uses it"),
        ("email/tls", "none", r"at 127.0.0.1 only"),
        ("email/tls", "maybe", r"tls must be one of starttls, tls, none"),
        ("email/from", "Desk <desk@example.org>", r"from must be an address"),
        ("email/from", "desk@anti-trafficking.example", r"from says too much"),
        ("email/secrets", "/nowhere/mail.toml", r"secrets: mail.toml cannot be read"),
        ("email/ca", "/nowhere/ca.pem", r"ca cannot be read"),
        (
            "sms/url",
            "http://sms.example.org/",
            r"\[notices.sms\] url: give an address that begins with https",
        ),
        ("sms/method", "GET", r"method must be one of POST, PUT"),
        ("sms/fields", {"To": "{to}"}, r"must say where \{to\} and \{text\} stand"),
        ("sms/fields", {"To": "{to}", "B": "{text}", "from": "Shelter"}, r"say too much"),
        ("contacts", 3, r"\[notices.contacts\] must be a table"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_must_be(
    secrets: Path, path: str, value: Any, says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        from_section(changed(told(secrets), path, value))


def test_a_ladder_that_leaves_the_urgent_silent_is_refused(secrets: Path) -> None:
    section = told(secrets)
    for rung in section["ladder"]:
        rung["urgency"] = ["routine", "urgent"]
    with pytest.raises(SettingsError, match="no rung for what is emergency"):
        from_section(section)


def test_the_same_rung_twice_is_refused(secrets: Path) -> None:
    section = told(secrets)
    section["ladder"].append(section["ladder"][0])
    with pytest.raises(SettingsError, match="twice"):
        from_section(section)


def test_a_file_of_secrets_that_others_can_read_is_refused(secrets: Path) -> None:
    (secrets / "mail.toml").chmod(0o640)
    with pytest.raises(SettingsError, match=r"make mail.toml readable by its owner only \(0600\)"):
        from_section(told(secrets))


@pytest.mark.parametrize("text", ["one-of-ours", 'a = "one-of-ours', "password = 7", "[password]\nx = 1"])
def test_a_file_of_secrets_that_is_none_is_refused_and_not_quoted(secrets: Path, text: str) -> None:
    (secrets / "mail.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        from_section(told(secrets))
    assert "one-of-ours" not in str(refused.value)
    assert "[notices.email] secrets" in str(refused.value)


def test_mail_without_tls_is_for_this_machine(secrets: Path) -> None:
    section = changed(told(secrets), "email/tls", "none")
    section["email"]["host"] = "127.0.0.1"
    assert from_section(section).mail is not None
