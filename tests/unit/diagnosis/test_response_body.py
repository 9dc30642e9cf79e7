"""What a body is that should be metrics, and its first bad line."""

from __future__ import annotations

import pytest

from stackctl.diagnosis import response_body

METRICS = '# TYPE a counter\na{b="c",d="e\\"}"} 1\na{b="x"} 2 1700000000000\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (METRICS, "metrics"),
        ("# HELP a b\nnot a sample\n", "metrics"),
        ("up 1\n???\n", "metrics"),
        ("<html>", "page"),
        ('\ufeff {"a": 1}', "JSON"),
        ("{not json", "text"),
        ("hello world", "text"),
        (" \r\n", "nothing"),
    ],
)
def test_recognizes_what_a_body_is(body: str, kind: str) -> None:
    assert response_body.kind_of(body) == kind


def test_finds_the_first_wrong_line() -> None:
    assert response_body.wrong_line(f"{METRICS}\na b c\n") == (5, "a b c")
    assert response_body.wrong_line(METRICS) is None


def test_finds_a_series_that_is_there_twice() -> None:
    assert response_body.repeated_line(f'{METRICS}a{{b="x"}} 3') == (4, 'a{b="x"} 3')
    assert response_body.repeated_line(METRICS) is None


def test_counts_samples() -> None:
    assert response_body.samples(METRICS) == 2


def test_title_is_one_line_of_text() -> None:
    assert response_body.title("<head><TITLE lang=en> Shop &amp;\n Co </TITLE>") == "Shop & Co"
    assert response_body.title("<html>") == ""
