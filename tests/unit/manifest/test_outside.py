"""Files that a manifest from a stranger may not have printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load, outside

HEAD = "version: 1\nname: s\nexporters: {node: {}}\n"
RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
# What names a file -> the line of a manifest that does.
NAMING = {
    "rules": "rules: [{{file: {0}}}]",
    "dashboards": "grafana: {{}}\ndashboards: [{{file: {0}}}]",
    "packs": "packs: [{0}]",
    "rule_files": 'prometheus: {{extra: {{rule_files: ["{0}"]}}}}',
    "credentials": "services: {{a: {{targets: ['localhost:1'], authorization: {{credentials_file: {0}}}}}}}",
    "tls": "services: {{a: {{targets: ['localhost:1'], tls: {{ca_file: {0}}}}}}}",
    "contract": "services: {{a: {{targets: ['localhost:1'], metrics: {0}}}}}",
    "auth": "prometheus: {{auth: {{tls: {{cert_file: {0}, key_file: {0}}}}}}}",
    "targets": "services: {{a: {{discovery: {{file_sd_configs: [{{files: [{0}]}}]}}}}}}",
    "templates": 'alertmanager: {{extra: {{templates: ["{0}"]}}}}',
    "env_file of a container": "containers: {{a: {{image: x, env_file: {0}}}}}",
    "env_file": "services: {{a: {{targets: ['localhost:1'], run: {{docker: {{image: x, env_file: {0}}}}}}}}}",
}


def refused(folder: Path, line: str) -> str:
    (folder / "stack.yml").write_text(f"{HEAD}{line}\n")
    with pytest.raises(InputError) as error:
        load(folder / "stack.yml", environ={})
    return str(error.value)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.yml").write_text("hunter2: hunter2\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "sub").mkdir()
    (folder / "linked.yml").symlink_to("../other/secret.yml")
    (folder / "linked").symlink_to("../other")
    return folder


@pytest.mark.parametrize("naming", NAMING)
@pytest.mark.parametrize("name", ["../other/secret.yml", "linked.yml", "linked/secret.yml", "{outside}", "/etc/shadow"])
def test_refuses_files_outside_of_the_folder(project: Path, naming: str, name: str) -> None:
    path = name.format(outside=project.parent / "other" / "secret.yml")
    said = refused(project, NAMING[naming].format(path))
    assert f"{path} is outside of the manifest's folder" in said
    assert "add --allow-outside to the command" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("pattern", ["../other/*.yml", "/etc/*", "*/../../other/*", "linked/*"])
def test_does_not_expand_patterns_outside_of_the_folder(project: Path, pattern: str) -> None:
    said = refused(project, NAMING["rule_files"].format(pattern))
    assert "is outside of the manifest's folder" in said
    assert "hunter2" not in said


def test_reads_files_outside_when_allowed(project: Path) -> None:
    (project.parent / "other" / "rules.yml").write_text(RULES)
    (project / "stack.yml").write_text(f"{HEAD}rules: [{{file: ../other/rules.yml}}]\n")
    with outside.allowed():
        assert load(project / "stack.yml", environ={}).rules[0].rules[0].name == "Down"


def test_reads_what_links_within_the_folder_lead_to(project: Path) -> None:
    (project / "shared").mkdir()
    (project / "shared" / "rules.yml").write_text(RULES)
    (project / "rules.yml").symlink_to("shared/rules.yml")
    (project / "stack.yml").write_text(f"{HEAD}rules: [{{file: rules.yml}}]\n")
    assert load(project / "stack.yml", environ={}).rules


@pytest.mark.parametrize("naming", ["rules", "dashboards", "rule_files", "contract", "targets", "templates"])
@pytest.mark.parametrize("name", [".env", "tls.key", ".git/config", ".stackctl/secrets/x.yml", "linked-env.yml"])
def test_does_not_show_files_that_hold_secrets(project: Path, naming: str, name: str) -> None:
    for each in (".env", "tls.key", ".git/config", ".stackctl/secrets/x.yml"):
        (project / each).parent.mkdir(parents=True, exist_ok=True)
        (project / each).write_text("TOKEN=hunter2\n")
    (project / "linked-env.yml").symlink_to(".env")
    said = refused(project, NAMING[naming].format(name))
    assert f"{name} may hold secrets" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "text", ["hunter2", "hunter2: 1", "groups: hunter2", "groups: [{name: hunter2, rules: [{}]}]", "["]
)
def test_does_not_show_lines_of_files_with_unknown_endings(project: Path, text: str) -> None:
    (project / "db_password").write_text(f"{text}\n")
    said = refused(project, NAMING["rules"].format("db_password"))
    assert "the file does not have the expected content" in said
    assert "hunter2" not in said


def test_does_not_read_variables_from_outside(project: Path) -> None:
    (project / ".env").symlink_to("../other/secret.yml")
    assert ".env is outside of the manifest's folder" in refused(project, "")


def test_keeps_a_key_within_a_file_of_certificates_secret(project: Path) -> None:
    (project / "both.crt").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    (project / "stack.yml").write_text(f"version: 1\nname: s\n{NAMING['tls'].format('both.crt')}\n")
    stack = load(project / "stack.yml", environ={})
    assert "PRIVATE" not in str(stack.services[0].scrape)
