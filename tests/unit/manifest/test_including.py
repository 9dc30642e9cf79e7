"""A manifest over those that it includes: what counts, and where each part is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.data import data_dir
from stackctl.manifest import load, load_packs, read
from stackctl.manifest.reads import recorded
from stackctl.model import Stack

BASE = """\
version: 1
name: shop
prometheus: {retention: {time: 15d}, scrape_interval: 5s}
alertmanager: {receivers: {oncall: {webhook: {url: "${HOOK}"}}}}
services:
  api: {targets: ["localhost:8000", "localhost:8001"], labels: {team: shop}}
rules: [{file: rules.yml}]
"""
RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stack.yml").write_text(BASE)
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "more.yml").write_text(RULES.replace("Down", "Up"))
    return tmp_path


def over(folder: Path, text: str) -> Path:
    path = folder / "stack.prod.yml"
    path.write_text(f"version: 1\nname: shop-prod\ninclude: [stack.yml]\n{text}\n")
    return path


def variant(folder: Path, text: str) -> Stack:
    return load(over(folder, text), {"HOOK": "http://base/"})


def problems(path: Path) -> list[str]:
    return [f"{Path(each.position.file).name}:{each.position.line}:{each.position.column} {each.summary}"
            if each.position else each.summary for each in read(path, {}).problems]  # fmt: skip


def test_mappings_merge_and_texts_are_replaced(folder: Path) -> None:
    stack = variant(folder, "prometheus: {retention: {time: 90d}}")
    assert (stack.name, stack.prometheus.retention.time, stack.prometheus.scrape_interval) == ("shop-prod", "90d", "5s")


def test_targets_are_replaced_and_rules_are_added(folder: Path) -> None:
    stack = variant(folder, 'services: {api: {targets: ["api:80"]}}\nrules: [{file: more.yml}]')
    assert [str(each.address) for each in stack.services[0].targets] == ["api:80"]
    assert stack.services[0].labels == {"team": "shop"}
    assert [rule.name for file in stack.rules for rule in file.rules] == ["Down", "Up"]


def test_empty_value_removes(folder: Path) -> None:
    stack = load(over(folder, "alertmanager:\nrules:"), {})
    assert stack.alertmanager is None
    assert stack.rules == ()


def test_later_files_are_over_earlier_ones(folder: Path) -> None:
    (folder / "sizes.yml").write_text("prometheus: {retention: {time: 30d}, scrape_interval: 1m}\n")
    path = folder / "stack.prod.yml"
    path.write_text("version: 1\nname: p\ninclude: [stack.yml, sizes.yml]\nprometheus: {scrape_interval: 2m}\n")
    stack = load(path, {"HOOK": "http://base/"})
    assert (stack.prometheus.retention.time, stack.prometheus.scrape_interval) == ("30d", "2m")


def test_included_file_includes_others(folder: Path) -> None:
    over(folder, "prometheus: {retention: {time: 90d}}")
    path = folder / "stack.eu.yml"
    path.write_text("version: 1\nname: shop-eu\ninclude: [stack.prod.yml]\n")
    stack = load(path, {"HOOK": "http://base/"})
    assert (stack.name, stack.prometheus.retention.time) == ("shop-eu", "90d")


def test_mistakes_are_at_their_places_in_each_file(folder: Path) -> None:
    (folder / "stack.yml").write_text(BASE.replace("5s", "fast").replace("${HOOK}", "http://x/"))
    path = over(folder, "services:\n  web: {targets: [web]}\nrules: [{file: gone.yml}]")
    assert [each.split(": ")[0] for each in problems(path)] == [
        "stack.yml:3:55 prometheus.scrape_interval",
        "stack.prod.yml:5:19 services.web.targets[0]",
        "stack.prod.yml:6:16 gone.yml does not exist",
    ]


def test_line_that_is_shown_is_that_of_its_file(folder: Path) -> None:
    path = over(folder, "services: {web: {targets: [web]}}")
    shown = [each.position.text for each in read(path, {"HOOK": "http://x/"}).problems if each.position]
    assert shown == ["services: {web: {targets: [web]}}"]


def test_variable_of_a_value_that_is_replaced_need_not_be_set(folder: Path) -> None:
    assert problems(over(folder, "")) == ["stack.yml:4:52 the variable `HOOK` is not set"]
    assert problems(over(folder, 'alertmanager: {receivers: {oncall: {webhook: {url: "http://own/"}}}}')) == []


def test_secret_of_an_included_file_is_not_shown(folder: Path) -> None:
    (folder / "stack.yml").write_text(
        BASE.replace("labels: {", "basic_auth: {username: u, password: hunter2, sned: x}, labels: {")
    )
    told = "\n".join(map(str, read(over(folder, ""), {}).problems))
    assert "sned" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("include", "words"),
    [
        ("[gone.yml]", "3:11 gone.yml does not exist"),
        ("[stack.prod.yml]", "3:11 include: `stack.prod.yml` includes itself"),
        ("[../stack.yml]", "3:11 include: `../stack.yml` is not in the manifest's own folder"),
        ("[sub/stack.yml]", "3:11 include: `sub/stack.yml` is not in the manifest's own folder"),
        ("stack.yml", "3:10 include: expected a list, got text"),
    ],
)
def test_refuses_what_cannot_be_included(folder: Path, include: str, words: str) -> None:
    path = folder / "stack.prod.yml"
    path.write_text(f"version: 1\nname: p\ninclude: {include}\nservices: {{a: {{targets: ['x:1']}}}}\n")
    assert problems(path) == [f"stack.prod.yml:{words}"]


def test_circle_of_files_is_refused_once(folder: Path) -> None:
    path = over(folder, "")
    (folder / "stack.yml").write_text(f"{BASE}include: [stack.prod.yml]\n".replace("${HOOK}", "http://x/"))
    assert problems(path) == ["stack.yml:8:11 include: `stack.prod.yml` includes itself"]


def test_file_that_is_not_yaml_is_reported_with_the_rest(folder: Path) -> None:
    (folder / "stack.yml").write_text("a: [\n")
    found = problems(over(folder, "services: {web: {targets: [web]}}"))
    assert [each.split()[0].split(":")[0] for each in found] == ["stack.yml", "stack.prod.yml"]


def test_packs_of_an_included_manifest_are_known(folder: Path) -> None:
    (folder / "packs").mkdir()
    shipped = data_dir("rules").joinpath("deadman.yml").read_text()
    (folder / "packs" / "own.yml").write_text(shipped.replace("name: deadman", "name: own"))
    (folder / "stack.yml").write_text(f"{BASE}packs: [packs]\n")
    assert "own" in load_packs(over(folder, "")).names("rules")


def test_watch_sees_an_edit_of_an_included_file(folder: Path) -> None:
    path = over(folder, "")
    with recorded() as reads:
        read(path, {})
    assert not reads.have_changed()
    (folder / "stack.yml").write_text(BASE.replace("15d", "16d "))
    assert reads.have_changed()
