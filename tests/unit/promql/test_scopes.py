"""Labels that name all that one Prometheus sees."""

from __future__ import annotations

import pytest

from stackctl.promql.scopes import is_scope


@pytest.mark.parametrize("label", ["cluster", "cluster_name", "k8s_cluster", "deployment_environment_name", "Region"])
def test_scopes_are_known_by_a_word_of_their_name(label: str) -> None:
    assert is_scope(label)


@pytest.mark.parametrize("label", ["zone", "clusterrole", "pod", "instance", "queue", "envelope"])
def test_other_labels_are_not_scopes(label: str) -> None:
    assert not is_scope(label)
