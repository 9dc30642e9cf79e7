"""The tree of routes, in the words of the manifest and in Alertmanager's own."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.manifest.routes import conditions_of


@pytest.mark.parametrize(
    ("block", "conditions"),
    [
        ({}, []),
        ({"match": {"a": "x"}, "match_re": {"b": "y.*"}}, ['a="x"', 'b=~"y.*"']),
        ({"matchers": ['a="x"', "b!~y", "c != z"]}, ['a="x"', 'b!~"y"', 'c!="z"']),
        ({"matchers": "a=x"}, ['a="x"']),
        ({"matchers": ['"my label"="x"']}, ['"my label"="x"']),
        ({"matchers": ['{a="x", b="y"}']}, None),
    ],
)
def test_conditions_are_read_in_all_forms(block: dict[str, Any], conditions: list[str] | None) -> None:
    found = conditions_of(block)
    assert (found if found is None else [str(each) for each in found]) == conditions
