"""Text messages through any provider with an HTTP interface, as a template in the settings describes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from participant_edge.notices import outside, words
from participant_edge.notices.outcomes import Outcome
from participant_edge.notices.outside import Call


@dataclass(frozen=True, slots=True, repr=False)
class SmsProvider:
    """A provider. `fields`: of its body, where `{to}`, `{text}` and `{message_id}` are filled in.

    `headers` come from a file of secrets. `repeat_header`: the name under which the provider wants an id
    that tells it a repeat; with it a message whose answer was lost does not arrive twice.
    """

    url: str
    fields: Mapping[str, Any]
    method: str = "POST"
    body: Literal["json", "form"] = "json"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeat_header: str | None = None
    allow_private: bool = False
    within_s: float = outside.WITHIN_S

    def send(self, to: str, message_id: str) -> Outcome:
        """One message to one number."""
        call = self.call(to, message_id)
        return outside.send(call, allow_private=self.allow_private, within_s=self.within_s)

    def call(self, to: str, message_id: str) -> Call:
        """The request as the template makes it."""
        filled = _filled(self.fields, {"{to}": to, "{text}": words.TEXT, "{message_id}": message_id})
        as_json = self.body == "json"
        kind = "application/json" if as_json else "application/x-www-form-urlencoded"
        headers = {"content-type": kind, **self.headers}
        if self.repeat_header is not None:
            headers[self.repeat_header] = message_id
        body = json.dumps(filled) if as_json else urlencode(filled)
        return Call(self.method, self.url, headers, body.encode())


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its placeholders replaced, at any depth; nothing else in it is read."""
    if isinstance(template, str):
        for name, value in values.items():
            template = template.replace(name, value)
        return template
    if isinstance(template, Mapping):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template
