"""E-mail without content, over TLS or not at all (aiosmtplib)."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from participant_edge.notices import words
from participant_edge.notices.outcomes import Delivered, Failed, Outcome

WITHIN_S = 20.0
"""For one message, from connecting to the server's last word, in seconds."""

_BYE_S = 2.0

Tls = Literal["starttls", "tls", "none"]
"""`none` is for a server on this machine only; `settings.py` sees to that."""


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where mail leaves. `sender`: the address it comes from; `ca`: PEM text of a CA of one's own."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = field(default=None, repr=False)
    within_s: float = WITHIN_S

    def send(self, to: str, message_id: str) -> Outcome:
        """One message to one address. `message_id` stays the same when it is sent again."""
        return asyncio.run(self._send(message(self.sender, to, message_id)))

    async def _send(self, mail: EmailMessage) -> Outcome:
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=_domain(self.sender),
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=ssl.create_default_context(cadata=self.ca) if self.tls != "none" else None,
            username=self.user,
            password=self.password,
        )
        try:
            async with asyncio.timeout(self.within_s):
                await client.connect()
                await client.send_message(mail)
        except (OSError, TimeoutError, ssl.SSLError, aiosmtplib.SMTPException) as error:
            client.close()
            return judged(error)
        await _leave(client)
        return Delivered()


def message(sender: str, to: str, message_id: str) -> EmailMessage:
    """The mail: the same words for everybody and everything."""
    mail = EmailMessage()
    mail["From"] = Address(words.SENDER_NAME, addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = words.SUBJECT
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message_id}@{_domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words.TEXT)
    return mail


def judged(error: Exception) -> Failed:
    """What a failure means. The server's text may quote an address, so only its number is kept."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return judged(error.recipients[0])
        case aiosmtplib.SMTPAuthenticationError():
            return Failed("credentials")
        case aiosmtplib.SMTPNotSupported() | ssl.SSLError():
            return Failed("no-tls")
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError() if error.code != 421:
            return Failed(f"smtp-{error.code}", gateway=False, lasting=error.code >= 500)
        case aiosmtplib.SMTPResponseException():
            return Failed(f"smtp-{error.code}")
        case TimeoutError():
            return Failed("too-slow")
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected() | OSError():
            return Failed("no-connection")
        case _:
            return Failed("no-tls")


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Says goodbye. What the server took is taken, however it takes the goodbye."""
    with suppress(OSError, TimeoutError, aiosmtplib.SMTPException):
        async with asyncio.timeout(_BYE_S):
            await client.quit()
    client.close()


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
