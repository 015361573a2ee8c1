"""The runbooks, on the page where they are needed at three in the morning, as they are written."""

import re

from aiohttp import web

from referral_exchange.contract_files import DEPLOY
from status_board.site import Site, problem, utc_now

_NAME = re.compile("[a-z][a-z-]{1,60}")
FOLDER = DEPLOY / "runbooks"


class RunbookPage:
    """`GET /runbooks/{name}`."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def page(self, request: web.Request) -> web.Response:
        """One runbook as its text; 404 where there is none of that name."""
        name = request.match_info["name"]
        file = FOLDER / f"{name}.md"
        if not _NAME.fullmatch(name) or not file.is_file():
            return problem(404, "unknown", "No such runbook; deploy/runbooks/README.md lists them.")
        text = file.read_text(encoding="utf-8")
        return self._site.show(request, "runbook.html", utc_now(), here="runbooks", name=name, text=text)
