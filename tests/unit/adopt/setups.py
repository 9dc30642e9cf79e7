"""The set-ups that tests adopt, each a folder of files in the style that people write them in."""

from __future__ import annotations

from pathlib import Path

import yaml

from stackctl.adopt import Adopted, Setup, adopt, find_setup
from stackctl.manifest.problems import Problems

SETUPS = Path(__file__).parents[2] / "setups"
NAMES = sorted(path.name for path in SETUPS.iterdir())


def written(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a folder, which is returned."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found(folder: Path) -> Setup:
    """The set-up in a folder, in which nothing is wrong."""
    problems = Problems()
    setup = find_setup(folder, {}, problems)
    assert [*problems] == []
    assert setup is not None
    return setup


def adopted(folder: Path, *, prometheus: str = "", compose: str = "", alertmanager: str = "", **files: str) -> Adopted:
    """What becomes of a set-up of these files. The Compose file mounts the folder where the servers look."""
    texts = {"prometheus.yml": prometheus, "compose.yaml": compose, "alertmanager.yml": alertmanager, **files}
    return adopt(found(written(folder, {name: text for name, text in texts.items() if text})), "stack")


def compose(*services: str) -> str:
    """A Compose file with a Prometheus that reads prometheus.yml, and other services, each as `name: {...}`."""
    own = "prometheus: {image: 'prom/prometheus:v3.5.0', volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']}"
    return yaml.safe_dump({"services": yaml.safe_load("\n".join([own, *services]))})


def jobs(*blocks: str) -> str:
    """A prometheus.yml with these scrape_configs."""
    return yaml.safe_dump({"scrape_configs": [yaml.safe_load(block) for block in blocks]})


# A configuration with one job.
JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
# A Compose file that runs two of Prometheus.
TWO = """
services:
  first: {image: "prom/prometheus:v3.5.0", volumes: ["./first.yml:/etc/prometheus/prometheus.yml"]}
  second: {image: "prom/prometheus:v3.5.0", volumes: ["./second.yml:/etc/prometheus/prometheus.yml"]}
"""
