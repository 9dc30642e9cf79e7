"""What a pack uses, and what it says of that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.packs.library import shipped
from tests.unit.manifest.packs.test_library import PACKS


@pytest.mark.parametrize(("kind", "name"), PACKS)
def test_every_parameter_is_used_and_explained(kind: str, name: str) -> None:
    pack = shipped(kind, name)
    text = str(pack.document.value[kind])  # type: ignore[index, call-overload]
    for parameter, model in pack.model.parameters.items():
        assert re.search(rf"\b{parameter}\b", text), parameter
        assert model.description.endswith("."), parameter


def rules(folder: Path, exporters: str, pack: str) -> list[tuple[str, set[str]]]:
    """Each rule file of a stack with these exporters and a pack, with the selectors of jobs in it."""
    manifest = folder / "stack.yml"
    manifest.write_text(f"version: 1\nname: s\nexporters: {{{exporters}}}\nrules: [{{pack: {pack}}}]\n")
    return [
        (file.path, {found for rule in file.rules for found in re.findall(r'job=~?"[^"]*"', rule.expr)})
        for file in load(manifest).rules
    ]


POSTGRES = 'kind: postgres, dsn: "postgresql://a:b@db:5432/x"'


def test_pack_is_about_all_exporters_of_its_kind(tmp_path: Path) -> None:
    several = f"orders: {{{POSTGRES}}}, users.eu: {{{POSTGRES}, listen: 9188}}"
    assert rules(tmp_path, several, "postgres") == [("postgres.yml", {r'job=~"orders|users\\.eu"'})]


def test_pack_of_one_exporter_with_a_name_of_its_own_selects_its_job(tmp_path: Path) -> None:
    assert rules(tmp_path, f"orders: {{{POSTGRES}, job: pg}}", "postgres") == [("postgres.yml", {'job="pg"'})]


def test_pack_is_applied_to_each_exporter_where_their_parameters_differ(tmp_path: Path) -> None:
    several = "a: {kind: kafka, brokers: ['k:1']}, b: {kind: kafka, brokers: ['k:1', 'k:2'], listen: 9309}"
    assert rules(tmp_path, several, "kafka") == [("kafka.yml", {'job="a"', 'job="b"'})]


def test_probes_of_several_blackbox_exporters_are_selected_together(tmp_path: Path) -> None:
    several = (
        "a: {kind: blackbox, probes: {x: {url: 'http://x.test/'}}},"
        "b: {kind: blackbox, listen: 9116, probes: {y: {url: 'https://y.test/'}}}"
    )
    ((path, selectors),) = rules(tmp_path, several, "blackbox")
    assert path == "blackbox.yml"
    assert selectors == {'job=~"probe-.+"'}
