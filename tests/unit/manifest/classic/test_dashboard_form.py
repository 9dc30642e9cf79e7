"""The types that the parts of a dashboard's JSON must have."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.manifest.classic.dashboard_form import Shape
from stackctl.manifest.json_file import read_json
from stackctl.manifest.problems import Problems
from tests.unit.manifest.classic.boards import problems


@pytest.mark.parametrize(
    ("part", "line", "summary"),
    [
        ('"panels": [{"title": "P",\n"datasource": ["a"]}]', 2, "`datasource` is a name, or a mapping"),
        ('"panels": [{"title": "P",\n"type": {"a": 1}}]', 2, "`type` is text, not a mapping"),
        ('"panels": [{"title": "P",\n"datasource": {"type": ["x"]}}]', 2, "`type` is text, not a list"),
        ('"panels": [{"title": "P",\n"targets": {"expr": "up"}}]', 2, "`targets` is a list, not a mapping"),
        ('"panels": [\n7]', 2, "an item of `panels` is a mapping, not a number"),
        ('"rows": \n{}', 2, "`rows` is a list, not a mapping"),
        ('"title": ["x"]', 1, "`title` is text, not a list"),
        ('"templating": {"list":\n "x"}', 2, "`list` is a list, not text"),
    ],
)
def test_reports_a_wrong_type_at_its_line(part: str, line: int, summary: str) -> None:
    (found,) = problems("{" + part + "}")
    assert summary in found.summary
    assert found.position
    assert found.position.line == line


def shape_of(text: str) -> tuple[Shape, dict[str, Any]]:
    file = read_json(text, "d.json", Problems())
    assert file is not None
    return Shape(file), file.value


def test_wrong_item_is_noted_and_the_others_are_read() -> None:
    shape, value = shape_of('{"panels": [{"id": 1}, null, 7, {"id": 2}]}')
    assert [(index, item["id"]) for index, item in shape.mappings(value, "panels", ())] == [(0, 1), (3, 2)]
    assert [each.summary for each in shape.problems] == ["an item of `panels` is a mapping, not a number"]


def test_same_mistake_is_noted_once_however_often_it_is_read() -> None:
    shape, value = shape_of('{"title": true}')
    assert [shape.text(value, "title", ()) for _ in range(2)] == ["", ""]
    assert [each.summary for each in shape.problems] == ["`title` is text, not true or false"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("null", None),
        ('"$ds"', "$ds"),
        ('{"type": "loki", "uid": "x", "more": 1}', {"type": "loki", "uid": "x"}),
        ('{"type": null}', {"type": "", "uid": ""}),
        ("[]", None),
    ],
)
def test_datasource_is_a_name_or_a_mapping(written: str, read: object) -> None:
    shape, value = shape_of(f'{{"datasource": {written}}}')
    assert shape.datasource(value, ()) == read
    assert bool(shape.problems) is (written == "[]")
