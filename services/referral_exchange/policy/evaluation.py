"""Loads the Cedar policies, checks them against their schema, and decides."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cedarpy

from referral_exchange.contract_files import DEPLOY
from referral_exchange.policy.cedar_request import entities_of, request_of
from referral_exchange.policy.question import Decision, Question, Rule

EXCHANGE_RULES = frozenset(
    {"exchange consent rule", "exchange enrolment rule", "exchange ground rule", "exchange small-number rule"}
)
"""The `@law` of rules that no single statute demands."""


class PolicyUnusable(Exception):
    """The policies do not load, or could not judge a question; nothing is allowed then."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The policies, parsed once. Immutable, so threads may share it."""

    _policies: cedarpy.PolicySet
    _schema: cedarpy.Schema
    _rules: Mapping[str, Rule]
    digest: str
    """SHA-256 over what was loaded, in hexadecimal: another one means that other rules are in force."""

    @classmethod
    def load(cls, folder: Path = DEPLOY / "policies") -> Self:
        """Reads every `*.cedar` in `folder` and `exchange.cedarschema`. Raises PolicyUnusable."""
        schema = (folder / "exchange.cedarschema").read_text(encoding="utf-8")
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cedar"))}
        text = "\n".join(files.values())
        checked = cedarpy.validate_policies(text, schema)
        if not checked.validation_passed:
            raise PolicyUnusable("; ".join(str(error) for error in checked.errors))
        digest = hashlib.sha256(f"{schema}\n{text}".encode()).hexdigest()
        return cls(
            cedarpy.PolicySet.from_str(text), cedarpy.Schema.from_str(schema), _rules(text, files), digest
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, by file and place."""
        return tuple(self._rules.values())

    def decide(self, question: Question) -> Decision:
        """Whether `question` is allowed: a forbid always wins and silence denies.

        Pure and deterministic. Raises PolicyUnusable where a policy could not be evaluated, without
        telling the question's content.
        """
        return self.decide_each((question,))[0]

    def decide_each(self, questions: Sequence[Question]) -> list[Decision]:
        """`decide` for questions about the same two programmes, in order; quicker than one by one."""
        if not questions:
            return []
        entities = entities_of(questions[0])
        if any(entities_of(question) != entities for question in questions[1:]):
            raise ValueError("questions about other programmes are asked apart")
        requests = [request_of(question) for question in questions]
        results = cedarpy.is_authorized_batch(requests, self._policies, entities, self._schema)
        return [self._decision(result) for result in results]

    def _decision(self, result: cedarpy.AuthzResult) -> Decision:
        if result.decision is cedarpy.Decision.NoDecision or result.diagnostics.errors:
            # Cedar skips a policy that fails, a forbid too, and its text quotes the context.
            raise PolicyUnusable("a policy could not be evaluated; nothing is allowed")
        found = (self._rules[name] for name in result.diagnostics.reasons)
        return Decision(result.allowed, tuple(sorted(found, key=_statutes_first)))


def _statutes_first(rule: Rule) -> tuple[bool, str]:
    return rule.law in EXCHANGE_RULES, rule.id


def _rules(text: str, files: Mapping[str, str]) -> dict[str, Rule]:
    """Cedar names policies policy0, policy1, ...; our ids and laws are annotations."""
    declared = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    annotated = {name: policy.get("annotations", {}) for name, policy in declared.items()}
    bare = [name for name, notes in annotated.items() if not notes.get("id") or not notes.get("law")]
    if bare:
        raise PolicyUnusable(f"every policy carries @id and @law; missing on {', '.join(sorted(bare))}")
    ids = Counter(notes["id"] for notes in annotated.values())
    doubles = sorted(name for name, times in ids.items() if times > 1)
    if doubles:
        raise PolicyUnusable(f"a rule's id is its own; used twice: {', '.join(doubles)}")
    return {
        name: Rule(
            notes["id"],
            notes["law"],
            next((file for file, held in files.items() if f'@id("{notes["id"]}")' in held), ""),
            declared[name]["effect"] == "permit",
        )
        for name, notes in annotated.items()
    }
