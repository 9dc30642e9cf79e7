"""Variables of a compact dashboard."""

from __future__ import annotations

from stackctl.model import Variable
from tests.unit.render.boards import rendered


def test_variables_start_with_the_value_of_the_file() -> None:
    variables = (
        Variable("a", query="label_values(up, a)"),
        Variable("b", query="label_values(up, b)", all=True, multi=True),
        Variable("c", values=("x,y", "z")),
        Variable("d", values=("x", "y"), multi=True, default="y"),
    )
    a, b, c, d = rendered(variables=variables)["templating"]["list"]
    assert ("current" in a, a["query"]["query"], a["refresh"]) == (False, "label_values(up, a)", 2)
    assert (b["current"]["value"], b["allValue"], b["includeAll"]) == (["$__all"], ".*", True)
    assert (c["current"]["value"], c["query"]) == ("x,y", "x\\,y,z")
    assert d["current"] == {"selected": True, "text": ["y"], "value": ["y"]}
    assert [option["selected"] for option in d["options"]] == [False, True]


def test_variable_has_no_id() -> None:
    variables = (Variable("a", query="label_values(up, a)"), Variable("c", values=("x", "z")))
    assert [set(each) & {"id"} for each in rendered(variables=variables)["templating"]["list"]] == [set(), set()]
