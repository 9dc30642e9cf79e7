"""The table of functions knows what the parser knows."""

from __future__ import annotations

import promql_parser
import pytest

from stackctl.promql.expression import FUNCTIONS as NAMES
from stackctl.promql.types.functions import AGGREGATIONS, FUNCTIONS

# They bring labels from series that the expression does not name.
OPEN = {"info"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - OPEN))
def test_each_function_has_its_line(name: str) -> None:
    assert name in FUNCTIONS or name in AGGREGATIONS


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_argument_with_the_series_is_a_vector(name: str) -> None:
    argument = FUNCTIONS[name].argument
    kinds = _argument_types(name)
    if argument is not None and kinds is not None:
        assert str(kinds[argument]) in ("ValueType.Vector", "ValueType.Matrix")


def _argument_types(name: str) -> list[object] | None:
    """The types that the parser expects, read off a call that it accepts; None for a function that it does not know."""
    vector, matrix, number, text = "a", "a[5m]", "1", '"b"'
    for arguments in ((vector,), (matrix,), (number, vector), (number, matrix), (vector, number), (matrix, number),
                      (matrix, number, number), (vector, number, number), (number, number, vector),
                      (vector, text, text, text, text), (vector, text, text, text), (vector, text)):  # fmt: skip
        try:
            return list(promql_parser.parse(f"{name}({', '.join(arguments)})").func.arg_types)
        except (ValueError, AttributeError):
            continue
    return None
