"""Files that passed-through blocks name: they begin at the manifest, and are in the tree or refused at their line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load, outside
from stackctl.render import render
from stackctl.tree import Tree, load_yaml

HEAD = "version: 1\nname: shop\n"
SERVICES = 'services: {api: {targets: ["localhost:8000"]}}\n'
TOKEN = "right-horse-7"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n"


def rendered(folder: Path, text: str, runtime: str = "native") -> Tree:
    (folder / "stack.yml").write_text(HEAD + text)
    return render(load(folder / "stack.yml", {}), runtime)


def config(tree: Tree, server: str = "prometheus") -> Any:
    return tree.yaml(f"{server}/{server}.yml")


def read_by_prometheus(tree: Tree, path: str) -> Any:
    """The file that a path in prometheus.yml leads to."""
    return tree.files[path.removeprefix("../")]


# Keys of a scrape job -> where its path is.
SECRETS: dict[str, tuple[str | int, ...]] = {
    "authorization: {credentials_file: s.txt}": ("authorization", "credentials_file"),
    "basic_auth: {username: u, password_file: s.txt}": ("basic_auth", "password_file"),
    "bearer_token_file: s.txt": ("bearer_token_file",),
    "oauth2: {client_id: a, token_url: b, client_secret_file: s.txt}": ("oauth2", "client_secret_file"),
    "http_headers: {X-Key: {files: [s.txt]}}": ("http_headers", "X-Key", "files", 0),
    "kubernetes_sd_configs: [{role: pod, kubeconfig_file: s.txt}]": ("kubernetes_sd_configs", 0, "kubeconfig_file"),
}


@pytest.mark.parametrize("keys", SECRETS)
def test_secret_files_become_secret_files_of_the_tree(tmp_path: Path, keys: str) -> None:
    (tmp_path / "s.txt").write_text(TOKEN + "\n")
    tree = rendered(tmp_path, f"{SERVICES}prometheus: {{extra: {{scrape_configs: [{{job_name: x, {keys}}}]}}}}\n")
    value: Any = config(tree)["scrape_configs"][-1]
    for part in SECRETS[keys]:
        value = value[part]
    file = read_by_prometheus(tree, value)
    assert file.secret
    assert file.content.decode().strip() == TOKEN
    assert all(TOKEN.encode() not in each.content for each in tree.files.values() if not each.secret)


def test_authorization_of_a_service_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "t").write_text(TOKEN)
    text = 'services: {api: {targets: ["localhost:8000"], authorization: {credentials_file: keys/t}}}\n'
    tree = rendered(tmp_path, text)
    path = config(tree)["scrape_configs"][-1]["authorization"]["credentials_file"]
    assert read_by_prometheus(tree, path).content.decode() == TOKEN


def test_tls_files_of_any_block_are_in_the_tree(tmp_path: Path) -> None:
    for name, content in (("ca.pem", CERTIFICATE), ("c.pem", CERTIFICATE), ("k.pem", KEY)):
        (tmp_path / name).write_text(content)
    tls = "{ca_file: ca.pem, cert_file: c.pem, key_file: k.pem}"
    receiver = f"{{webhook: {{url: 'http://localhost:1/', http_config: {{tls_config: {tls}}}}}}}"
    text = (
        f"{SERVICES}prometheus: {{extra: {{scrape_configs: [{{job_name: x, tls_config: {tls}}}]}}}}\n"
        f"alertmanager: {{receivers: {{team: {receiver}}}}}\n"
    )
    tree = rendered(tmp_path, text)
    job = config(tree)["scrape_configs"][-1]["tls_config"]
    assert job["ca"] == CERTIFICATE
    # A certificate is in a file where its key is in one.
    assert read_by_prometheus(tree, job["cert_file"]).content.decode() == CERTIFICATE
    assert read_by_prometheus(tree, job["key_file"]).content.decode() == KEY
    hook = config(tree, "alertmanager")["receivers"][0]["webhook_configs"][0]["http_config"]["tls_config"]
    assert hook["ca"] == CERTIFICATE
    assert read_by_prometheus(tree, hook["key_file"]).secret


@pytest.mark.parametrize(
    ("receiver", "section", "key"),
    [
        ("slack: {api_url_file: s.txt, channel: x}", "slack_configs", "api_url_file"),
        ("slack: [{api_url_file: s.txt, channel: x}]", "slack_configs", "api_url_file"),
        ("webhook: {url_file: s.txt}", "webhook_configs", "url_file"),
        ("pagerduty: {routing_key_file: s.txt}", "pagerduty_configs", "routing_key_file"),
        ("opsgenie: {api_key_file: s.txt}", "opsgenie_configs", "api_key_file"),
        ("teams: {webhook_url_file: s.txt}", "msteamsv2_configs", "webhook_url_file"),
    ],
)
def test_secrets_of_receivers_are_found_from_where_alertmanager_runs(
    tmp_path: Path, receiver: str, section: str, key: str
) -> None:
    (tmp_path / "s.txt").write_text("https://hooks.example/right-horse")
    tree = rendered(tmp_path, f"{SERVICES}alertmanager: {{receivers: {{team: {{{receiver}}}}}}}\n")
    path = config(tree, "alertmanager")["receivers"][0][section][0][key]
    assert path.startswith("current/secrets/alertmanager/")
    assert tree.files[path.removeprefix("current/")].secret


def test_an_address_in_a_file_is_reached_from_a_container(tmp_path: Path) -> None:
    (tmp_path / "hook.url").write_text("http://localhost:5001/right-horse\n")
    text = f"{SERVICES}alertmanager: {{receivers: {{team: {{webhook: {{url_file: hook.url}}}}}}}}\n"
    for runtime, host in (("native", "localhost"), ("docker", "host.docker.internal")):
        tree = rendered(tmp_path, text, runtime)
        path = config(tree, "alertmanager")["receivers"][0]["webhook_configs"][0]["url_file"]
        content = tree.files[path.removeprefix("current/")].content.decode()
        assert content == f"http://{host}:5001/right-horse"


def test_template_globs_are_copied(tmp_path: Path) -> None:
    (tmp_path / "tmpl").mkdir()
    for name in ("a.tmpl", "b.tmpl"):
        (tmp_path / "tmpl" / name).write_text(f'{{{{ define "{name}" }}}}x{{{{ end }}}}')
    extra = '{templates: ["tmpl/*.tmpl"], global: {smtp_auth_password_file: p.txt}}'
    (tmp_path / "p.txt").write_text(TOKEN)
    tree = rendered(
        tmp_path, f"{SERVICES}alertmanager: {{receivers: {{a: {{webhook: {{url: 'http://h/'}}}}}}, extra: {extra}}}\n"
    )
    names = config(tree, "alertmanager")["templates"]
    own = [name for name in names if not name.startswith("templates/")]
    assert own == ["../alertmanager/files/tmpl/a.tmpl", "../alertmanager/files/tmpl/b.tmpl"]
    assert all(not tree.files[name.removeprefix("../")].secret for name in own)
    assert config(tree, "alertmanager")["global"]["smtp_auth_password_file"].startswith("current/secrets/")


def test_files_outside_of_the_folder_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "own.tmpl").write_text("x")
    (tmp_path / "stack").mkdir()
    with outside.allowed():
        tree = rendered(
            tmp_path / "stack",
            f"{SERVICES}alertmanager: {{receivers: {{}}, extra: {{templates: [../common/own.tmpl]}}}}\n",
        )
    (name,) = config(tree, "alertmanager")["templates"]
    assert name.endswith("/own.tmpl")
    assert tree.files[name.removeprefix("../")].content == b"x"


SD = 'services: {api: {discovery: {file_sd_configs: [{files: ["targets*.json"]}]}}}\n'


@pytest.mark.parametrize("runtime", ["native", "docker"])
def test_targets_in_files_are_reached_as_those_of_the_manifest(tmp_path: Path, runtime: str) -> None:
    groups = [{"targets": ["localhost:8000", "app:9"], "labels": {"team": "a"}}, {"targets": ["127.0.0.1:7"]}]
    (tmp_path / "targets.json").write_text(json.dumps(groups))
    tree = rendered(tmp_path, SD, runtime)
    (path,) = config(tree)["scrape_configs"][-1]["file_sd_configs"][0]["files"]
    found = load_yaml(read_by_prometheus(tree, path).content)
    if runtime == "native":
        assert found == groups
        return
    assert found == [
        {"targets": ["app:9"], "labels": {"team": "a"}},
        {"targets": ["host.docker.internal:8000"], "labels": {"instance": "localhost:8000", "team": "a"}},
        {"targets": ["host.docker.internal:7"], "labels": {"instance": "127.0.0.1:7"}},
    ]


def test_servers_of_discovery_are_reached_from_a_container(tmp_path: Path) -> None:
    asked = "http_sd_configs: [{url: 'http://localhost:8080/sd'}], consul_sd_configs: [{server: 'localhost:8500'}]"
    text = f"services: {{a: {{discovery: {{{asked}}}}}}}\n"
    job = config(rendered(tmp_path, text, "docker"))["scrape_configs"][-1]
    assert job["http_sd_configs"] == [{"url": "http://host.docker.internal:8080/sd"}]
    assert job["consul_sd_configs"] == [{"server": "host.docker.internal:8500"}]
    assert config(rendered(tmp_path, text))["scrape_configs"][-1]["http_sd_configs"][0]["url"].startswith(
        "http://localhost"
    )


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("prometheus: {extra: {scrape_configs: [{job_name: x, bearer_token_file: no.txt}]}}", "no.txt does not exist"),
        (
            "prometheus: {remote_write: [{url: 'http://h/', authorization: {credentials_file: no.txt}}]}",
            "no.txt does not",
        ),
        ("prometheus: {remote_write: [{url: 'http://h/', tls_config: {ca_file: no.pem}}]}", "no.pem does not exist"),
        ("prometheus: {extra: {rule_files: ['more/*.yml']}}", "no file matches `more/*.yml`"),
        ("prometheus: {extra: {scrape_config_files: [no.yml]}}", "no.yml does not exist"),
        ("alertmanager: {receivers: {a: {slack: {api_url_file: no.url, channel: x}}}}", "no.url does not exist"),
        ("alertmanager: {receivers: {}, extra: {templates: ['tmpl/*.tmpl']}}", "no file matches `tmpl/*.tmpl`"),
        (
            "alertmanager: {receivers: {}, extra: {receivers: [{name: t, telegram_configs: [{bot_token_file: no}]}]}}",
            "no does",
        ),
    ],
)
def test_a_missing_file_is_refused_at_its_line(tmp_path: Path, block: str, words: str) -> None:
    (tmp_path / "stack.yml").write_text(f"{HEAD}{SERVICES}{block}\n")
    with pytest.raises(InputError) as refused:
        load(tmp_path / "stack.yml", {})
    (problem,) = refused.value.problems
    assert problem.summary.startswith(words)
    assert problem.position
    assert problem.position.line == 4
    written = words.partition(" ")[0] if "matches" not in words else words.split("`")[1]
    assert problem.position.text[problem.position.column - 1 :].lstrip("'").startswith(written)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("targets.yml", ""),
        ("targets.yml", "# filled by a program\n"),
        ("targets.yml", "- labels: {env: prod}\n"),
        ("targets.json", "[]"),
        ("targets.json", '[{"targets": null, "labels": {}}]'),
    ],
)
def test_takes_files_that_hold_no_targets_yet(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    job = rendered(tmp_path, SD.replace("targets*.json", name), "docker").yaml("prometheus/prometheus.yml")
    assert job["scrape_configs"][-1]["file_sd_configs"]


def test_an_empty_path_names_no_file(tmp_path: Path) -> None:
    job = (
        "{job_name: x, static_configs: [{targets: ['a:1']}], basic_auth: {username: u, password_file: ''}, "
        "tls_config: {ca_file: ''}, kubernetes_sd_configs: [{role: pod, kubeconfig_file: ''}]}"
    )
    tree = rendered(tmp_path, f"prometheus: {{extra: {{scrape_configs: [{job}]}}}}\n")
    made = config(tree)["scrape_configs"][-1]
    assert made["basic_auth"]["password_file"] == made["tls_config"]["ca_file"] == ""
    assert made["kubernetes_sd_configs"][0]["kubeconfig_file"] == ""


@pytest.mark.parametrize(
    "content", ["", '[{"targets": ["a:1"], "label": {}}]', "{}", "nothing", "[1]", '[{"target": ["a:1"]}]', "[{"]
)
def test_a_file_without_targets_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "targets.json").write_text(content)
    (tmp_path / "stack.yml").write_text(HEAD + SD)
    with pytest.raises(InputError) as refused:
        load(tmp_path / "stack.yml", {})
    assert "targets.json is not a list of targets" in str(refused.value)


def test_words_of_the_user_are_not_taken_for_paths(tmp_path: Path) -> None:
    text = (
        f"{SERVICES}prometheus: {{extra: {{scrape_configs: [{{job_name: x, params: {{log_file: [a]}}, "
        "static_configs: [{targets: ['a:1'], labels: {config_file: b}}]}], global: {query_log_file: /tmp/q.log}}}\n"
        "alertmanager: {receivers: {p: {pagerduty: {routing_key: k, details: {core_file: c}}}}}\n"
    )
    tree = rendered(tmp_path, text)
    job = config(tree)["scrape_configs"][-1]
    assert job["static_configs"][0]["labels"] == {"config_file": "b"}
    assert config(tree)["global"]["query_log_file"] == "/tmp/q.log"
    details = config(tree, "alertmanager")["receivers"][0]["pagerduty_configs"][0]["details"]
    assert details["core_file"] == "c"
