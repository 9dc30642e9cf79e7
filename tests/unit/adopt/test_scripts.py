"""Files that start scripts write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt import adopt
from stackctl.adopt.scripts import written_by_script
from tests.unit.adopt.setups import found, written


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("cat <<EOF > /etc/a.yml\nx: $A\nEOF\nrun\n", "x: 1\n"),
        ("cat > /etc/a.yml <<'END'\nx: $A\nEND\n", "x: $A\n"),
        ('mkdir -p /etc && cat >"/etc/a.yml" << "END"\nx: ${A}\nEND\n', "x: ${A}\n"),
        ("tee /etc/a.yml <<-EOF >/dev/null\n\tx: \\$1 ${B}\n\tEOF\n", "x: $1 ${B}\n"),
        ("echo $((1 << n))\ncat <<A > /etc/a.yml\nx: <<B\nA\nB\n", "x: <<B\n"),
        ("  cat <<EOF >> log\nx\nEOF\n", None),
        ("cat > /etc/a.yml < other\n", None),
    ],
)
def test_text_after_a_command_is_the_file(script: str, text: str | None) -> None:
    made = list(written_by_script(["-c", script], {"A": "1"}))
    assert made == ([] if text is None else [("/etc/a.yml", text)])


def test_configuration_that_a_script_has_in_itself_is_adopted(tmp_path: Path) -> None:
    config = "scrape_configs: [{job_name: app, static_configs: [{targets: ['app:80']}]}]"
    start = "/bin/prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.retention.time=3d"
    sources = "datasources: [{name: Mine, type: prometheus, url: 'http://prometheus:9090'}]"
    services = {
        "prometheus": {
            "image": "prom/prometheus:v3.5.0",
            "entrypoint": ["sh", "-euc", f"cat <<EOF > /etc/prometheus/prometheus.yml\n{config}\nEOF\n{start}\n"],
        },
        "grafana": {
            "image": "grafana/grafana",
            "entrypoint": [
                "sh",
                "-c",
                f"cat <<E >/etc/grafana/provisioning/datasources/a.yml\n{sources}\nE\n/run.sh\n",
            ],
        },
    }
    manifest = adopt(found(written(tmp_path, {"compose.yml": json.dumps({"services": services})})), "stack").manifest
    assert manifest["services"] == {"app": {"targets": ["app:80"]}}
    assert manifest["prometheus"]["retention"] == {"time": "3d"}
    assert manifest["grafana"]["datasource"] == {"name": "Mine"}


BUILT = "services: {prometheus: {build: ./image, volumes: ['data:/prometheus']}}\n"
IMAGE = 'FROM prom/prometheus\nCOPY *.yml /etc/prometheus/\nCOPY begin.sh /\nENTRYPOINT ["/begin.sh"]\n'
BEGIN = """#!/bin/sh
curl --silent http://vault/ > /tmp/secret
# prometheus --config.file=/etc/prometheus/wrong.yml
exec /bin/prometheus --config.file=/etc/prometheus/OWN.yml \\
  --storage.tsdb.retention.time=9d "$@"
"""
JOB = "scrape_configs: [{job_name: NAME, static_configs: [{targets: ['app:80']}]}]"


@pytest.mark.parametrize("own", ["right", "wrong"])
def test_options_are_those_of_the_script_in_the_image(tmp_path: Path, own: str) -> None:
    files = {name: JOB.replace("NAME", name) for name in ("right", "wrong")}
    texts = {
        "compose.yaml": BUILT,
        "image/Dockerfile": IMAGE,
        "image/begin.sh": BEGIN.replace("OWN", own),
        **{f"image/{name}.yml": text for name, text in files.items()},
    }
    made = adopt(found(written(tmp_path, texts)), "stack")
    assert list(made.manifest["services"]) == [own]
    assert made.manifest["prometheus"]["retention"] == {"time": "9d"}
    assert not [each for each in made.remarks if "--silent" in each.summary]


def test_configuration_that_a_script_in_the_image_writes_is_adopted(tmp_path: Path) -> None:
    begin = f"cat <<EOF > /etc/prometheus/own.yml\n{JOB}\nEOF\n{BEGIN.replace('OWN', 'own')}"
    image = 'FROM prom/prometheus\nCOPY begin.sh /\nENTRYPOINT ["/begin.sh"]\n'
    files = {"compose.yaml": BUILT, "image/Dockerfile": image, "image/begin.sh": begin}
    made = adopt(found(written(tmp_path, files)), "stack")
    assert list(made.manifest["services"]) == ["NAME"]


def test_only_configuration_in_the_image_is_the_servers(tmp_path: Path) -> None:
    image = "FROM prom/prometheus\nCOPY own.yml rules.yml /etc/prometheus/\n"
    files = {
        "image/own.yml": JOB,
        "image/rules.yml": "groups: []",
        "elsewhere/prometheus.yml": JOB.replace("NAME", "x"),
    }
    made = adopt(found(written(tmp_path, {"compose.yaml": BUILT, "image/Dockerfile": image, **files})), "stack")
    assert list(made.manifest["services"]) == ["NAME"]
    assert "image/own.yml is taken for the configuration of prometheus" in [each.summary for each in made.remarks]
