"""Safe contact, as every page asks it: *do not contact* unless something else is chosen."""

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.words import words
from referral_exchange import vocabulary
from referral_exchange.events import SafeContact
from referral_exchange.pages.words import OFFERED_LANGUAGES, language_name, language_order

CONTACT_FIELDS = ("may_contact", "method", "value", "window", "contact_language", "pretext", "voicemail")
"""Names of its inputs."""

DO_NOT_CONTACT = SafeContact(may_contact=False, voicemail=False)


def read_contact(form: Form) -> SafeContact:
    """What was chosen; blames what is half said."""
    t = words()["referral"]
    if form.value("may_contact") != "yes":
        if form.value("value") or form.value("method"):
            form.blame("may_contact", "no_contact")
        return DO_NOT_CONTACT
    method, value = form.value("method"), form.text("value", t["disclose_value"])
    if method not in vocabulary.contact_methods():
        form.blame("method", "method")
    elif value is None and method != "through-sender":
        form.blame("value", "value")
    language = form.value("contact_language")
    return SafeContact(
        may_contact=True,
        method=method,
        value=value,
        window=form.text("window", t["disclose_window"]),
        language=language if language in OFFERED_LANGUAGES else None,
        pretext=form.text("pretext", t["disclose_pretext"]),
        voicemail=form.value("voicemail") == "yes",
    )


def contact_lists() -> dict[str, list[tuple[str, str]]]:
    """Value and label of what its inputs offer."""
    t = words()
    named = ((tag, language_name(tag)) for tag in OFFERED_LANGUAGES)
    return {
        "contact_methods": [(code, t["contact_methods"][code]) for code in vocabulary.contact_methods()],
        "all_languages": sorted(named, key=lambda pair: language_order(pair[0])),
    }
