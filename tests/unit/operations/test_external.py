"""Servers of somebody else: how they are asked, and which commands refuse them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.operations.external import accesses, drill_problems
from stackctl.operations.named_runtime import refused_or_found
from tests.contract.serving import CERTIFICATES

MANIFEST = """\
version: 1
name: shop
runtime: external
external: {prometheus: {url: "http://p:9090", basic_auth: {username: me, password: "right-horse"}}}
services: {api: {targets: ["a:8000"]}}
"""
COMMANDS = ("up", "reload", "down", "backup", "restore", "verify --drill", "logs", "status")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "stack.yml"
    path.write_text(MANIFEST)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_command_that_acts_on_servers_is_refused(manifest: Path, command: str) -> None:
    with pytest.raises(InputError) as refused:
        refused_or_found(manifest, command)
    (problem,) = refused.value.problems
    assert problem.code == "usage.external"
    assert problem.summary.startswith(f"`stackctl {command}` cannot ")
    assert problem.remedy
    assert problem.position
    assert not (manifest.parent / ".stackctl").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_own_servers_are_not_refused(manifest: Path, command: str) -> None:
    manifest.write_text('version: 1\nname: external\nservices: {api: {targets: ["a:8000"]}}\n')
    refused_or_found(manifest, command)


@pytest.mark.parametrize("text", ["runtime: [external\n", "runtime: external\n", ""])
def test_unreadable_manifest_is_left_to_the_command(manifest: Path, text: str) -> None:
    manifest.write_text(text)
    refused_or_found(manifest, "up")


def test_missing_manifest_is_left_to_the_command(tmp_path: Path) -> None:
    refused_or_found(tmp_path / "stack.yml", "down")


def test_included_manifest_counts(manifest: Path) -> None:
    including = manifest.with_name("prod.yml")
    including.write_text("version: 1\nname: prod\ninclude: [stack.yml]\n")
    with pytest.raises(InputError):
        refused_or_found(including, "up")


def test_login_and_trust_are_in_the_access(manifest: Path) -> None:
    (manifest.parent / "ca.crt").write_bytes((CERTIFICATES / "ca.crt").read_bytes())
    manifest.write_text(MANIFEST.replace('"http://p:9090"', '"https://p:9090", ca_file: ca.crt'))
    access = accesses(load(manifest))["prometheus"]
    assert (access.url, access.login) == ("https://p:9090", ("me", "right-horse"))
    assert access.ca == (CERTIFICATES / "ca.crt").read_text()


def test_certificate_that_cannot_be_used_is_refused(manifest: Path) -> None:
    (manifest.parent / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    manifest.write_text(MANIFEST.replace('"http://p:9090"', '"https://p:9090", ca_file: ca.crt'))
    with pytest.raises(InputError, match="its certificates or its key cannot be used"):
        accesses(load(manifest))


def test_refusal_is_in_the_format_that_was_asked_for(manifest: Path) -> None:
    from stackctl.cli.main import main

    assert main(["-f", str(manifest), "up", "--output", "json"]) == 2


@pytest.mark.parametrize(("command", "is_refused"), [("down", False), ("logs", False), ("up", True)])
def test_what_ran_here_before_can_be_ended(
    manifest: Path, command: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.state.State.current", lambda _: "a generation")
    with pytest.raises(InputError) if is_refused else nullcontext():
        refused_or_found(manifest, command)


def test_drill_has_one_of_its_own_that_takes_a_permission_and_an_alertmanager(manifest: Path) -> None:
    refused_or_found(manifest, "drill")
    servers = load(manifest).external
    assert [each.code for each in drill_problems(servers, live=False)] == ["usage.external", "drill.no-alertmanager"]
    assert [each.code for each in drill_problems(servers, live=True)] == ["drill.no-alertmanager"]
    manifest.write_text(MANIFEST.replace("external: {prom", 'external: {alertmanager: "http://a", prom'))
    assert drill_problems(load(manifest).external, live=True) == []
