"""The log of evidence over HTTP: checkpoints for all, proofs for disclosers, leaves for the operator."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from consent_ledger import administering, checkpoints, evidence_rows, proving
from consent_ledger.answers import Base64
from consent_ledger.bodies import Body, Slug, Uuid
from consent_ledger.checkpoints import Checkpoint
from consent_ledger.evidence import Facts
from consent_ledger.evidence_rows import Leaf
from consent_ledger.ledger import Ledger
from consent_ledger.proving import Proof
from consent_ledger.serving import Asker, Here, stretched
from referral_exchange.administered import Action
from referral_exchange.problems import Problem

router = APIRouter(prefix="/v1")

MOST_LEAVES = 2000
MOST_TOKENS = 10_000
MOST_CONSENTS = 100

Number = Annotated[int, Query(ge=0, le=2**53)]


class AdministrationBody(Body):
    """What the operator is about to do, and to what: an id of a participant or a place, never of a person."""

    action: Action
    about: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:/-]{0,127}$")]


class AdministrationAnswer(BaseModel):
    """The leaf that was written."""

    leaf: str


class CheckpointAnswer(BaseModel):
    """A signed note. `consistency`: the proof from the log of `after` leaves, where that was asked for."""

    checkpoint: str
    size: int
    public_key: Base64
    consistency: list[Base64] | None


class Opening(BaseModel):
    """What a leaf committed to: HMAC-SHA256 with the salt over the facts as canonical JSON."""

    number: int
    salt: Base64
    facts: dict[str, Any]


class ProofLine(BaseModel):
    """`opening` null: the key that opened it is destroyed; it is proved all the same."""

    leaf: str
    path: list[Base64]
    opening: Opening | None


class ProofsAnswer(BaseModel):
    """Paths lead to the root of this checkpoint. `more_from`: ask again from there; null: that is all."""

    checkpoint: str
    public_key: Base64
    proofs: list[ProofLine]
    more_from: int | None


class LeavesAnswer(BaseModel):
    """Leaves in order, the checkpoints that were kept among them, and openings of what concerns no person."""

    leaves: list[str]
    checkpoints: list[str]
    openings: list[Opening]


class HeldAnswer(BaseModel):
    """How many rows of each kind concern these programmes, and the tokens of consents, oldest first."""

    held: dict[str, Any]


@router.get("/evidence/checkpoint", openapi_extra={"security": []})
async def checkpoint(
    request: Request, response: Response, here: Here, after: Number | None = None
) -> CheckpointAnswer:
    """The log as it stands, signed; with `after`, the proof that it only grew since. Needs no signature."""
    response.headers["cache-control"] = "no-store"
    with stretched(request, set()):
        made, proof = await run_in_threadpool(_checkpoint, here.ledger, after)
        public = here.ledger.facts.signer.public
        return CheckpointAnswer(checkpoint=made.note, size=made.size, public_key=public, consistency=proof)


def _checkpoint(ledger: Ledger, after: int | None) -> tuple[Checkpoint, list[bytes] | None]:
    with ledger.database.snapshot() as connection:
        made = checkpoints.made(connection, ledger.facts.signer)
        if after is None:
            return made, None
        if after > made.size:
            detail = (
                "The checkpoint that you hold was signed for more leaves. Ask the operator what was lost."
            )
            raise Problem(409, "log-shorter", "The log has fewer leaves than that", detail)
        return made, list(checkpoints.consistency(connection, after, made.size))


@router.get("/evidence/proofs")
async def proofs(
    request: Request,
    here: Here,
    asker: Asker,
    consent_id: Annotated[list[Uuid], Query(min_length=1, max_length=MOST_CONSENTS)],
    first: Number = 0,
) -> ProofsAnswer:
    """That every disclosure under the asker's consents is in the log, and what its leaf says."""
    with stretched(request, set()):
        found = await run_in_threadpool(proving.proofs, here.ledger, asker, consent_id, first)
        return ProofsAnswer(
            checkpoint=found.checkpoint.note,
            public_key=here.ledger.facts.signer.public,
            proofs=[_proof(proof) for proof in found.proofs],
            more_from=found.more_from,
        )


def _proof(proof: Proof) -> ProofLine:
    return ProofLine(leaf=proof.leaf.text, path=list(proof.path), opening=_opening(proof.leaf))


def _opening(leaf: Leaf) -> Opening | None:
    if leaf.salt is None or leaf.facts is None:
        return None
    return Opening(number=leaf.number, salt=leaf.salt, facts=_plain(leaf.facts))


def _plain(facts: Facts) -> dict[str, Any]:
    return dict(facts)


@router.get("/evidence/leaves")
async def leaves(request: Request, here: Here, asker: Asker, first: Number, below: Number) -> LeavesAnswer:
    """The operator's: leaves from `first` to before `below`, 2,000 at most."""
    with stretched(request, set()):
        await run_in_threadpool(administering.require_operator, here.ledger, asker, "evidence-export")
        return await run_in_threadpool(_leaves, here.ledger, first, min(below, first + MOST_LEAVES))


def _leaves(ledger: Ledger, first: int, below: int) -> LeavesAnswer:
    with ledger.database.snapshot() as connection:
        opened = [_opening(leaf) for leaf in evidence_rows.acts(connection, first, below)]
        return LeavesAnswer(
            leaves=evidence_rows.texts(connection, first, below),
            checkpoints=checkpoints.kept(connection, first, below),
            openings=[opening for opening in opened if opening is not None],
        )


@router.post("/administration", status_code=201)
async def administer(
    body: AdministrationBody, request: Request, here: Here, asker: Asker
) -> AdministrationAnswer:
    """Writes what the operator is about to do; what cannot be written is not done."""
    with stretched(request, set()):
        leaf = await run_in_threadpool(administering.administer, here.ledger, asker, body.action, body.about)
        return AdministrationAnswer(leaf=leaf)


@router.get("/administration/held")
async def held(
    request: Request,
    here: Here,
    asker: Asker,
    programme: Annotated[list[Slug], Query(min_length=1, max_length=MOST_CONSENTS)],
) -> HeldAnswer:
    """The operator's: what the ledger holds of these programmes."""
    with stretched(request, set()):
        await run_in_threadpool(administering.require_operator, here.ledger, asker, "held")
        return HeldAnswer(held=await run_in_threadpool(_held, here.ledger, programme))


def _held(ledger: Ledger, programmes: list[str]) -> dict[str, Any]:
    with ledger.database.snapshot() as connection:
        return administering.held(connection, programmes, MOST_TOKENS)
