"""Whether a participant takes part: pause it, let it go on, or expel it."""

from dataclasses import asdict

from fastapi import APIRouter, Depends

from referral_exchange import problems
from referral_exchange.problems import Problem
from service_directory.api.answers import StandingSet, StandingWanted
from service_directory.api.desk import DeskOf, operator_only
from service_directory.book import ListingRefused, NotListed

router = APIRouter(tags=["enrolment"], dependencies=[Depends(operator_only)])


@router.post("/v1/participants/{participant_id}/standing", operation_id="setStanding")
def stand(desk: DeskOf, participant_id: str, wanted: StandingWanted) -> StandingSet:
    """Lists how a participant stands; answers once the broker has the listing. Repeating it changes nothing.

    `paused`: nothing new goes to it or comes from it; what only ends something still passes. `expelled`: for
    good, and its consents end. It may be enrolled again, with new keys for every programme.
    """
    try:
        changed = desk.book.stand(participant_id, wanted.standing)
    except NotListed:
        raise problems.unknown() from None
    except ListingRefused as refused:
        faults = [asdict(fault) for fault in refused.faults]
        detail = "Do what `faults` says; nothing was changed."
        raise Problem(
            409, "standing-refused", "It cannot stand so", detail, more={"faults": faults}
        ) from None
    desk.publisher.flush()
    return StandingSet(participant_id=participant_id, standing=wanted.standing, changed=changed)
