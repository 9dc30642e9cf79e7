"""Prometheus' messages about responses that are not metrics -> cause and remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class FormatError:
    """One way in which an answer is not in the format of metrics. `pattern` is found in Prometheus' own text."""

    pattern: str
    cause: str
    remedy: str


FORMAT_ERRORS = (
    FormatError(
        r"does not end with # EOF",
        "its OpenMetrics text does not end with `# EOF`",
        "Make the service end its answer with the line `# EOF`, or send `Content-Type: text/plain; version=0.0.4`.",
    ),
    FormatError(
        r"unexpected data after # EOF",
        "there is more text after `# EOF`, which ends an OpenMetrics text",
        "Make the service write `# EOF` once, as its last line; a proxy may have joined two answers.",
    ),
    FormatError(
        r'\\r("|\\n| )',
        "its lines end with CRLF",
        "Make the service end each line with a line feed alone.",
    ),
    FormatError(
        r"gzip:|flate:|zlib:",
        "its Content-Encoding is gzip, but the response is not",
        "Make the service, or the proxy in front of it, send the encoding that its header names.",
    ),
    FormatError(
        r"stopped after \d+ redirects",
        "it redirects in a loop",
        "Correct `metrics_path` or `scheme`, or the redirect of the proxy in front of the service.",
    ),
    FormatError(
        r"invalid UTF-8",
        "a label value is not UTF-8",
        "Make the service encode its label values as UTF-8, or leave this label out.",
    ),
    FormatError(
        r"clientpb|proto: |insufficient length of buffer",
        "its Content-Type is protobuf, but the response is not",
        "Make the service send the type of what it serves: `Content-Type: text/plain; version=0.0.4` for text.",
    ),
    FormatError(
        r"unexpected EOF",
        "its response is cut off",
        "See the log of the service, or of the proxy in front of it: the connection ended too early.",
    ),
)


def format_error(text: str) -> FormatError | None:
    """Return the first row that `text`, Prometheus' own words, fits."""
    return next((row for row in FORMAT_ERRORS if re.search(row.pattern, text)), None)
