"""Prometheus' own words for an answer that is not in the format of metrics, as it was seen to write them."""

from __future__ import annotations

import pytest

from stackctl.diagnosis.format_errors import format_error

SEEN = {
    "data does not end with # EOF": "does not end with `# EOF`",
    "unexpected data after # EOF": "after `# EOF`",
    'invalid metric type "gauge\\r"': "CRLF",
    "gzip: invalid header": "Content-Encoding",
    'Get "/loop": stopped after 10 redirects': "in a loop",
    'invalid UTF-8 label value: "\\"\xff\xfe\\""': "UTF-8",
    "clientpb: insufficient length of buffer, expected at least 104 bytes, got 7 bytes": "protobuf",
    "unexpected EOF": "cut off",
}
OTHERS = (
    'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
    'Get "http://localhost:9/metrics": dial tcp 127.0.0.1:9: connect: connection refused',
    'Get "http://localhost:9/metrics": EOF',
    "server returned HTTP status 404 Not Found",
    'expected label value, got "1" ("INVALID") while parsing: "a{x=1"',
)


@pytest.mark.parametrize("text", SEEN)
def test_format_error_has_its_own_cause(text: str) -> None:
    row = format_error(text)
    assert row is not None
    assert SEEN[text] in row.cause
    assert row.remedy.endswith(".")


@pytest.mark.parametrize("text", OTHERS)
def test_other_failures_are_left_to_their_diagnosis(text: str) -> None:
    assert format_error(text) is None
