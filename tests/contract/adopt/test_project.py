"""Compose files are read as Compose reads them: it makes the same project of what was read as of the files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.adopt.project import read_project
from stackctl.manifest.problems import Problems
from stackctl.manifest.variables import read_variables
from tests.golden.test_golden_real_tools import compose_or_skip
from tests.unit.adopt.setups import written

pytestmark = pytest.mark.docker

COMMON = """
services:
  web:
    image: web:1
    restart: always
    env_file: common.env
    environment: [A=1, B=2]
    labels: [one=1, two=2]
    volumes: ["./conf:/etc/web:ro", "data:/data"]
    command: [serve, --port=80]
    depends_on: [db]
    healthcheck: {test: [CMD, "true"], interval: 5s}
    build: ./image
    dns: 10.0.0.1
    networks: [back]
    logging: {driver: json-file, options: {max-size: 1m}}
  db: {image: "db:1", ports: ["5432:5432"]}
networks: {back: {}}
volumes: {data: {}}
"""
OVER = """
services:
  web:
    image: web:2
    environment: {B: 3, C: "${FROM_ENV:-x}"}
    labels: {two: zwei}
    volumes: [{type: bind, source: ./other, target: /etc/web}, "./more:/more"]
    command: other words
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: "exit 0"}
    build: {dockerfile: Own}
    dns: [10.0.0.2]
    networks: {back: {aliases: [site]}}
    logging: {driver: syslog}
"""
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "one file over another": (["a.yml", "b.yml"], {"a.yml": COMMON, "b.yml": OVER, "common.env": "E=1\n"}),
    "values that are removed or replaced": (
        ["a.yml", "b.yml"],
        {
            "a.yml": COMMON,
            "common.env": "",
            "b.yml": "services: {web: {ports: !override ['1:1'], command: !reset null, labels: !override {x: y}, "
            "environment: {A: !reset null}, env_file: !reset [], depends_on: !reset []}, db: !reset null}\n",
        },
    ),
    "a service of another folder": (
        ["deploy/compose.yaml"],
        {
            "base/common.yml": COMMON,
            "base/common.env": "E=1\n",
            "deploy/compose.yaml": """
services:
  db: {image: "db:2"}
  web:
    extends: {file: ../base/common.yml, service: web}
    environment: [B=9]
    volumes: ["./own:/data"]
  third: {extends: web, image: "third:1"}
networks: {back: {}}
volumes: {data: {}}
""",
        },
    ),
    "included files": (
        ["compose.yaml"],
        {
            "compose.yaml": "include: [mon/compose.yml, {path: [x/a.yml, x/b.yml], project_directory: y}]\n"
            "services: {own: {image: 'own:${TAG:-1}', env_file: [{path: none.env, required: false}]}}\n",
            ".env": "TAG=2\n",
            "mon/.env": "TAG=3\nONLY=here\n",
            "mon/compose.yml": "services: {mon: {image: 'mon:${TAG}', command: 'a ${ONLY} $$b', build: ., "
            "volumes: ['./m:/m', '${NONE:-./n}:/n'], configs: [c]}}\nconfigs: {c: {file: c.txt}}\n",
            "mon/c.txt": "c",
            "x/a.yml": "services: {x: {image: 'x:1', volumes: ['./x:/x', '../up:/up']}}\n",
            "x/b.yml": "services: {x: {image: 'x:2'}}\n",
            "y/.env": "",
        },
    ),
    "anchors and keys of its own": (
        ["compose.yaml"],
        {
            "compose.yaml": """
x-common: &common {restart: always, logging: &log {driver: local}}
x-env: &env {TZ: UTC, A: 1}
services:
  a: {<<: *common, image: a, environment: {<<: *env, A: 2}}
  b: {<<: [{image: b}, *common], logging: *log, x-own: 1}
  c: {image: "c:${ONE:+set}${TWO-two}${A:-${B:-deep}}", profiles: [debug]}
""",
        },
    ),
    "files of the Compose file's folder by its name": (
        ["deploy/compose.yaml"],
        {
            "deploy/compose.yaml": "services: {a: {image: a, env_file: ./a.env, "
            "volumes: ['${PWD}/x:/x', '$PWD:/y:ro', 'name:/z']}}\nvolumes: {name: {}}\n",
            "deploy/a.env": "A=1\n",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_project_is_the_one_that_compose_reads(case: str, tmp_path: Path) -> None:
    compose_or_skip()
    paths, files = CASES[case]
    folder = written(tmp_path / "set-up", files)
    problems = Problems()
    here = (folder / paths[0]).parent
    variables = {**(read_variables(here, {}, problems, Problems()) or {}), "PWD": str(here)}
    project = read_project(folder, paths, variables, problems)
    assert [*problems] == []
    assert project
    (folder / "read.yml").write_text(yaml.safe_dump(dict(project.data)))
    assert _project(folder, ["read.yml"], folder, variables) == _project(
        here, [str(folder / each) for each in paths], here
    )


def _project(here: Path, files: list[str], folder: Path, variables: dict[str, str] | None = None) -> Any:
    """The services, configs and secrets that Compose makes of files, run in the folder `here`."""
    options = [option for file in files for option in ("-f", file)]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(Path.home()),
        "PWD": str(here),
        **(variables or {}),
    }
    command = ["docker", "compose", "-p", "p", *options, "--profile", "*", "config", "--format", "json"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    return {key: made.get(key) for key in ("services", "configs", "secrets")}
