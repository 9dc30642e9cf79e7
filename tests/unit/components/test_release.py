"""Versions in the tags of images."""

from __future__ import annotations

import pytest

from stackctl.components.release import Program, Release, image_version, tag


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("prom/prometheus:v3.13.5", (3, 13, 5)),
        ("localhost:5000/grafana/grafana:12.1", (12, 1)),
        ("x/y:v1.2.3-alpine@sha256:abc", (1, 2, 3)),
        ("prom/prometheus:latest", ()),
        ("localhost:5000/prometheus", ()),
        ("prom/prometheus", ()),
    ],
)
def test_reads_the_version_of_an_image(image: str, version: tuple[int, ...]) -> None:
    assert image_version(image) == version


def test_tag_is_the_version_without_its_variant() -> None:
    assert tag("oliver006/redis_exporter:v1.92.1-alpine") == "1.92.1"


def test_first_program_is_the_server() -> None:
    release = Release("redis_exporter", (Program("redis_exporter", ("prometheus-redis-exporter",)),))
    assert release.server.names == ("redis_exporter", "prometheus-redis-exporter")
