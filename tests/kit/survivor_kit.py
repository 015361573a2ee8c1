"""A person's page without network: a real ledger behind it, an edge that stands still, a browser in front."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from ledger_kit import PAGE, RECIPIENT, SENDER, AsgiTransport, LedgerKit, a_form, a_part, to_open
from page_kit import Browser

from consent_ledger import survivors
from consent_ledger.api import create_app
from consent_ledger.giving import give
from consent_ledger.records import ConsentForm
from consent_ledger.sealing import open_locks, seal
from consent_ledger.serving import Service
from participant_edge.commands import Receipt
from participant_edge.errors import EdgeError
from participant_edge.ledger_client import LedgerClient
from participant_edge.own_memory import OwnMemory
from referral_exchange import ids
from referral_exchange.events import ParticipantListed, ProgrammeListed
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_signature import RequestVerifier
from referral_exchange.tracing import Tracing
from referral_exchange.tracing.export import Nowhere
from survivor_page.config import PageConfig
from survivor_page.database import Database
from survivor_page.deletions import Deletions
from survivor_page.desk import Desk
from survivor_page.limits import WrongCodes
from survivor_page.page_ledger import PageLedger
from survivor_page.rules import Purged
from survivor_page.service import build
from survivor_page.site import Site

BASE = "http://127.0.0.1:21017"


@dataclass
class SaidEdge:
    """Notes what is said; raises `failing` while it is set. Lists what the ledger's directory lists."""

    kit: LedgerKit
    said: list[tuple[str, str, dict[str, Any], str]] = field(default_factory=list)
    failing: EdgeError | None = None
    with_office: bool = False

    def report(self, kind: str, programme: str, fields: Mapping[str, Any], command_id: str) -> Receipt:
        if self.failing is not None:
            raise self.failing
        told = (kind, programme, dict(fields), command_id)
        if told not in self.said:
            self.said.append(told)
        return Receipt(command_id)

    def programmes(self) -> list[ProgrammeListed]:
        return list(self.kit.directory.programmes.values())

    def participants(self) -> list[ParticipantListed]:
        found = list(self.kit.directory.participants.values())
        return [*found, replace(found[0], participant_id="plan_office")] if self.with_office else found

    def ready(self) -> bool:
        return True

    def questions(self) -> list[str]:
        return [fields["question"] for kind, _, fields, _ in self.said if kind == "QuestionAsked"]


class Cuttable(httpx.BaseTransport):
    """A way to the ledger that can be cut: before it, or on the way back, when it has already done it."""

    def __init__(self, app: object) -> None:
        self._inner = AsgiTransport(app)
        self.cut = False
        self.cut_after = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("in a test")
        answer = self._inner.handle_request(request)
        if self.cut_after:
            raise httpx.ReadError("in a test")
        return answer


@dataclass
class Turned:
    """The ledger's turned clock, as the page asks it."""

    kit: LedgerKit

    def now(self) -> Any:
        return self.kit.clock.now.astimezone(UTC)


def _ledger_app(kit: LedgerKit) -> object:
    """The ledger goes by the turned clock; who signs goes by the real one."""
    return create_app(
        Service(
            ledger=kit.ledger,
            outbox=kit.outbox,
            verifier=RequestVerifier(kit.key),
            tracing=Tracing(Nowhere()),
            ready=lambda: {},
            can_judge=lambda: True,
        )
    )


class SurvivorKit:
    """The page, its ledger and what it remembers, in one folder."""

    def __init__(self, folder: Path, **config: Any) -> None:
        (folder / "ledger").mkdir()
        self.folder = folder
        self.kit = LedgerKit(folder / "ledger")
        self.edge = SaidEdge(self.kit)
        self.way = Cuttable(_ledger_app(self.kit))
        client = LedgerClient("http://ledger", self.way, pause=lambda _: None)
        self.database = Database(f"sqlite:///{folder}/page.db")
        signer = self.kit.signers[PAGE]
        self.desk = Desk(
            database=self.database,
            ledger=PageLedger(client, signer),
            edge=self.edge,  # type: ignore[arg-type]
            memory=OwnMemory(b"\x05" * 32),
            clock=Turned(self.kit),
            faults=FaultPoints(),
            chance=lambda below: below - 1,
        )
        self.deletions = Deletions({}, None)  # type: ignore[arg-type]
        self.config = PageConfig("127.0.0.1", 21017, (BASE,), **config)
        self.site = self._site()
        self.app = self._app()

    def _site(self) -> Site:
        wrong = WrongCodes(self.config.wrong_codes, self.kit.clock.monotonic)
        return Site(self.desk, self.edge, self.deletions, self.config, wrong)  # type: ignore[arg-type]

    def _app(self) -> FastAPI:
        return build(self.site, lambda: {"storage_works": self.desk.works()})

    def browser(self, **headers: str) -> Browser:
        return Browser(TestClient(self.app, base_url=BASE, headers=headers))

    def given(self, **changes: object) -> ConsentForm:
        form = a_form(**changes)
        give(self.kit.ledger, form)
        return form

    def opened(self, form: ConsentForm, data_class: str = "identity") -> None:
        (lock,) = seal(self.kit.ledger, SENDER, [a_part(form, data_class)])
        open_locks(self.kit.ledger, RECIPIENT, [to_open(form, lock)])

    def code(self, form: ConsentForm) -> str:
        return survivors.make_code(self.kit.ledger, SENDER, form.consent_id, ids.fresh()).code

    def inside(self, form: ConsentForm, browser: Browser | None = None) -> Browser:
        """A browser that shows the list."""
        found = browser or self.browser()
        found.go("/")
        found.press("Go on", code=self.code(form))
        assert found.answer.status_code == 200, found.answer.text
        return found

    def purged(self, form: ConsentForm, purge: str) -> None:
        self.deletions._found[form.referral_id] = Purged(purge, self.kit.clock.now)

    def pass_(self, **span: float) -> None:
        self.kit.clock.pass_(**span)

    def restarted(self) -> None:
        """The process was killed and starts again on the same files."""
        self.desk = replace(self.desk, wake=threading.Event(), faults=FaultPoints())
        self.site = self._site()
        self.app = self._app()

    def close(self) -> None:
        self.database.close()
        self.kit.close()
