"""The index of a tree is read back whole, or refused by an error that says that it is damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackctl.tree import Unit, dump_units, load_units

UNIT = Unit("app", command=("run", "it"), env={"A": "1"}, profiles=("extra",))
EVIL: tuple[Any, ...] = (None, 7, True, "text", "../up", [], {}, [1], [None], {"a": 1}, {"a": {"b": 1}}, [[]], "a/b")


def test_reads_back_what_was_written() -> None:
    assert load_units(dump_units("shop", "native", (UNIT,))) == ("shop", "native", (UNIT,))


@pytest.mark.parametrize("evil", EVIL, ids=repr)
@pytest.mark.parametrize(
    "at", [(), ("units",), ("units", 0), *(("units", 0, name) for name in ("name", "command", "env"))]
)
def test_any_other_type_is_an_error_of_the_file(evil: Any, at: tuple[str | int, ...]) -> None:
    index = json.loads(dump_units("shop", "native", (UNIT,)))
    if at:
        around: Any = index
        for key in at[:-1]:
            around = around[key]
        around[at[-1]] = evil
    else:
        index = evil
    try:
        _, _, units = load_units(json.dumps(index).encode())
    except (ValueError, LookupError, TypeError):
        return
    assert all("/" not in unit.name and all(isinstance(each, str) for each in unit.command) for unit in units)
