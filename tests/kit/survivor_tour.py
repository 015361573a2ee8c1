"""Every page that a person sees with their code, and what stands there after each mistake."""

from pathlib import Path
from zoneinfo import ZoneInfo

from ledger_kit import STRANGER
from page_kit import Browser, Element
from survivor_kit import SurvivorKit

Pages = list[tuple[str, Element]]


def tour(folder: Path, language: str) -> Pages:
    """The pages by name."""
    kit = SurvivorKit(folder, timezone=ZoneInfo("America/Chicago"))
    try:
        return [*_without_code(kit, language), *_with_code(kit, language)]
    finally:
        kit.close()


def _without_code(kit: SurvivorKit, language: str) -> Pages:
    browser = _browser(kit, language)
    pages = [("front", browser.go("/"))]
    pages += [
        (f"code {said!r}", browser.send("/", [("act", "open"), ("code", said)])) for said in ("", "000000000")
    ]
    pages.append(("lost", browser.send("/", [("act", "list")])))
    pages.append(("feedback", browser.send("/", [("act", "feedback")])))
    pages.append(("thanks", act(browser, "feedback_now")))
    for _ in range(kit.config.wrong_codes + 1):
        waits = browser.send("/", [("act", "open"), ("code", "000000000")])
    return [*pages, ("wait", waits)]


def _with_code(kit: SurvivorKit, language: str) -> Pages:
    form = kit.given()
    other = kit.given(subject_token=form.subject_token, recipient=STRANGER)
    kit.opened(form)
    kit.site = kit._site()
    kit.app = kit._app()
    browser = _browser(kit, language)
    browser.go("/")
    pages = [("list", act(browser, "open", code=kit.code(form)))]
    pages += [("stop", act(browser, "stop")), ("list again", act(browser, "list"))]
    pages += [("ask", act(browser, "ask")), ("ask nothing", act(browser, "ask_now"))]
    pages.append(("asked", act(browser, "ask_now", question="who_is_this")))
    act(browser, "list")
    act(browser, "stop")
    kit.way.cut = True
    pages.append(("not yet", act(browser, "stop_now")))
    pages.append(("away", act(browser, "list")))
    kit.way.cut = False
    act(browser, "list")
    act(browser, "stop")
    pages += [("stopped", act(browser, "stop_now")), ("list after", act(browser, "list"))]
    kit.purged(form, "purged")
    kit.purged(other, "legal_hold")
    pages += [("list of deletions", act(browser, "list")), ("done", act(browser, "done"))]
    return [*pages, ("nothing here", browser.go("/nothing"))]


def act(browser: Browser, what: str, **typed: str) -> Element:
    """Sends the first form that does `what`, in any language."""
    form = next(form for form in browser.page.all("form") if form.all("input", name="act", value=what))
    standing = [(each["name"], each["value"]) for each in form.all("input", type="hidden")]
    return browser.send(form["action"], [*standing, *typed.items()])


def _browser(kit: SurvivorKit, language: str) -> Browser:
    return kit.browser(**{"accept-language": language})
