"""The loaded configuration is compared by meaning: what Prometheus adds is no difference, what it lacks is."""

from __future__ import annotations

import pytest

from stackctl.clients.prometheus import timestamp
from stackctl.verification.config_difference import config_difference, same_retention


@pytest.mark.parametrize(
    ("rendered", "loaded"),
    [
        ("global: {scrape_interval: 60s}", "global: {scrape_interval: 1m, scrape_timeout: 10s}"),
        ("a: {password: x}", "a: {password: <secret>}"),
        ("a: {labels: {}}", "a: {}"),
        ("a: {e: 'x$$y'}", "a: {e: x$y}"),
        ("a: [{b: 1}, {c: 2}]", "a: [{b: 1, z: 0}, {c: 2}]"),
        ("a: '5'", "a: 5"),
        ("a: {size: 10GB}", "a: {size: 10GiB}"),
        ("a: {size: 1024MB}", "a: {size: 1GiB}"),
        ("rule_files: [rules/a.yml]", "rule_files: [/etc/stackctl/current/prometheus/rules/a.yml]"),
        ("a: {password_file: ../secrets/x}", "a: {password_file: /etc/stackctl/current/secrets/x}"),
    ],
)
def test_no_difference_in_what_prometheus_writes_its_own_way(rendered: str, loaded: str) -> None:
    assert config_difference(rendered.encode(), loaded) == []


@pytest.mark.parametrize(
    ("rendered", "loaded", "line"),
    [
        ("a: {b: 5s}", "a: {b: 6s}", "a.b: rendered '5s', loaded '6s'"),
        ("a: {b: x}", "a: {}", "a.b: rendered, but not loaded"),
        ("a: {size: 10GB}", "a: {size: 11GiB}", "a.size: rendered '10GB', loaded '11GiB'"),
        ("a: [1, 2]", "a: [1]", "a: 2 rendered, 1 loaded"),
        ("a: [{b: x}]", "a: [{b: y}]", "a[0].b: rendered 'x', loaded 'y'"),
        ("a: [1]", "a: [1, 2]", "a: 1 rendered, 2 loaded"),
        ("a: rules/a.yml", "a: /x/rules/b.yml", "a: rendered 'rules/a.yml', loaded '/x/rules/b.yml'"),
    ],
)
def test_a_difference_is_named_by_its_path(rendered: str, loaded: str, line: str) -> None:
    assert config_difference(rendered.encode(), loaded) == [line]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0001-01-01T00:00:00Z", 0.0),
        ("", 0.0),
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T00:00:01.5Z", 1.5),
        ("1970-01-01T02:00:00.123456789+02:00", 0.123456),
    ],
)
def test_a_timestamp_of_go_is_read(text: str, expected: float) -> None:
    assert timestamp(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("declared", "reported"),
    [
        ("15d", "15d"),
        ("200h", "8d8h"),
        ("15d or 10GB", "15d or 10GiB"),
        ("15d or 1536MB", "15d or 1GiB512MiB"),
        ("15d or 1.5GB", "15d or 1GiB512MiB"),
        ("15d or 1000B", "15d or 1000B"),
    ],
)
def test_a_retention_that_prometheus_writes_its_own_way_is_the_same(declared: str, reported: str) -> None:
    assert same_retention(declared, reported)


@pytest.mark.parametrize("reported", ["", "15d", "16d or 10GiB", "15d or 1GiB", "10GiB", "15d or much"])
def test_a_retention_that_differs_is_not_the_same(reported: str) -> None:
    assert not same_retention("15d or 10GB", reported)


@pytest.mark.parametrize(
    ("added", "where"),
    [
        ("  relabel_configs: [{action: drop}]", "scrape_configs[0].relabel_configs"),
        ("  file_sd_configs: [{files: [x.json]}]", "scrape_configs[0].file_sd_configs"),
        ("  metrics_path: /old", "scrape_configs[0].metrics_path"),
        ("  sample_limit: 5", "scrape_configs[0].sample_limit"),
        ("remote_write: [{url: http://x.test}]", "remote_write"),
    ],
)
def test_additions_that_only_a_user_can_make_are_differences(added: str, where: str) -> None:
    rendered = "scrape_configs:\n- job_name: api\n"
    assert config_difference(rendered.encode(), f"{rendered}{added}\n") == [f"{where}: loaded, but not rendered"]


def test_no_difference_in_what_prometheus_adds_by_itself() -> None:
    rendered = "scrape_configs:\n- job_name: api\n"
    assert (
        config_difference(
            rendered.encode(), f"runtime: {{gogc: 75}}\n{rendered}  honor_timestamps: true\n  metrics_path: /metrics\n"
        )
        == []
    )
