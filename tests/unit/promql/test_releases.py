"""What a release of Prometheus refuses."""

from __future__ import annotations

import subprocess

import pytest

from stackctl.promql.releases import unsupported
from tests.pinned import pinned


@pytest.mark.parametrize(
    ("expr", "version", "expected"),
    [
        ("x </ 5", (3, 10, 0), ["trimming of native histograms (`</`, `>/`)"]),
        ("x </ 5", (3, 13, 5), []),
        ("first_over_time(x[5m])", (3, 13, 5), ["`first_over_time`"]),
        ("first_over_time(x[5m])", (3, 14, 0), []),
        ("rate(x[5m + 1m])", (3, 13, 5), ["arithmetic in a range"]),
        ("rate(x[step()])", (3, 13, 5), ["arithmetic in a range"]),
        ("rate(x[5m] smoothed)", (3, 15, 0), ["`anchored` and `smoothed`"]),
        ("rate(x[5m] anchored)", (3, 16, 0), []),
        ("rate(x[5m] anchored)", (), []),
        ("limitk by (job) (3, x)", (3, 16, 0), ["`limitk`"]),
        ("info(x)", (), ["`info`"]),
        ("x + fill(0) y", (3, 16, 0), ["`fill`"]),
        ('x{a="info(y)", b="[5m+1m]"} > 1 # limitk(2, x)', (3, 5, 0), []),
        ("info_total / rate(x[5m])", (3, 5, 0), []),
        ("max_over_time(rate(x[5m])[1h:1m] offset -1m)", (3, 5, 0), []),
    ],
)
def test_says_what_a_release_refuses(expr: str, version: tuple[int, ...], expected: list[str]) -> None:
    assert [each.what for each in unsupported(expr, version)] == expected


@pytest.mark.parametrize("expr", ["first_over_time(x[5m])", "info(x)", "limitk(2, x)", "x </ 5"])
def test_the_pinned_promtool_agrees(expr: str) -> None:
    program = pinned("promtool")
    if program is None:
        pytest.skip("the pinned promtool was not built: run tests/servers/prometheus")
    ran = subprocess.run([str(program), "promql", "--experimental", "format", expr], capture_output=True)
    assert (ran.returncode != 0) == bool(unsupported(expr, (3, 13, 5)))
