"""Data of YAML files, as the servers read it."""

from __future__ import annotations

import pytest

from stackctl.adopt.source import source_of, with_booleans
from stackctl.manifest.problems import Problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ('"true"', "true"),
        ("on", "on"),
        ("42", 42),
        ("0.5", 0.5),
        ("007", "007"),
        ("1e3", "1e3"),
        ("22:22", "22:22"),
        ("3.10", "3.10"),
        ("'5'", "5"),
        ("~", None),
        ("15s", "15s"),
    ],
)
def test_values_have_the_type_that_a_server_gives_them(written: str, value: object) -> None:
    source = source_of(f"a: {written}", "x.yml", Problems())
    assert source
    assert source.data["a"] == value
    assert type(source.data["a"]) is type(value)


def test_places_are_known() -> None:
    source = source_of("a:\n  b: 1\n", "x.yml", Problems())
    assert source
    assert str(source.at("a", "b")) == "x.yml:2:3"


def test_file_that_is_no_mapping_is_empty() -> None:
    source = source_of("- 1\n", "x.yml", Problems())
    assert source
    assert source.data == {}


def test_booleans_of_options_have_any_word_for_them() -> None:
    data = {"honor_labels": "yes", "tls_config": {"insecure_skip_verify": "On"}, "labels": {"y": "yes", "of": "True"}}
    made = with_booleans({"jobs": [data, {"honor_labels": "False"}]})
    assert made["jobs"][0] == {**data, "honor_labels": True, "tls_config": {"insecure_skip_verify": True}}
    assert made["jobs"][1] == {"honor_labels": False}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jobs:\n{% for each in hosts %}\n  - a\n{% endfor %}\n", "x.yml:2:1"),
        ("a:\n  b: 1\n{{- if .Values.on }}\n  c: 2\n{{- end }}\n", "x.yml:3:1"),
        ("a: 1\nb: [<%= hosts %>]\n c: x\n", "x.yml:2:5"),
    ],
)
def test_template_is_named_with_its_line(text: str, says: str) -> None:
    problems = Problems()
    assert source_of(text, "x.yml", problems) is None
    (problem,) = problems
    assert str(problem.position) == says
    assert problem.summary == "x.yml is a template, which has to be rendered first"


def test_file_that_is_no_yaml_and_no_template_is_named_as_such() -> None:
    problems = Problems()
    source_of("a: [", "x.yml", problems)
    assert "not YAML" in next(iter(problems)).summary


def test_texts_with_braces_are_no_template() -> None:
    problems = Problems()
    assert source_of('a: "{{ .Labels }} {% x %}"', "x.yml", problems)
    assert len(problems) == 0
