"""A file that holds a secret of the manifest is secret as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.render.closed import closed, holds_secret
from stackctl.tree import File
from tests.unit.render.stacks import stack

STACK = replace(stack(), secrets=frozenset({"right-horse"}))


@pytest.mark.parametrize("content", [b"a: right-horse", b'{"url": "http://x/right-horse"}'])
def test_file_with_a_secret_is_closed(content: bytes) -> None:
    assert closed({"a": File(content)}, STACK)["a"].secret
    assert holds_secret(content, STACK)


def test_file_without_a_secret_stays_open() -> None:
    assert not closed({"a": File(b"a: b")}, STACK)["a"].secret


def test_name_of_the_stack_is_no_secret() -> None:
    assert not holds_secret(b"name: shop", replace(stack(), secrets=frozenset({"shop"})))
