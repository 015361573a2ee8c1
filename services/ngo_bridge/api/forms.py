"""The forms of the contract as they are sent: named, and with fields that their schema declares."""

from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

from pydantic import Field, create_model

from ngo_bridge.api.field_types import Taken
from ngo_bridge.api.schema_fields import SchemaFields, fields_of, only, record_of
from participant_edge.commands import FormRecord

FORMS = tuple(record.__name__ for record in get_args(FormRecord))
"""Names of every form."""


class FormGiven(Taken):
    """One form, filled in."""

    form: str
    fields: SchemaFields

    def record(self) -> FormRecord:
        """As the contract writes it."""
        made: FormRecord = record_of(self.form, self.fields)
        return made


def _model(name: str) -> type[FormGiven]:
    fields: Any = fields_of(name)
    return create_model(
        f"{name}Form",
        __base__=FormGiven,
        __doc__=fields.__doc__,
        form=(only(name), Field(description="Name of the form.")),
        fields=(fields, Field(description="As its schema declares them.")),
    )


if TYPE_CHECKING:
    Form = FormGiven
else:
    Form = Annotated[Union[tuple(_model(name) for name in FORMS)], Field(discriminator="form")]  # noqa: UP007
"""One of the forms, told by its name."""
