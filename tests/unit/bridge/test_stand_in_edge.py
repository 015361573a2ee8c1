"""The stand-in edge of these tests takes and gives what the real one does."""

import inspect

import pytest
from bridge_kit import StandInEdge

from participant_edge.edge import Edge

METHODS = [name for name, _ in inspect.getmembers(Edge, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_the_same_parameters(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(kind, name)) for kind in (StandInEdge, Edge))
    assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
        (p.name, p.kind, p.default) for p in theirs.parameters.values()
    ]
