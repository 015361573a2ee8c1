"""A form of the bridge's pages, which knows what the bridge says of mistakes."""

from collections.abc import Mapping

from ngo_bridge.pages.words import words
from referral_exchange.pages import form


class Form(form.Form):
    """One submitted form."""

    __slots__ = ()

    def errors(self) -> Mapping[str, str]:
        """See `form.Form`."""
        found: Mapping[str, str] = words()["errors"]
        return found
