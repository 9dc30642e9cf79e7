"""What an answer is that is not metrics."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.diagnosis.raw import METRICS, PLAIN, Raw, http

TYPE = 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target'
PARSE = 'expected a valid start token, got "<" ("INVALID") while parsing: "<"'


PAGE = http("200 OK", b"<html><head><title>Shop &amp; Co\n</title></head></html>", Content_Type="text/html")


def test_names_a_web_page_by_title_with_the_right_path(down: Callable[..., Diagnostic], app: Raw) -> None:
    app.answers["/metrics"] = PAGE
    assert down(TYPE).summary == "down: it answers with a web page (Shop & Co), not with metrics"
    app.answers["/actuator/prometheus"] = http("200 OK", METRICS, Content_Type=PLAIN)
    assert down(TYPE).remedy == "Write `metrics_path: /actuator/prometheus`."


ANSWERS = {
    "json": (TYPE, http("200 OK", b'{"a": 1}', Content_Type="application/json"), "it answers with JSON, not", "path"),
    "nothing": (TYPE, http("200 OK", b""), "it answers with nothing, not with metrics", "use the path"),
    "no type": (TYPE, http("200 OK", METRICS), "Content-Type is not one for metrics: none", "fallback_scrape_protocol"),
    "odd type": (TYPE, http("200 OK", METRICS, Content_Type="a/b"), "for metrics: `a/b`", "fallback_scrape_protocol"),
    "a login page": (
        TYPE,
        http("302 Found", b"", Location="/login?next=%2Fmetrics"),
        "to http://127.0.0.1:{port}/login: it requires a login",
        "Allow reading the metrics without a login",
    ),
    "a slash": (
        "server returned HTTP status 301 Moved Permanently",
        http("301 Moved", b"", Location="http://me:hush@127.0.0.1/metrics/"),
        "a redirect to http://127.0.0.1/metrics/",
        "Write `metrics_path: /metrics/`",
    ),
    "secured": (
        "server returned HTTP status 308 Permanent Redirect",
        http("308 Moved", b"", Location="https://127.0.0.1/metrics"),
        "a redirect to https://127.0.0.1/metrics",
        "Write `scheme: https` for the service `api`",
    ),
    "no login": (
        "server returned HTTP status 401 Unauthorized",
        http("401 No", b"", WWW_Authenticate='Bearer realm="shop"'),
        "it requires a login, and the manifest has none",
        "Set `authorization` for the service `api`",
    ),
    "an error": (
        "server returned HTTP status 503 Service Unavailable",
        http("503 No", b"\nthe database is away\nmore"),
        "the service answers with a server error: the database is away",
        "own log",
    ),
    "a bad line": (
        PARSE,
        http("200 OK", METRICS + b'b{c="d"} 1\ne-f 2\n', Content_Type=PLAIN),
        "line 4 of its metrics does not parse",
        "line 4 is not a sample",
    ),
    "a repeated series": (
        "duplicate sample for timestamp",
        http("200 OK", METRICS + b"a 2\n", Content_Type=PLAIN),
        "line 3 of its metrics repeats a series",
        "Fix what the service exposes",
    ),
    "too large": (
        "body size limit exceeded",
        http("200 OK", METRICS * 100, Content_Type=PLAIN),
        "larger than `body_size_limit`",
        "Raise the limit",
    ),
    "too many": (
        "sample limit exceeded",
        http("200 OK", METRICS * 100, Content_Type=PLAIN),
        "more series than a limit allows",
        "Raise the limit",
    ),
    "too many labels": (
        "label_limit exceeded (metric: a, number of labels: 3, limit: 2)",
        http("200 OK", METRICS, Content_Type=PLAIN),
        "more labels, or longer ones, than a limit allows",
        "Raise the limit",
    ),
    "too many targets": (
        "target_limit exceeded (number of targets: 2, limit: 1)",
        http("200 OK", METRICS, Content_Type=PLAIN),
        "its job has more targets than `target_limit` allows",
        "Raise `target_limit` of",
    ),
    "refused": (
        "server returned HTTP status 400 Bad Request",
        http("400 Bad", b"no such module"),
        "it rejects the request (HTTP 400)",
        "correct `params`",
    ),
}
EVIDENCE = {
    "a bad line": "line 4: e-f 2",
    "a repeated series": "line 3: a 2",
    "too large": "it sends 1,900 bytes",
    "too many": "it sends 100 samples",
    "refused": "no such module",
    "no login": 'it asks for: Bearer realm="shop"',
}


@pytest.mark.parametrize("way", ANSWERS)
def test_names_what_an_answer_is_instead_of_metrics(down: Callable[..., Diagnostic], app: Raw, way: str) -> None:
    error, app.answers["/metrics"], cause, remedy = ANSWERS[way]
    finding = down(error)
    assert cause.format(port=app.port) in finding.summary
    assert remedy in finding.remedy
    assert finding.evidence.startswith(f"{error}\nfrom this machine: GET http://127.0.0.1:{app.port}/metrics: ")
    assert EVIDENCE.get(way, "") in finding.evidence
    assert "hush" not in finding.summary + finding.remedy + finding.evidence
