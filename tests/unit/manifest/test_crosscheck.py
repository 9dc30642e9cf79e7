"""Parts of a manifest that are right one by one and contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.components.component import MOST_INSTANCES
from stackctl.manifest import read

API = "services: {api: {targets: ['a:8000']}}\n"


def summaries(folder: Path, body: str) -> list[str]:
    (folder / "stack.yml").write_text(f"version: 1\nname: shop\n{body}")
    return [each.summary for each in read(folder / "stack.yml", {}).problems]


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("127.0.0.1:9090", "alertmanager: 127.0.0.1:9090 is already the address of prometheus"),
        (
            "0.0.0.0:9090",
            "alertmanager: 0.0.0.0:9090 is already the address of prometheus, which listens on 127.0.0.1:9090",
        ),
        ("127.0.0.2:9090", None),
        ("0.0.0.0:9093", None),
    ],
)
def test_two_servers_do_not_share_a_port(listen: str, words: str | None, tmp_path: Path) -> None:
    found = summaries(tmp_path, f'{API}alertmanager: {{listen: "{listen}"}}\n')
    assert found == ([words] if words else [])


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("[::]:9090", "10.0.0.1:9090", 1), ("[::1]:9090", "[::]:9090", 1), ("[::1]:9090", "0.0.0.0:9090", 0)],
)
def test_all_addresses_of_ipv4_are_none_of_ipv6(one: str, other: str, count: int, tmp_path: Path) -> None:
    servers = f'prometheus: {{listen: "{one}"}}\nalertmanager: {{listen: "{other}"}}\n'
    found = [each for each in summaries(tmp_path, API + servers) if "already the address" in each]
    assert len(found) == count


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("exporters: {redis: {address: 'r:6379', job: api}}\n" + API, "this service and the component `redis`"),
        ("exporters: {redis: {address: 'r:6379', job: prometheus}}\n" + API, "this one and that of the component"),
        ("alertmanager: {scrape: {job: prometheus}}\n" + API, "this one and that of the component `prometheus`"),
        ("grafana: {scrape: {job: api}}\n" + API, "this service and the component `grafana`"),
        (
            'exporters: {blackbox: {probes: {home: {url: "http://a"}}}}\nservices: {probe-home: {targets: [a:1]}}\n',
            "this service and the probe `home`",
        ),
        (
            "prometheus: {extra: {scrape_configs: [{job_name: api, static_configs: [{targets: ['a:1']}]}]}}\n" + API,
            "this one and that of the service `api`",
        ),
    ],
)
def test_two_jobs_do_not_share_a_name(body: str, words: str, tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, body)
    assert "two scrape jobs would be named" in found
    assert words in found


@pytest.mark.parametrize(
    ("networks", "join", "is_reached"),
    [
        ("[db]", "", False),
        ("{db: {aliases: [x]}}", "", False),
        ("[db, default]", "", True),
        ("[shared]", "networks: {join: [shared]}\n", True),
        ("[]", "", True),
    ],
)
def test_container_on_networks_of_its_own_is_out_of_reach(
    networks: str, join: str, is_reached: bool, tmp_path: Path
) -> None:
    body = (
        f"containers: {{redis: {{image: 'redis:8', networks: {networks}}}}}\n"
        f"services: {{cache: {{targets: ['redis:6379', 'elsewhere:6379']}}}}\n{join}"
    )
    found = [each for each in summaries(tmp_path, body) if "does not reach" in each]
    assert bool(found) is not is_reached
    assert all(each.startswith("services.cache.targets[0]: ") for each in found)


@pytest.mark.parametrize(
    ("datasources", "words"),
    [
        ("[{name: Prometheus, type: loki, url: 'http://l'}]", "has the name or the uid of `Prometheus`"),
        ("[{name: Other, uid: prometheus, type: loki, url: 'http://l'}]", "has the name or the uid of `Other`"),
        ("[{name: L, type: loki, url: 'http://l'}, {name: L, type: loki, url: 'http://m'}]", "are named `L`"),
        (
            "[{name: L, uid: l, type: loki, url: 'http://l'}, {name: M, uid: l, type: loki, url: 'http://m'}]",
            "have the uid `l`",
        ),
        (
            "[{name: L, type: a, url: 'x:1', isDefault: true}, {name: M, type: a, url: 'x:1', isDefault: true}]",
            "`L` is the default already",
        ),
    ],
)
def test_datasources_have_names_uids_and_one_default(datasources: str, words: str, tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, f"{API}grafana: {{datasources: {datasources}}}\n")
    assert words in found


@pytest.mark.parametrize(
    ("image", "is_accepted"),
    [("prom/prometheus:v2.53.0", False), ("prom/prometheus:v3.5.0", True), ("prom/prometheus:latest", True)],
)
def test_label_of_version_3_needs_an_image_of_it(image: str, is_accepted: bool, tmp_path: Path) -> None:
    body = f"prometheus: {{image: '{image}', external_labels: {{'team.name': a}}}}\n{API}"
    found = [each for each in summaries(tmp_path, body) if "label name" in each]
    assert (found == []) is is_accepted


@pytest.mark.parametrize(
    ("body", "is_enough"),
    [
        ("prometheus: {}\n", True),
        ("exporters: {node: {}}\n", True),
        ("containers: {loki: {image: 'loki:3'}}\n", True),
        ("alertmanager: {}\n", False),
        ("exporters: {}\n", False),
        ("services: {}\n", False),
        ("prometheus: {extra: {scrape_configs: []}}\n", True),
    ],
)
def test_stack_monitors_something(body: str, is_enough: bool, tmp_path: Path) -> None:
    assert any("nothing to monitor" in each for each in summaries(tmp_path, body)) is not is_enough


@pytest.mark.parametrize(
    "servers",
    [
        "prometheus: {scrape: {job: self}}\nservices: {prometheus: {targets: ['a:1']}}\n",
        "prometheus: {scrape: false}\nservices: {prometheus: {targets: ['a:1']}}\n",
        "pushgateway: {scrape: {job: prometheus}}\nprometheus: {scrape: {job: pushgateway}}\n" + API,
    ],
)
def test_names_of_jobs_that_servers_do_not_use_are_free(servers: str, tmp_path: Path) -> None:
    assert summaries(tmp_path, servers) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("alertmanager: {scrape: {scrape_timeout: 20s}}\n", "alertmanager.scrape.scrape_timeout"),
        ("prometheus: {scrape: {scrape_interval: 5s, scrape_timeout: 6s}}\n", "prometheus.scrape.scrape_timeout"),
        ("exporters: {node: {scrape_timeout: 20s}}\n", "exporters.node.scrape_timeout"),
    ],
)
def test_scrape_of_a_component_ends_before_the_next_one(body: str, place: str, tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, body + API)
    assert found.startswith(f"{place}: the scrape timeout")


def test_what_is_pushed_has_to_be_scraped(tmp_path: Path) -> None:
    (found,) = summaries(tmp_path, "pushgateway: {scrape: false}\nservices: {nightly: {push: {job: n}}}\n")
    assert found == "services.nightly.push: the Pushgateway is not scraped"


@pytest.mark.parametrize(
    ("service", "prometheus", "words"),
    [
        ("scrape_timeout: 20s", "", "the scrape timeout (20s) is longer than the scrape interval (15s)"),
        ("scrape_timeout: 20s", "{scrape_interval: 30s}", None),
        ("scrape_timeout: 60s, scrape_interval: 1m", "", None),
        ("scrape_timeout: 61s, scrape_interval: 1m", "{scrape_interval: 5m}", "(61s) is longer"),
    ],
)
def test_scrape_ends_before_the_next_one(service: str, prometheus: str, words: str | None, tmp_path: Path) -> None:
    more = f"prometheus: {prometheus}\n" if prometheus else ""
    found = summaries(tmp_path, f"{more}services: {{api: {{targets: ['a:1'], {service}}}}}\n")
    assert len(found) == (words is not None)
    assert not words or words in found[0]


@pytest.mark.parametrize(("secret", "is_refused"), [("", False), (", password: abcdefgh", True)])
def test_exporters_without_a_group_are_refused_for_their_secrets(secret: str, is_refused: bool, tmp_path: Path) -> None:
    lines = [
        f'  redis-{number}: {{kind: redis, address: "a:1", listen: {20000 + number}{secret}}}\n'
        for number in range(MOST_INSTANCES + 1)
    ]
    found = summaries(tmp_path, "exporters:\n" + "".join(lines))
    expected = f"exporters.redis-{MOST_INSTANCES}: 385 exporters with a name of your own have secrets, "
    assert [line.startswith(expected) for line in found] == [True] * is_refused
