"""The data of a set-up: its name in Docker, and what of it the stack takes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.adopt import Adopted, adopt
from tests.unit.adopt.setups import adopted, compose, found, jobs, written

JOB = jobs("{job_name: app, static_configs: [{targets: ['app:80']}]}")
PROMETHEUS = "image: 'prom/prometheus:v3.5.0', volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml', '%s']"


def made(folder: Path, volume: str, more: str = "", *, take_over: bool = True, name: str = "shop") -> Adopted:
    """What becomes of a Prometheus with a mount for its data, in a folder called `Shop`."""
    compose = f"services: {{prometheus: {{{PROMETHEUS % volume}}}}}\n{more}"
    return adopt(
        found(written(folder / "Shop", {"compose.yaml": compose, "prometheus.yml": JOB})), name, take_over=take_over
    )


@pytest.mark.parametrize(
    ("volume", "more", "source"),
    [
        ("data:/prometheus", "", "shop_data"),
        ("data:/prometheus", "name: My-Shop\n", "my-shop_data"),
        ("data:/prometheus", "volumes: {data: {name: samples}}\n", "samples"),
        ("data:/prometheus", "volumes: {data: {external: true}}\n", "data"),
        ("data:/prometheus", "volumes: {data: {external: {name: theirs}}}\n", "theirs"),
        ("./data:/prometheus", "", "./data"),
        ("./a/data/:/prometheus/", "", "a/data"),
        ("/srv/prometheus:/prometheus", "", "/srv/prometheus"),
    ],
)
def test_data_is_named_as_docker_or_the_folder_has_it(tmp_path: Path, volume: str, more: str, source: str) -> None:
    result = made(tmp_path, volume, more)
    assert result.manifest["prometheus"]["data"] == {"from": source}
    (remark,) = (each for each in result.remarks if "data in" in each.summary)
    assert f"`{source}`" in remark.summary


def test_stack_gets_another_name_where_it_would_use_the_volume_that_it_copies(tmp_path: Path) -> None:
    assert made(tmp_path, "prometheus-data:/prometheus").manifest["name"] == "shop-stack"
    assert made(tmp_path, "prometheus-data:/prometheus", name="other").manifest["name"] == "other"
    assert made(tmp_path, "data:/prometheus").manifest["name"] == "shop"
    assert made(tmp_path, "./data:/prometheus").manifest["name"] == "shop"


def test_lines_that_take_data_over_are_suggested(tmp_path: Path) -> None:
    result = made(tmp_path, "data:/prometheus", take_over=False)
    assert "data" not in result.manifest["prometheus"]
    (remark,) = result.remarks
    assert remark.cause == "That stays where it is, in `data`."
    assert "`data: {from: shop_data}` under `prometheus`" in remark.remedy


@pytest.mark.parametrize("mount", ["data:/store", "./data:/store"])
def test_data_in_a_part_of_a_mount_is_not_taken_over(tmp_path: Path, mount: str) -> None:
    compose = f"services: {{prometheus: {{{PROMETHEUS % mount}, command: [--storage.tsdb.path=/store/tsdb]}}}}\n"
    setup = found(written(tmp_path, {"compose.yaml": compose, "prometheus.yml": JOB}))
    assert "data" not in adopt(setup, "shop", take_over=True).manifest["prometheus"]


def test_data_of_grafana_stays_where_it_is(tmp_path: Path) -> None:
    compose = "services: {grafana: {image: grafana/grafana, volumes: ['graf:/var/lib/grafana']}}\n"
    result = adopt(found(written(tmp_path, {"compose.yaml": compose, "prometheus.yml": JOB})), "shop", take_over=True)
    assert "data" not in result.manifest["grafana"]
    (remark,) = (each for each in result.remarks if "without the data" in each.summary)
    assert (remark.cause, remark.remedy) == ("That stays where it is, in `graf`.", "")


def remarks(
    folder: Path, name: str, *, take_over: bool = False, volumes: str = "volumes: {db: {driver: local}}\n"
) -> str:
    """What is said of the volumes of a project called `shop`, with a database, whose stack has a name."""
    services = f"prometheus: {{{PROMETHEUS % 'data:/prometheus'}}}, db: {{image: db, volumes: ['db:/db']}}"
    files = {"compose.yaml": f"services: {{{services}}}\n{volumes}", "prometheus.yml": JOB}
    found_here = adopt(found(written(folder / "Shop", files)), name, take_over=take_over).remarks
    return "\n".join(f"{each.summary} {each.cause} {each.remedy}" for each in found_here)


@pytest.mark.parametrize("take_over", [False, True])
def test_volumes_of_the_same_project_are_said_to_be_the_stack_s_too(tmp_path: Path, take_over: bool) -> None:
    assert "`shop_db` is the stack's too" in remarks(tmp_path, "shop", take_over=take_over)


def test_new_volumes_of_other_containers_are_said(tmp_path: Path) -> None:
    assert "the stack has new volumes instead of `shop_db`" in remarks(tmp_path, "other")


def test_volume_with_a_name_of_its_own_is_another_one(tmp_path: Path) -> None:
    said = remarks(tmp_path, "shop", volumes="volumes: {db: {name: own}}\n")
    assert "The stack makes a volume of its own, which is empty." in said
    assert "stack's too" not in said


def test_data_that_is_called_like_that_of_the_stack_is_used_and_said(tmp_path: Path) -> None:
    result = made(tmp_path, "prometheus-data:/prometheus", take_over=False)
    (remark,) = result.remarks
    assert remark.summary == "the stack begins with the data in `shop_prometheus-data`, which is not copied"
    taken = made(tmp_path, "prometheus-data:/prometheus")
    assert (taken.manifest["name"], taken.manifest["prometheus"]["data"]) == (
        "shop-stack",
        {"from": "shop_prometheus-data"},
    )


SHARED = "services: {prometheus: {%s}, copy: {image: a, volumes: ['%s:/in:ro']}}"


@pytest.mark.parametrize(("volume", "is_shared"), [("data", True), ("other", False)])
def test_container_that_reads_the_data_of_a_server_is_named(tmp_path: Path, volume: str, is_shared: bool) -> None:
    whole = SHARED % (PROMETHEUS % "data:/prometheus", volume)
    result = adopt(found(written(tmp_path, {"compose.yaml": whole, "prometheus.yml": JOB})), "shop")
    named = [each for each in result.remarks if each.summary == "`copy` does not see the data of prometheus any more"]
    assert [each.remedy for each in named] == (["Mount `prometheus-data` there."] if is_shared else [])


def test_data_that_the_stack_goes_on_with_is_shared_as_before(tmp_path: Path) -> None:
    whole = SHARED % (PROMETHEUS % "prometheus-data:/prometheus", "prometheus-data")
    setup = found(written(tmp_path / "shop", {"compose.yaml": whole, "prometheus.yml": JOB}))
    assert not [each for each in adopt(setup, "shop").remarks if "any more" in each.summary]


def test_data_of_a_pushgateway_is_where_its_option_says(tmp_path: Path) -> None:
    fields = "command: [--persistence.file=/kept/push], volumes: ['push:/kept']"
    gateway = f"pushgateway: {{image: prom/pushgateway, {fields}}}"
    job = jobs("{job_name: pushgateway, honor_labels: true, static_configs: [{targets: ['pushgateway:9091']}]}")
    result = adopted(tmp_path, prometheus=job, compose=compose(gateway))
    (remark,) = (each for each in result.remarks if each.summary == "the stack begins without the data of the set-up")
    assert remark.cause == "That stays where it is, in `push`."
    assert "docker" not in result.manifest["pushgateway"]


WITH_COMMAND = PROMETHEUS + ", command: [--config.file=/etc/prometheus/prometheus.yml%s]"
PATH = ", --storage.tsdb.path=%s"


@pytest.mark.parametrize(
    ("volume", "option", "source"),
    [
        ("tsdb:/prometheus", "", "shop_tsdb"),
        ("tsdb:/prometheus", PATH % "data/", "shop_tsdb"),
        ("tsdb:/prometheus", PATH % "/prometheus", "shop_tsdb"),
        ("./tsdb:/prometheus", "", "./tsdb/data"),
        ("./tsdb:/prometheus", PATH % "/prometheus", "./tsdb"),
        ("./tsdb:/prometheus", PATH % "/prometheus/own", "./tsdb/own"),
        ("tsdb:/prometheus/data", "", "shop_tsdb"),
    ],
)
def test_data_is_where_the_program_has_it_by_default(tmp_path: Path, volume: str, option: str, source: str) -> None:
    whole = f"services: {{prometheus: {{{WITH_COMMAND % (volume, option)}}}}}\n"
    setup = found(written(tmp_path / "shop", {"compose.yaml": whole, "prometheus.yml": JOB}))
    assert adopt(setup, "shop", take_over=True).manifest["prometheus"]["data"] == {"from": source}


def test_volume_of_the_same_name_whose_data_is_in_a_folder_is_not_gone_on_with(tmp_path: Path) -> None:
    whole = f"services: {{prometheus: {{{WITH_COMMAND % ('prometheus-data:/prometheus', '')}}}}}\n"
    setup = found(written(tmp_path / "shop", {"compose.yaml": whole, "prometheus.yml": JOB}))
    result = adopt(setup, "shop")
    (remark,) = (each for each in result.remarks if each.summary == "the stack begins without the data of the set-up")
    assert remark.remedy == "To take it over, adopt with --take-over."
    taken = adopt(setup, "shop", take_over=True).manifest
    assert (taken["name"], taken["prometheus"]["data"]) == ("shop-stack", {"from": "shop_prometheus-data"})
