"""Connects a health provider's FHIR R4B server: referrals in as Task, and out under a Consent."""

from collections.abc import Mapping
from typing import Any

from fhir_health.connector import FhirHealth
from fhir_health.transport import FhirServer
from participant_edge.kit.seam import AgencySystem


def connect(told: Mapping[str, Any]) -> AgencySystem:
    """The connector, from the settings that `connector.toml` lists."""
    server = FhirServer.at(told["system_url"], told["token_file"], float(told["timeout_s"]))
    return FhirHealth(server, frozenset(told["programmes"]))
