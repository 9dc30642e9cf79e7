"""Files of Grafana's own alerting."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.model import AlertingFile, policy_of


@pytest.mark.parametrize(("text", "secret"), [("groups: []", False), ("contactPoints: []", True)])
def test_file_with_contact_points_is_secret(text: str, secret: bool) -> None:
    assert AlertingFile("a.yml", text).secret is secret


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"receiver": "ops"}, {"receiver": "ops", "provenance": "file"}, True),
        ({"receiver": "ops"}, {"receiver": "dev"}, False),
        ({"receiver": "$TEAM"}, {"receiver": "dev"}, True),
        ({"match": {"a": "b"}}, {"object_matchers": [["a", "=", "b"]]}, True),
        ({"match_re": {"a": "b"}}, {"object_matchers": [["a", "=", "b"]]}, False),
        ({"matchers": ['a="b"']}, {"object_matchers": [["a", "=", "b"]]}, True),
        ({"routes": [{"receiver": "a"}, {"receiver": "b"}]}, {"routes": [{"receiver": "b"}, {"receiver": "a"}]}, False),
        ({"routes": [{"receiver": "a"}]}, {"routes": None}, False),
        ({"receiver": "ops", "matchers": ['a="b"']}, {"receiver": "dev"}, False),
    ],
)
def test_policies_are_alike_if_they_send_the_same_alerts(one: Any, other: Any, alike: bool) -> None:
    assert policy_of(one).is_like(policy_of(other)) is alike
    assert policy_of(other).is_like(policy_of(one)) is alike
