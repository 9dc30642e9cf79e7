"""The page of `verify --report`: as a browser shows it, and as a real stack fills it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.report import html
from stackctl.report.panel_history import Chart, History, Line
from stackctl.report.report import Report
from stackctl.source import Position
from stackctl.wait import wait_until
from tests.browser import Browser, browser
from tests.e2e.real_stack import PATIENCE_SECONDS, Stack, running_stack

pytestmark = pytest.mark.e2e

START = 1_700_000_100.0
LONG = "a-name-without-any-place-to-break-" * 6
EVIL = '<img src="http://example.test/x"><script>console.error(1)</script>'
FINDINGS = (
    Diagnostic("component.ready", "ready", subject="prometheus", status="pass", stage="working"),
    Diagnostic(
        "target.up",
        f"down: {EVIL}",
        Position("stack.yml", 9, 15, f"    targets: [{LONG}]"),
        subject="api/localhost:8000",
        status="fail",
        evidence=LONG * 3,
        remedy=f"Start `{LONG}`.",
        stage="loaded",
    ),
    Diagnostic("target.up", "up", subject="api/localhost:8001", status="pass", stage="working"),
    Diagnostic("grafana.health", "is not running: no binary", subject="grafana", status="skip", stage="working"),
    Diagnostic(
        "panel.data", "", Position("d.yml", 3, 1), subject=f"{LONG}.yml/Requests", status="pass", stage="working"
    ),
    Diagnostic("panel.data", "odd", subject=f"d.yml/{EVIL}", status="warn", stage="loaded"),
)
LINES = tuple(Line(f"{LONG} {n}", tuple((START + 10 * m, 1e6 * (m % (n + 2))) for m in range(91))) for n in range(8))
CHARTS = (
    Chart("Shop", "Requests", FINDINGS[4].subject, "reqps", LINES, more=3),
    Chart("Shop", EVIL, FINDINGS[5].subject, EVIL, trouble=EVIL),
)
VERIFICATION = Report("shop", "docker", "abc123", FINDINGS, 2.5, START, History(START, START + 900, 10, CHARTS))
SHOWN = "[...document.querySelectorAll('#ledger [data-status]')].filter(e => e.checkVisibility()).map(e => e.id)"
# What WCAG calls contrast, of every text with what is painted behind it.
CONTRAST = """(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility({opacityProperty: true}) || e.closest(".unseen, script, style, option")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(e.closest("svg") ? style.fill : style.color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent.slice(0, 20)}`);
  }
  return poor;
})()"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html.render(VERIFICATION, "1.2.3"), encoding="utf-8")
    return file


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_asks_for_nothing_and_complains_of_nothing(chromium: Browser, page: Path, dark: bool) -> None:
    chromium.open(page, dark=dark)
    assert chromium.complaints() == []
    assert [address for address in chromium.requests() if not address.startswith("data:")] == [page.as_uri()]


def test_browser_refuses_foreign_requests_and_scripts(chromium: Browser, page: Path) -> None:
    """The proof that the test above can fail, and that the policy holds."""
    chromium.open(page)
    chromium.evaluate("fetch('http://example.test/').catch(() => 0)")
    chromium.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert len(chromium.complaints()) >= 2
    assert "Content Security Policy" in "".join(chromium.complaints())
    assert chromium.evaluate("window.ran") is None


@pytest.mark.parametrize("fragment", ["", "#status=fail,warn,skip,pass", "#panels"])
def test_page_does_not_scroll_sideways_on_a_phone(chromium: Browser, page: Path, fragment: str) -> None:
    chromium.open(page, fragment, width=360, height=740)
    assert chromium.evaluate("document.documentElement.scrollWidth") == 360
    assert chromium.evaluate("document.documentElement.clientWidth") == 360


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_enough_contrast(chromium: Browser, page: Path, dark: bool) -> None:
    chromium.open(page, "#status=fail,warn,skip,pass", dark=dark)
    assert chromium.evaluate(CONTRAST) == []


def test_failures_are_visible_and_passes_are_folded(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    shown = chromium.evaluate(SHOWN)
    assert shown[0] == "target.up/api/localhost:8000"
    assert "target.up/api/localhost:8001" not in shown


@pytest.mark.parametrize(
    ("fragment", "ids"),
    [
        ("#status=fail", ["target.up/api/localhost:8000"]),
        ("#family=target&status=pass", ["target.up/api/localhost:8001"]),
        ("#q=NO+BINARY", ["grafana.health/grafana"]),
        ("#q=nowhere", []),
        ("#status=fail&family=grafana", []),
    ],
)
def test_a_filter_of_the_address_shows_what_it_names_only(
    chromium: Browser, page: Path, fragment: str, ids: list[str]
) -> None:
    chromium.open(page, fragment)
    assert chromium.evaluate(SHOWN) == ids
    assert chromium.evaluate("document.querySelector('#shown').value") == f"{len(ids)} of {len(FINDINGS)} findings"


def test_filters_work_and_are_kept_in_the_address(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    chromium.evaluate("document.querySelector('[name=status][value=pass]').click()")
    chromium.evaluate("document.querySelector('[name=q]').focus()")
    chromium.type("8001")
    assert chromium.evaluate(SHOWN) == ["target.up/api/localhost:8001"]
    assert chromium.evaluate("location.hash") == "#status=pass&q=8001"
    chromium.evaluate("document.querySelector('[name=q]').select()")
    chromium.evaluate("document.execCommand('delete')")
    chromium.evaluate("document.querySelector('[name=status][value=pass]').click()")
    assert "target.up/api/localhost:8000" in chromium.evaluate(SHOWN)
    assert chromium.complaints() == []


def test_link_unfolds_and_shows_its_target(chromium: Browser, page: Path) -> None:
    chromium.open(page, "#target.up/api/localhost:8001")
    assert "target.up/api/localhost:8001" in chromium.evaluate(SHOWN)
    chromium.open(page, "#status=fail")
    chromium.evaluate("location.hash = '#component.ready/prometheus'")
    wait_until(lambda: chromium.evaluate(SHOWN), lambda ids: "component.ready/prometheus" in ids, 10, what="the row")


def test_page_has_landmarks_and_named_controls(chromium: Browser, page: Path) -> None:
    chromium.open(page, "#panels")

    def nodes() -> list[dict[str, Any]]:
        return [node for node in chromium.call("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]

    # A chart has nodes once it has been painted.
    tree = wait_until(nodes, lambda found: "image" in _roles(found), 10, what="a chart", describe=str)
    assert {"banner", "main", "contentinfo", "search", "heading", "image"} <= _roles(tree)
    controls = [
        node for node in tree if node["role"]["value"] in ("checkbox", "combobox", "searchbox", "link", "image")
    ]
    assert [node for node in controls if not node.get("name", {}).get("value")] == []


def _roles(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["role"]["value"] for node in nodes}


def test_a_page_without_its_script_is_readable(chromium: Browser, page: Path) -> None:
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(page)
        assert "target.up/api/localhost:8000" in chromium.evaluate(SHOWN)
        assert chromium.evaluate("document.querySelector('#filters').checkVisibility()") is False
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)


def test_page_of_600_panels_opens_quickly(chromium: Browser, tmp_path: Path) -> None:
    findings = tuple(replace(FINDINGS[4], subject=f"d.yml/{n}") for n in range(600))
    charts = tuple(replace(CHARTS[0], title=each.subject, subject=each.subject) for each in findings)
    file = tmp_path / "large.html"
    large = replace(VERIFICATION, diagnostics=findings, history=History(START, START + 900, 10, charts))
    file.write_text(html.render(large, "1.2.3"), encoding="utf-8")
    chromium.open(file)
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    assert 0 < chromium.evaluate(timing) < 10_000
    assert chromium.evaluate("document.querySelectorAll('.chart').length") == 600


DASHBOARD = """\
title: Shop
rows:
  - panels:
      - {title: Up, type: stat, query: 'up{job="api"}'}
      - {title: Requests, query: "sum by (path) (shop_requests_total)", legend: "at {{path}}", unit: short}
      - {title: Memory, query: "process_resident_memory_bytes", unit: bytes}
      - {title: Wrong, query: "shop_request_total"}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack("native", tmp_path_factory.mktemp("stack")) as running:
        (running.folder / "shop.yml").write_text(DASHBOARD)
        manifest = running.folder / "stack.yml"
        manifest.write_text(manifest.read_text() + "dashboards: [{file: shop.yml}]\n")
        running.up()
        points = "count_over_time(shop_requests_total[1m]) > 2"
        wait_until(
            lambda: running.ask(f"/api/v1/query?query={points.replace(' ', '%20').replace('>', '%3E')}")["result"],
            bool, PATIENCE_SECONDS, what="some scrapes",
        )  # fmt: skip
        yield running


@pytest.mark.native
def test_report_of_a_real_stack_draws_each_panel(stack: Stack, chromium: Browser) -> None:
    file = stack.folder / "made" / "report.html"
    ran = stack.run("verify", "--report", str(file), code=1)
    assert "not verified" in ran.stdout  # the text is still on stdout
    assert list(file.parent.iterdir()) == [file]
    chromium.open(file)
    assert chromium.complaints() == []
    drawn = chromium.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.chart')].map(chart => ["
        "chart.querySelector('figcaption a').textContent,"
        "[...chart.querySelectorAll('polyline')].map(line => line.getAttribute('points'))]))"
    )
    assert {title: bool(lines) for title, lines in drawn.items()} == {
        "Up": True, "Requests": True, "Memory": True, "Wrong": False,
    }  # fmt: skip
    assert len(drawn["Requests"]) == 2
    assert all(re.fullmatch(r"\d+,\d+( \d+,\d+)+", points) for lines in drawn.values() for points in lines)
    text = chromium.evaluate("document.body.innerText")
    for part in (
        "at /cart",
        "MiB",
        "panel.data",
        "shop_request_total",
        "shop.yml:7",
        "Did you mean shop_requests_total",
    ):
        assert part in text
    row = chromium.evaluate("document.querySelector('[id=\"panel.data/shop.yml/Wrong\"]').innerText")
    assert '7 |       - {title: Wrong, query: "shop_request_total"}' in row


@pytest.mark.native
def test_a_report_that_cannot_be_written_says_so_and_leaves_nothing(stack: Stack) -> None:
    (stack.folder / "taken").mkdir(exist_ok=True)
    ran = stack.run("verify", "--only", "component", "--report", str(stack.folder / "taken"), code=2)
    assert "Name another file with --report" in ran.stderr
    assert not list(stack.folder.glob(".taken*"))
