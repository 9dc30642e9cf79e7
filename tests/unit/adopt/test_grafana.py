"""Grafana's provisioning: settings, dashboards, datasources."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.adopt import Adopted
from tests.unit.adopt.setups import adopted, compose, jobs

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
BOARD = '{"title": "A", "panels": []}'


def grafana(fields: str) -> str:
    """A service of a Compose file that runs Grafana."""
    return f"grafana: {{image: grafana/grafana, {fields}}}"


def test_administrator_is_taken_from_the_environment(tmp_path: Path) -> None:
    service = grafana("environment: [GF_SECURITY_ADMIN_USER=root, GF_SECURITY_ADMIN_PASSWORD=notareal1]")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service))
    assert result.manifest["grafana"]["admin"] == {"user": "root", "password": "${GRAFANA_ADMIN_PASSWORD}"}
    assert result.variables == {"GRAFANA_ADMIN_PASSWORD": "notareal1"}


def test_settings_of_the_file_are_variables_and_the_environment_wins(tmp_path: Path) -> None:
    service = grafana("volumes: ['./g.ini:/etc/grafana/grafana.ini'], environment: {GF_LOG_LEVEL: warn}")
    files = {"g.ini": "app_mode = production\n[log]\nlevel = debug\n[auth.proxy]\nheader-name = X\n"}
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert result.manifest["grafana"]["extra_env"] == {"GF_LOG_LEVEL": "warn", "GF_AUTH_PROXY_HEADER_NAME": "X"}


def test_paths_of_the_old_container_are_not_taken_over(tmp_path: Path) -> None:
    service = grafana("environment: {GF_PATHS_DATA: /x, GF_SERVER_HTTP_PORT: '80'}")
    assert adopted(tmp_path, prometheus=JOB, compose=compose(service)).manifest["grafana"] == {
        "image": "grafana/grafana"
    }


def test_dashboards_are_found_where_the_container_sees_them(tmp_path: Path) -> None:
    service = grafana("volumes: ['./p:/etc/grafana/provisioning/dashboards', './one.json:/boards/x/one.json']")
    provider = "providers: [{name: all, folder: Mine, options: {path: /boards}}]\n"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"p/p.yml": provider, "one.json": BOARD})
    assert result.manifest["dashboards"] == [{"file": "one.json", "folder": "Mine"}]


def test_provider_without_dashboards_is_left_out_with_the_reason(tmp_path: Path) -> None:
    service = grafana("volumes: ['./p:/etc/grafana/provisioning/dashboards']")
    provider = "providers: [{name: all, options: {path: /in/the/image}}]\n"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"p/p.yml": provider})
    assert [each.summary for each in result.remarks] == ["the provider `all` is left out"]


ALERTING = """
contactPoints:
  - name: ops
    receivers: [{uid: ops, type: slack, settings: {url: $OPS_URL, recipient: "$__env{OPS_ROOM}", text: "$$NOT"}}]
"""


def test_files_of_alerting_are_named_with_the_variables_that_they_use(tmp_path: Path) -> None:
    variables = "OPS_URL: 'https://hooks.test/notareal1', OPS_ROOM: '#ops', NOT: x, TZ: UTC"
    volumes = "volumes: ['./p:/etc/grafana/provisioning']"
    files = {"p/alerting/ops.yaml": ALERTING, "p/alerting/more.json": "{}", "p/alerting/README.md": "$TZ"}
    service = grafana(f"environment: {{{variables}}}, {volumes}")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert sorted(result.manifest["grafana"]["alerting"]) == ["p/alerting/more.json", "p/alerting/ops.yaml"]
    assert result.manifest["grafana"]["extra_env"] == {"OPS_URL": "${OPS_URL}", "OPS_ROOM": "#ops"}
    assert result.manifest["grafana"]["docker"] == {"environment": {"NOT": "x", "TZ": "UTC"}}
    assert result.variables == {"OPS_URL": "https://hooks.test/notareal1"}
    assert [each.code for each in result.remarks] == ["adopt.secret"]


@pytest.mark.parametrize(
    ("asked", "datasource"), [("PBFA97CFB590B2093", {"uid": "PBFA97CFB590B2093"}), ("prometheus", None)]
)
def test_uid_that_grafana_made_is_kept_where_rules_of_alerting_name_it(
    tmp_path: Path, asked: str, datasource: dict[str, str] | None
) -> None:
    files = {
        "p/datasources/d.yml": "datasources: [{name: Prometheus, type: prometheus, url: 'http://prometheus:9090'}]",
        "p/alerting/a.yml": f"groups: [{{rules: [{{data: [{{datasourceUid: {asked}}}]}}]}}]",
    }
    service = grafana("volumes: ['./p:/etc/grafana/provisioning']")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert result.manifest["grafana"].get("datasource") == datasource


DATASOURCES = """
datasources:
  - {name: Prometheus, type: prometheus, url: "http://prometheus:9090"}
  - name: Store
    type: loki
    apiVersion: 1
    access: browser
    url: http://${STORE_HOST}:3100
    basicAuthPassword: notareal1
    jsonData: {derivedFields: [{url: "$${__value.raw}"}]}
"""


def test_other_datasources_have_their_variables_filled_in_and_no_secrets(tmp_path: Path) -> None:
    volumes = "volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml']"
    service = grafana(f"environment: [STORE_HOST=store], {volumes}")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d.yml": DATASOURCES})
    assert result.manifest["grafana"]["datasources"] == [
        {
            "name": "Store",
            "type": "loki",
            "url": "http://store:3100",
            "jsonData": {"derivedFields": [{"url": "$${__value.raw}"}]},
            "secureJsonData": {"basicAuthPassword": "${GRAFANA_STORE_BASICAUTHPASSWORD}"},
        }
    ]


def test_datasource_with_the_name_of_the_stacks_own_gets_another(tmp_path: Path) -> None:
    service = grafana("volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml']")
    text = "datasources: [{name: Prometheus, type: prometheus, url: 'http://store:8428'}]"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d.yml": text})
    assert [each["name"] for each in result.manifest["grafana"]["datasources"]] == ["Prometheus (store:8428)"]
    assert "is called" in result.remarks[0].summary


def test_provisioning_that_is_written_in_the_compose_file_is_read(tmp_path: Path) -> None:
    service = grafana("configs: [{source: ds, target: /etc/grafana/provisioning/datasources/all.yaml}]")
    section = "configs: {ds: {content: 'datasources: [{name: Logs, type: loki, url: \"http://loki:3100\"}]'}}\n"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service) + section)
    assert [each["name"] for each in result.manifest["grafana"]["datasources"]] == ["Logs"]


def test_secrets_of_files_are_variables(tmp_path: Path) -> None:
    fields = "environment: {GF_DATABASE_PASSWORD__FILE: /run/secrets/db, GF_SMTP_PASSWORD__FILE: /run/secrets/x}"
    section = "secrets: {db: {file: db.txt}}\n"
    whole = compose(grafana(f"{fields}, secrets: [db]")) + section
    result = adopted(tmp_path, prometheus=JOB, compose=whole, **{"db.txt": "notareal1\n"})
    assert result.manifest["grafana"]["extra_env"] == {"GF_DATABASE_PASSWORD": "${GF_DATABASE_PASSWORD}"}
    assert result.variables == {"GF_DATABASE_PASSWORD": "notareal1"}
    assert result.remarks[0].summary == "`GF_SMTP_PASSWORD__FILE` is left out"


def test_path_of_a_mounted_dashboard_is_left_out(tmp_path: Path) -> None:
    name = "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
    service = grafana(f"environment: {{{name}: /var/lib/grafana/d/a.json}}, volumes: ['./d:/var/lib/grafana/d']")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d/a.json": BOARD})
    assert "extra_env" not in result.manifest["grafana"]
    assert f"`{name}` is left out" in [each.summary for each in result.remarks]


def own_datasource(folder: Path, *settings: str, scrape_interval: str = "15s") -> Adopted:
    """What becomes of datasources of the own Prometheus with these settings."""
    service = grafana("environment: [UID=tempo], volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml']")
    entries = [
        f"{{name: P{n}, type: prometheus, url: 'http://prometheus:9090', jsonData: {each}}}"
        for n, each in enumerate(settings)
    ]
    prometheus = f"global: {{scrape_interval: {scrape_interval}}}\n{JOB}"
    return adopted(
        folder, prometheus=prometheus, compose=compose(service), **{"d.yml": f"datasources: [{', '.join(entries)}]"}
    )


def test_settings_of_the_own_datasource_are_kept(tmp_path: Path) -> None:
    given = "{exemplarTraceIdDestinations: [{name: trace_id, datasourceUid: $UID}], timeInterval: 30s, cacheLevel: Low}"
    made = own_datasource(tmp_path, given)
    assert made.manifest["grafana"]["datasource"] == {
        "name": "P0",
        "jsonData": {
            "exemplarTraceIdDestinations": [{"name": "trace_id", "datasourceUid": "tempo"}],
            "timeInterval": "30s",
            "cacheLevel": "Low",
        },
    }
    assert made.remarks == ()


def test_settings_that_the_own_datasource_has_anyway_are_not_written(tmp_path: Path) -> None:
    given = "{httpMethod: POST, prometheusType: Prometheus, prometheusVersion: 2.40.0, timeInterval: 15s}"
    made = own_datasource(tmp_path, given)
    assert made.manifest["grafana"]["datasource"] == {"name": "P0"}
    assert made.remarks == ()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (["{timeInterval: 5s}"], "`timeInterval` of the datasource `P0`"),
        (["{timeInterval: often}"], "`timeInterval` of the datasource `P0`"),
        (["{tlsSkipVerify: true}"], "`tlsSkipVerify` of the datasource `P0`"),
        (["{customQueryParameters: 'token=notarealtoken'}"], "`customQueryParameters` of the datasource `P0`"),
        (["{httpMethod: GET}", "{httpMethod: GET, cacheLevel: Low}"], "`cacheLevel` of the datasource `P1`"),
    ],
)
def test_settings_that_the_own_datasource_cannot_have_are_left_out(
    tmp_path: Path, settings: list[str], named: str
) -> None:
    made = own_datasource(tmp_path, *settings)
    assert [each.summary for each in made.remarks] == [f"{named} is left out"]


def test_name_and_uid_of_the_own_datasource_stay(tmp_path: Path) -> None:
    text = """
datasources:
  - {name: P, uid: px, type: prometheus, url: "http://prometheus:9090", jsonData: {timeInterval: 1m}}
  - {name: T, type: tempo, url: "http://t", jsonData: {serviceMap: {datasourceUid: px}, a: [{datasourceUid: t}]}}
"""
    service = grafana("volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml']")
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d.yml": text})
    (tempo,) = result.manifest["grafana"]["datasources"]
    assert tempo["jsonData"] == {"serviceMap": {"datasourceUid": "px"}, "a": [{"datasourceUid": "t"}]}
    own = result.manifest["grafana"]["datasource"]
    assert (own["name"], own["uid"]) == ("P", "px")
    assert result.remarks == ()


def test_second_datasource_of_the_own_prometheus_is_the_first_one(tmp_path: Path) -> None:
    text = """
datasources:
  - {name: Prometheus, type: prometheus, url: "http://elsewhere:9090"}
  - {name: A, uid: a, type: prometheus, url: "http://prometheus:9090"}
  - {name: B, uid: b, type: prometheus, url: "http://prometheus:9090"}
  - {name: T, type: tempo, url: "http://t", jsonData: {serviceMap: {datasourceUid: b}}}
"""
    service = grafana("volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml']")
    made = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d.yml": text}).manifest["grafana"]
    assert made["datasource"] == {"name": "A", "uid": "a"}
    assert [each["name"] for each in made["datasources"]] == ["Prometheus", "T"]
    assert made["datasources"][1]["jsonData"] == {"serviceMap": {"datasourceUid": "a"}}


@pytest.mark.parametrize("url", ["$METRICS", "${METRICS}", "${PLACE}:9090"])
def test_address_of_the_own_datasource_may_be_a_variable(tmp_path: Path, url: str) -> None:
    fields = "volumes: ['./d.yml:/etc/grafana/provisioning/datasources/d.yml'], environment: {%s}"
    given = "METRICS: '${NOT_SET:-http://prometheus:9090}', PLACE: 'http://prometheus'"
    text = f"datasources: [{{name: P, uid: px, type: prometheus, url: '{url}'}}]"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(grafana(fields % given)), **{"d.yml": text})
    assert result.manifest["grafana"]["datasource"] == {"name": "P", "uid": "px"}
    assert "datasources" not in result.manifest["grafana"]


@pytest.mark.parametrize(
    ("written", "read"), [('"""a;b#c"""', "a;b#c"), ('"a b"', "a b"), ("`a`", "a"), ("a'b", "a'b"), ('"', '"')]
)
def test_quotes_around_a_setting_of_the_file_are_not_part_of_it(tmp_path: Path, written: str, read: str) -> None:
    service = grafana("volumes: ['./g.ini:/etc/grafana/grafana.ini']")
    files = {"g.ini": f"[smtp]\npassword = {written}\n"}
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert result.variables == {"GF_SMTP_PASSWORD": read}


def test_env_file_that_is_missing_is_left_out(tmp_path: Path) -> None:
    result = adopted(tmp_path, prometheus=JOB, compose=compose(grafana("env_file: own.env")))
    assert [each.summary for each in result.remarks] == ["the `env_file` own.env of Grafana is left out"]


def test_providers_in_the_format_of_grafana_5_are_read(tmp_path: Path) -> None:
    service = grafana("volumes: ['./p:/etc/grafana/provisioning/dashboards']")
    providers = "- {name: a, org_id: 1, folder: F, type: file, options: {folder: /etc/grafana/provisioning/dashboards}}"
    files = {"p/all.yml": providers, "p/a.json": BOARD}
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert result.manifest["dashboards"] == [{"file": "p/a.json", "folder": "F"}]


def test_what_is_for_other_organisations_is_left_out(tmp_path: Path) -> None:
    service = grafana("volumes: ['./p:/etc/grafana/provisioning', './boards:/boards']")
    files = {
        "boards/two/a.json": BOARD,
        "p/dashboards/a.yml": "providers: [{name: a, type: file, options: {path: /boards}},"
        " {name: b, orgId: 2, type: file, folder: Two, options: {path: /boards/two}}]",
        "p/datasources/a.yml": "datasources: [{name: P, orgId: 2, type: prometheus, url: 'http://prometheus:9090'},"
        " {name: L, orgId: 1, type: loki, url: 'http://loki:3100'}]",
    }
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files)
    assert result.manifest["dashboards"] == [{"file": "boards/two/a.json"}]
    assert [each["name"] for each in result.manifest["grafana"]["datasources"]] == ["L"]
    assert "datasource" not in result.manifest["grafana"]
    said = [each.summary for each in result.remarks if "another organisation" in each.cause]
    assert said == ["the datasource `P` is left out", "the provider `b` is left out"]


def test_login_of_the_own_datasource_is_named(tmp_path: Path) -> None:
    service = grafana("volumes: ['./d:/etc/grafana/provisioning/datasources']")
    own = "{name: P, type: prometheus, url: 'http://prometheus:9090', basicAuth: true, basicAuthUser: a, user: ''}"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"d/d.yml": f"datasources: [{own}]\n"})
    assert [each.summary for each in result.remarks] == [
        "`basicAuth`, `basicAuthUser` of the datasource `P` is left out"
    ]
