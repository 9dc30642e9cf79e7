"""Names are those that Kubernetes takes, and different ones stay different."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from stackctl.export.kubernetes.names import dns_name, dns_names

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def test_name_is_lower_case_with_dashes() -> None:
    assert dns_name("Api_Server.v2") == "api-server-v2"
    assert dns_name(f"{'x' * 62}-y") == "x" * 62


def test_name_that_is_alone_has_no_digest() -> None:
    assert dns_names(["Api_Server", "worker"]) == {"Api_Server": "api-server", "worker": "worker"}


@given(st.lists(st.text(alphabet="aA_-ü.1", max_size=70), max_size=8))
def test_names_are_valid_and_all_different(texts: list[str]) -> None:
    names = dns_names(texts)
    assert all(LABEL.fullmatch(name) for name in names.values())
    assert len(set(names.values())) == len(set(texts))
