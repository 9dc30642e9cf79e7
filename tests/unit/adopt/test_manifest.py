"""Whole set-ups: their manifests, read as a user would, which load and mean the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stackctl.adopt.text import manifest_text
from stackctl.manifest import load
from stackctl.operations.adopting import adopt_setup
from tests.unit.adopt.setups import NAMES, SETUPS, adopted, compose, found, jobs

GOLDEN = Path(__file__).parents[2] / "golden" / "adopt"


@pytest.fixture(params=NAMES)
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(SETUPS / request.param, tmp_path / request.param))


def test_manifest_of_a_setup_is_the_golden_one(setup: Path, update_golden: bool) -> None:
    adopt_setup([str(setup)], {})
    golden, made = GOLDEN / f"{setup.name}.yml", (setup / "stack.yml").read_text()
    if update_golden:
        golden.write_text(made)
    assert made == golden.read_text()


def test_adopted_stack_loads_and_means_the_same(setup: Path) -> None:
    written = adopt_setup([str(setup)], {})
    load(setup / "stack.yml", {})
    assert written.compared
    assert written.compared.differences == ()
    assert written.compared.targets


def test_dollar_signs_of_the_variables_are_read_as_compose_reads_them(tmp_path: Path) -> None:
    files = {".env": "ONE=pa$1word\nTWO=pa$word\n"}
    whole = compose("app: {image: app, environment: {A: '${ONE}', B: '${TWO}'}}")
    result = adopted(
        tmp_path, prometheus=jobs("{job_name: app, static_configs: [{targets: ['app:1']}]}"), compose=whole, **files
    )
    assert found(tmp_path).variables == {"ONE": "pa$1word", "TWO": "pa"}
    (remark,) = result.remarks
    assert (remark.code, remark.status, str(remark.position)) == ("env.unset", "warn", ".env:2:1")


def test_no_file_of_a_setup_is_changed(setup: Path) -> None:
    before = {path.relative_to(setup): path.read_bytes() for path in setup.rglob("*") if path.is_file()}
    adopt_setup([str(setup)], {})
    for path, content in before.items():
        # Secrets go to the end of .env.
        assert (setup / path).read_bytes().startswith(content) if path.name == ".env" else content
        assert path.name == ".env" or (setup / path).read_bytes() == content


def test_golden_manifests_are_those_of_the_setups() -> None:
    assert sorted(path.stem for path in GOLDEN.iterdir()) == NAMES


def test_no_secret_in_clear_text_is_in_a_manifest(setup: Path) -> None:
    adopt_setup([str(setup)], {})
    assert "notareal" not in (setup / "stack.yml").read_text()


def test_components_get_other_ports_where_containers_have_theirs(tmp_path: Path) -> None:
    whole = compose("node: {image: prom/node-exporter}", "web: {image: nginx, ports: ['9100:80', '9101:81']}")
    result = adopted(
        tmp_path, compose=whole, prometheus=jobs("{job_name: n, static_configs: [{targets: ['node:9100']}]}")
    )
    assert result.manifest["exporters"]["node"]["listen"] == 9102


def test_remarks_are_at_the_top_of_the_text(tmp_path: Path) -> None:
    result = adopted(
        tmp_path, prometheus="rule_files: [none.yml]\n" + jobs("{job_name: a, dns_sd_configs: [{names: [a]}]}")
    )
    text = manifest_text(result.manifest, result.remarks, "prometheus.yml")
    assert text.startswith("# Adopted by stackctl from prometheus.yml.")
    assert "# - `none.yml` of `rule_files` is left out (prometheus.yml:1)\n" in text


def test_network_with_a_name_is_left_out(tmp_path: Path) -> None:
    whole = f"{compose()}networks: {{inner: {{name: ops}}, plain: {{}}, edge: {{external: true, name: web}}}}\n"
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    result = adopted(tmp_path, prometheus=job, compose=whole)
    assert [each.summary for each in result.remarks] == ["the network `ops` is left out"]


def test_files_of_targets_that_are_missing_are_left_out(tmp_path: Path) -> None:
    """A manifest with a pattern that no file matches would be refused."""
    files = "[gone.yml, 'd/*.yml', 'none/*.yml']"
    job = jobs(f"{{job_name: a, static_configs: [{{targets: ['a:1']}}], file_sd_configs: [{{files: {files}}}]}}")
    result = adopted(tmp_path, prometheus=job, compose=compose(), **{"d/x.yml": "[]"})
    assert result.manifest["services"]["a"]["discovery"]["file_sd_configs"] == [{"files": ["d/*.yml"]}]
    assert [each.summary for each in result.remarks if each.code == "adopt.left-out"] == [
        "the file `gone.yml` with targets of `a` is left out",
        "the file `none/*.yml` with targets of `a` is left out",
    ]


def test_second_job_of_a_name_is_left_out(tmp_path: Path) -> None:
    blocks = [f"{{job_name: a, static_configs: [{{targets: ['{host}:1']}}]}}" for host in ("one", "two")]
    made = adopted(tmp_path, prometheus=jobs(*blocks))
    assert made.manifest["services"] == {"a": {"targets": ["one:1"]}}
    assert [each.summary for each in made.remarks] == ["another job of the name `a` is left out"]


def test_secret_variable_of_a_server_moves_to_a_variable(tmp_path: Path) -> None:
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    whole = compose().replace("image:", "environment: {STORE_PASSWORD: notareal1}\n    image:")
    result = adopted(tmp_path, prometheus=job, compose=whole)
    assert result.manifest["prometheus"]["docker"] == {"environment": {"STORE_PASSWORD": "${STORE_PASSWORD}"}}
    assert result.variables == {"STORE_PASSWORD": "notareal1"}


def test_server_without_its_configuration_is_said(tmp_path: Path) -> None:
    whole = compose("alerts: {image: prom/alertmanager, volumes: ['./gone:/etc/alertmanager']}")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert [each.summary for each in result.remarks] == ["the configuration of alertmanager is left out"]
    assert result.manifest["alertmanager"] == {"image": "prom/alertmanager"}


def test_configuration_of_an_image_is_not_missing(tmp_path: Path) -> None:
    whole = compose("alerts: {image: prom/alertmanager}")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert result.remarks == ()


def test_networks_are_joined_once_and_not_next_to_that_of_the_machine(tmp_path: Path) -> None:
    whole = compose("a: {image: a, networks: [x, y]}", "b: {image: b, network_mode: host, networks: [x]}")
    whole += "networks: {x: {external: true, name: one}, y: {external: true, name: one}}\n"
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert result.manifest["networks"] == {"join": ["one"]}
    assert result.manifest["containers"]["b"] == {"image": "b", "network_mode": "host"}


def test_other_servers_of_a_kind_are_named(tmp_path: Path) -> None:
    other = "second: {image: prom/prometheus, volumes: ['./two.yml:/etc/prometheus/prometheus.yml']}"
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    made = adopted(tmp_path, prometheus=job, compose=compose(other), **{"two.yml": job})
    [said] = [each for each in made.remarks if "stays a container" in each.summary]
    assert said.summary == "`second` stays a container: `prometheus` is the stack's prometheus"
    assert "two.yml" in said.remedy


def test_absolute_files_are_named(tmp_path: Path) -> None:
    own = "tls_config: {ca_file: /srv/ca.pem, cert_file: here.pem}"
    block = f"{{job_name: a, static_configs: [{{targets: ['a:1']}}], {own}}}"
    (remark,) = adopted(tmp_path, prometheus=jobs(block), **{"here.pem": ""}).remarks
    assert remark.summary == "the file /srv/ca.pem stays where it is"
    assert remark.position
    assert remark.position.file == "prometheus.yml"


def test_paths_of_windows_are_named(tmp_path: Path) -> None:
    whole = compose(r"app: {image: app, volumes: ['C:\data:/data:ro', './own:/own']}")
    job = jobs("{job_name: app, static_configs: [{targets: ['app:1']}]}")
    result = adopted(tmp_path, prometheus=job, compose=whole)
    named = [each.summary for each in result.remarks if "Windows" in each.summary]
    assert named == [r"`C:\data`, mounted by `app`, is on Windows only"]
    assert r"C:\data:/data:ro" in result.manifest["containers"]["app"]["volumes"]


def test_variables_that_are_not_set_are_named_where_the_first_is(tmp_path: Path) -> None:
    own = "services:\n  prometheus: {image: 'prom/prometheus:v3.5.0'}\n"
    whole = f"{own}  a:\n    image: a\n    user: '${{ONE}}'\n  b: {{image: '${{TWO}}'}}\n"
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    (remark,) = (each for each in result.remarks if "not set" in each.summary)
    assert (remark.summary, str(remark.position)) == ("`ONE`, `TWO` are not set", "compose.yaml:5:5")
