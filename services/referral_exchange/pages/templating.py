"""The templates of one service, with those that all services share."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from referral_exchange.pages.language import OWN_NAMES
from referral_exchange.pages.words import fill


def environment(package: str) -> Environment:
    """Reads `templates` of `package`, then the shared ones; a name that nobody gave is an error."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("referral_exchange.pages")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["fill"] = fill
    made.globals["tongues"] = OWN_NAMES
    return made
