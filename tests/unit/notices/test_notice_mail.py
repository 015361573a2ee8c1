"""Mail on a real SMTP server: what it says, over what, and what every answer of the server means."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from gateway_kit import Mailbox, any_login, certificate, mail_server
from notice_kit import an_id

from participant_edge.notices import words
from participant_edge.notices.mail import MailServer
from participant_edge.notices.outcomes import Delivered, Failed

SENDER, TO = "notices@example.org", "duty@example.org"
MESSAGE = an_id("a message")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def mailbox(tls: tuple[ssl.SSLContext, str]) -> Iterator[Mailbox]:
    with mail_server(Mailbox(), tls[0]) as running:
        yield running


@pytest.fixture
def server(mailbox: Mailbox, tls: tuple[ssl.SSLContext, str]) -> MailServer:
    return MailServer("127.0.0.1", mailbox.port, SENDER, ca=tls[1], within_s=5.0)


def test_a_mail_goes_over_tls_and_says_nothing(mailbox: Mailbox, server: MailServer) -> None:
    assert server.send(TO, MESSAGE) == Delivered()
    ((over_tls, envelope),) = mailbox.took
    assert over_tls
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [TO])
    raw = envelope.content.decode()
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["from"] == "Notices <notices@example.org>"
    assert mail["subject"] == "Something waits for you"
    assert mail.get_content().strip() == "Something waits for you. Sign in."
    assert mail["message-id"] == f"<{MESSAGE}@example.org>"
    assert set(mail.keys()) <= {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert words.telling(raw) is None
    # Nor does the greeting name this machine.
    assert mailbox.greeted == ["example.org"]


def test_words_that_say_too_much_are_found() -> None:
    assert words.telling("A Referral waits") == "referral"
    assert words.telling("desk@anti-trafficking.example") == "traffick"
    assert words.telling(" ".join((words.SUBJECT, words.TEXT, words.SENDER_NAME))) is None


def test_a_server_without_tls_is_given_no_mail() -> None:
    with mail_server(Mailbox()) as plain:
        server = MailServer("127.0.0.1", plain.port, SENDER)
        assert server.send(TO, MESSAGE) == Failed("no-tls")
        assert plain.tried == 0
        # Only where the settings say so, for a server on the same machine.
        assert replace(server, tls="none").send(TO, MESSAGE) == Delivered()


def test_a_server_that_cannot_prove_its_name_is_given_no_mail(
    mailbox: Mailbox, server: MailServer, tmp_path: Path
) -> None:
    _, other = certificate(tmp_path, "127.0.0.1")
    assert replace(server, ca=None).send(TO, MESSAGE) == Failed("no-tls")
    assert replace(server, ca=other).send(TO, MESSAGE) == Failed("no-tls")
    assert mailbox.tried == 0


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("550 nobody here", Failed("smtp-550", gateway=False, lasting=True)),
        ("450 later", Failed("smtp-450", gateway=False)),
        ("421 closing", Failed("smtp-421")),
    ],
)
def test_what_a_refused_recipient_means(
    mailbox: Mailbox, server: MailServer, code: str, failed: Failed
) -> None:
    mailbox.codes[TO] = code
    assert server.send(TO, MESSAGE) == failed


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("554 no", Failed("smtp-554", gateway=False, lasting=True)),
        ("451 disk full", Failed("smtp-451", gateway=False)),
    ],
)
def test_what_a_refused_message_means(
    mailbox: Mailbox, server: MailServer, code: str, failed: Failed
) -> None:
    mailbox.data_code = code
    assert server.send(TO, MESSAGE) == failed


def test_a_server_that_hangs_is_left_in_time(mailbox: Mailbox, server: MailServer) -> None:
    mailbox.hang = True
    assert replace(server, within_s=0.5).send(TO, MESSAGE) == Failed("too-slow")


def test_a_server_that_is_not_there_is_no_connection(server: MailServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert replace(server, port=port).send(TO, MESSAGE) == Failed("no-connection")


def test_a_password_is_asked_for_and_a_wrong_one_told_apart(tls: tuple[ssl.SSLContext, str]) -> None:
    options = {"auth_required": True, "auth_require_tls": True, "authenticator": any_login}
    with mail_server(Mailbox(), tls[0], **options) as mailbox:
        server = MailServer("127.0.0.1", mailbox.port, SENDER, user="desk", password="wrong", ca=tls[1])
        assert server.send(TO, MESSAGE) == Failed("credentials")
        assert replace(server, password="correct").send(TO, MESSAGE) == Delivered()
        assert "wrong" not in repr(server)
