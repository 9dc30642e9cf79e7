"""The page: whole, safe and small, whatever the findings hold."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.report import html
from stackctl.report.panel_history import Chart, History, Line
from stackctl.report.report import Report
from stackctl.source import Position

EVIL = "<script>alert(1)</script>\"'&lt;</style><img src=x onerror=alert(1)>é漢\x00\x1b[31m\ud800"
VOID = {"meta", "link", "input", "img", "br"}
FAIL = Diagnostic(
    "panel.data",
    "nothing serves `x_total`",
    Position("d.yml", 7, 5, "    query: x_total"),
    subject="d.yml/Requests",
    status="fail",
    evidence="asked as: x",
    remedy="Did you mean `y_total`?",
    stage="loaded",
)
PASS = Diagnostic("panel.data", "", Position("d.yml", 9, 5), subject="d.yml/Errors", status="pass", stage="working")
UP = Diagnostic("target.up", "up", subject="api/localhost:8000", status="pass", stage="working")
START = 1_700_000_100.0
LINE = Line("GET", tuple((START + 10 * n, float(n % 7)) for n in range(91)))
CHARTS = (
    Chart("Shop", "Requests", "d.yml/Requests", "reqps", trouble="no data"),
    Chart("Shop", "Errors", "d.yml/Errors", "percentunit", (LINE, replace(LINE, name="PUT")), more=12),
)
HISTORY = History(START, START + 900, 10, CHARTS)
WHOLE = Report("shop", "docker", "abc123", (UP, FAIL, PASS), 2.5, START, HISTORY)


class Page(HTMLParser):
    """The elements of a page. Every end must fit its beginning."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(verification: Report = WHOLE) -> str:
    return html.render(verification, "1.2.3")


def test_page_holds_every_finding_in_full() -> None:
    text = "".join(Page(page()).texts)
    said = (
        "d.yml/Requests",
        "panel.data",
        "nothing serves x_total",
        "Did you mean y_total?",
        "d.yml:7:5",
        "asked as: x",
    )
    for part in (*said, "7 |     query: x_total", "api/localhost:8000", "target.up", "1.2.3", "abc123", "2.5 s"):
        assert part in text
    assert "2023-11-14 22:15:00 UTC" in text


def test_page_loads_nothing() -> None:
    shown = Page(page())
    addresses = [value for _, attributes in shown.tags for name, value in attributes.items() if name in ("src", "href")]
    assert all(value and value.startswith(("#", "data:")) for value in addresses)
    assert "url(" not in page()
    assert "@import" not in page()


def test_policy_allows_only_the_pages_own_style_and_script() -> None:
    text = page()
    policy = next(each["content"] for each in Page(text).all("meta") if "http-equiv" in each)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in policy
    assert not any(name == "style" or name.startswith("on") for _, attributes in Page(text).tags for name in attributes)


def test_any_label_is_shown_as_text() -> None:
    place = Position(EVIL, 3, 1, EVIL.replace("\n", " "))
    finding = Diagnostic(
        "panel.data", f"`{EVIL}`", place, subject=EVIL, status="fail", evidence=EVIL, remedy=EVIL, stage="working"
    )
    chart = Chart(EVIL, EVIL, EVIL, EVIL, (replace(LINE, name=EVIL),), trouble=EVIL)
    folded = replace(finding, subject="other", status="skip")
    evil = Report(EVIL, EVIL, EVIL, (finding, folded), 1, START, replace(HISTORY, charts=(chart,)))
    shown = Page(page(evil))
    assert len(shown.all("script")) == len(shown.all("style")) == 1
    assert shown.all("img") == []
    assert any("<script>alert(1)</script>\"'&lt;" in text for text in shown.texts)
    page(evil).encode()
    assert "\x00" not in page(evil)
    assert "\x1b" not in page(evil)


def test_every_id_is_unique_and_every_link_leads_somewhere() -> None:
    shown = Page(page(replace(WHOLE, diagnostics=(*WHOLE.diagnostics, *WHOLE.diagnostics))))
    ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {each["href"] for each in shown.all("a")} <= {f"#{id}" for id in ids}


def test_a_failure_is_open_and_comes_first_and_what_passed_is_folded() -> None:
    text = page()
    assert text.index('id="panel.data/d.yml/Requests"') < text.index('id="target.up/api/localhost:8000"')
    assert '<article class="finding fail"' in text
    assert all("open" not in each for each in Page(text).all("details"))


def test_a_panel_is_drawn_with_its_legend_and_what_is_left_out() -> None:
    shown = Page(page())
    assert len(shown.all("polyline")) == 2
    text = " ".join(shown.texts)
    for part in ("GET", "PUT", "600%", "and 12 more series", "22:15:00 to 22:30:00 UTC, a point every 10 s"):
        assert part in text


def test_an_empty_panel_says_why() -> None:
    figure = page().partition('id="chart/panel.data/d.yml/Requests"')[2].partition("</figure>")[0]
    assert "Nothing to draw:" in figure
    assert "nothing serves <code>x_total</code>" in figure


def test_suggestion_is_shown_and_not_counted() -> None:
    note = Diagnostic("target.up", "look at this", status="info", subject="b", remedy="Run it.")
    shown = page(Report("shop", "docker", "abc", (UP, note)))
    assert "look at this" in shown
    assert "1 noted" in shown
    assert 'value="info"' not in shown


@pytest.mark.parametrize("findings", [(), (UP,)])
def test_a_page_without_charts_is_whole(findings: tuple[Diagnostic, ...]) -> None:
    assert "What the panels show" not in page(Report("shop", "docker", "abc", findings))


def test_page_of_600_panels_is_small_and_fast() -> None:
    findings = tuple(replace(PASS, subject=f"d.yml/{n}") for n in range(600))
    # The worst there is: eight lines of ninety points, and no two on one straight.
    lines = tuple(
        Line(f"series {n}", tuple((START + 10 * m, float((m * m * 7919 + n) % 101)) for m in range(91)))
        for n in range(8)
    )
    charts = tuple(Chart("Shop", finding.subject, finding.subject, "s", lines) for finding in findings)
    begun = time.process_time()
    text = page(Report("shop", "docker", "abc", findings, 1, START, replace(HISTORY, charts=charts)))
    assert time.process_time() - begun < 30
    assert len(text.encode()) < 6_000_000
