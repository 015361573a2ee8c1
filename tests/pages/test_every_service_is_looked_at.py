"""No service shows pages that the browser's tests do not walk through."""

from pictures import PICTURES, ROOT
from shown_pages import SERVICES


def test_every_service_with_templates_has_a_tour() -> None:
    assert {path.parent.name for path in (ROOT / "services").glob("*/templates")} == set(SERVICES)


def test_every_service_with_pages_is_in_a_picture() -> None:
    assert {picture.service for picture in PICTURES} == set(SERVICES)
