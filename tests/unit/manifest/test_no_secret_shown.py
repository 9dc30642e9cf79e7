"""Plants a marked secret in each key that holds one, in every form that a person may get wrong, and looks for it.

Nowhere may it be: in a message, a line that is shown, a file that others can read, an argument, a label.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stackctl import conventions as c
from stackctl import redaction
from stackctl.manifest import read
from stackctl.manifest.exposure import secret_arguments, short_secrets
from stackctl.render import render
from stackctl.secret_fields import FIELDS
from stackctl.source import Secret

HEAD = 'version: 1\nname: shop\nservices:\n  api:\n    targets: ["localhost:8000"]\n'
RUN = f"{HEAD}    run:\n"
WRITE = f"{HEAD}prometheus:\n  remote_write:\n    - url: http://x.test/w\n"
RECEIVER = "alertmanager:\n  receivers:\n    team:\n      {0}:\n"
# Where a key stands -> the lines above it; the key itself follows, indented.
PLACES = {
    "basic_auth": (f"{HEAD}    basic_auth:\n      username: u\n", "      ", "password"),
    "authorization": (f"{HEAD}    authorization:\n      type: Bearer\n", "      ", "credentials"),
    "params": (f"{HEAD}    params:\n", "      ", "token"),
    "native env": (f"{RUN}      native:\n        command: [x]\n        env:\n", "          ", "DB_PASSWORD"),
    "docker env": (f"{RUN}      docker:\n        image: x\n        environment:\n", "          ", "DB_PASSWORD"),
    "discovery": (
        "version: 1\nname: shop\nservices:\n  api:\n    discovery:\n      consul_sd_configs:\n        - server: x:1\n",
        "          ",
        "token",
    ),
    "auth": (f"{HEAD}prometheus:\n  auth:\n    basic_auth:\n      username: u\n", "      ", "password"),
    "write": (f"{WRITE}      basic_auth:\n", "        ", "password"),
    "write header": (f"{WRITE}      headers:\n", "        ", "X-Any"),
    "write login": (f"{HEAD}prometheus:\n  remote_write:\n", "    - ", "url"),
    "write query": (f"{HEAD}prometheus:\n  remote_write:\n", "    - ", "url"),
    "discovery query": (
        "version: 1\nname: shop\nservices:\n  api:\n    discovery:\n      http_sd_configs:\n",
        "        - ",
        "url",
    ),
    "docker label": (f"{RUN}      docker:\n        image: x\n        labels:\n", "          ", "app.api.token"),
    "build": (f"{RUN}      docker:\n        build:\n          args:\n", "            ", "NPM_TOKEN"),
    "log driver": (f"{RUN}      docker:\n        logging:\n          options:\n", "            ", "splunk-token"),
    "sigv4": (f"{WRITE}      sigv4:\n", "        ", "secret_key"),
    "oauth2": (f"{WRITE}      oauth2:\n", "        ", "client_secret"),
    "extra": (f"{HEAD}prometheus:\n  extra:\n    anything:\n      basic_auth:\n", "        ", "password"),
    "grafana": (f"{HEAD}grafana:\n  admin:\n", "    ", "password"),
    "grafana env": (f"{HEAD}grafana:\n  extra_env:\n", "    ", "GF_SMTP_PASSWORD"),
    "grafana other": (f"{HEAD}grafana:\n  extra_env:\n", "    ", "AWS_SECRET_ACCESS_KEY"),
    "dsn": (f"{HEAD}exporters:\n  postgres:\n", "    ", "dsn"),
    "redis": (f"{HEAD}exporters:\n  redis:\n    address: x:1\n", "    ", "password"),
    "webhook": (RECEIVER.format("webhook").join((HEAD, "")), "        ", "url"),
    "opsgenie": (RECEIVER.format("opsgenie").join((HEAD, "")), "        ", "api_key"),
    "pushover": (RECEIVER.format("pushover").join((HEAD, "")), "        ", "token"),
    **{
        f"global {key}": (f"{HEAD}alertmanager:\n  extra:\n    global:\n", "      ", key)
        for product, owner, key, _, _ in FIELDS
        if (product, owner) == (c.ALERTMANAGER, "global")
    },
}  # fmt: skip
LOGINS = {"write login", "dsn", "webhook"}
QUERIES = {"write query", "discovery query"}
# The value as it is written; {k} is the key, {v} the secret, {i} the indentation of what is below.
FORMS = {
    "plain": "{k}: {v}",
    "single": "{k}: '{v}'",
    "double": '{k}: "{v}"',
    "from environment": "{k}: ${{MARKED}}",
    "default": '{k}: "${{PW:-{v}}}"',
    "part": '{k}: "${{HOME}}{v}"',
    "list": "{k}: [{v}]",
    "block list": "{k}:\n{i}  - {v}",
    "mapping": "{k}: {{x: {v}}}",
    "key": "{k}: {{{v}: x}}",
    "repeated": "{k}: a-b\n{i}{k}: {v}",
    "repeated first": "{k}: {v}\n{i}{k}: a-b",
    "misspelt": "{k}x: {v}",
    "one letter less": "{less}: {v}",
    "tag": "{k}: !{v} x",
    "alias": "{k}: *{v}",
    "anchor": "{k}: &{v} {v}",
    "open quote": '{k}: "{v}',
    "open bracket": "{k}: [{v}",
    "two colons": "{k}: {v}: x",
    "block": "{k}: |\n{i}    {v}\n{i}    second",
    "broken block": "{k}: |\n{i}    {v}\n{i}  %",
    "unknown neighbour": "{k}: {v}\n{i}nonsense: 1",
    "unset neighbour": "{k}: {v}\n{i}other: ${{UNSET}}",
    "in one line": "{{{k}: {v}, other: '${{UNSET}}', nonsense: 1}}",
    "tab": "{k}: {v}\n\tx: 1",
    "percent": "{k}: %{v}",
    "second document": "{k}: {v}\n---\n{k}: {v}",
    "comment": "{k}: {v} # {v}",
    "only in the second document": "{k}: a-b\n---\n{k}: {v}",
    "no space": "{k}:{v}",
    "no colon": "{k} {v}",
    "a key of its own": "? {{{k}: {v}}}\n{i}: x",
    "line break of Unicode": "{k}: \u2028{v}",
    "block at the margin": "{k}: |9\n{v}",
}


# Where the user names the keys, another spelling is another key; a URL is none with a sign before it.
OWN_WORDS = {"params", "native env", "docker env", "grafana env", "docker label", "build", "log driver"}
MISSPELT = {"misspelt", "one letter less"}
NO_URL = {"part", "tag", "alias", "anchor", "percent", "key"}
CASES = [
    (place, form)
    for place in PLACES
    for form in FORMS
    if not (place in OWN_WORDS and form in MISSPELT) and not (place in LOGINS | QUERIES and form in NO_URL)
]


def with_login(place: str, secret: str) -> str:
    """The value that holds the secret: where a URL is wanted, one with a login."""
    if place in QUERIES:
        return f"http://x.test/w?db=1&api_key={secret}"
    if place == "dsn":
        return f"postgresql://u:{secret}@x:5432/d"
    return f"http://u:{secret}@x.test/w" if place in LOGINS else secret


def manifest(place: str, form: str, secret: str) -> str:
    lines, indent, key = PLACES[place]
    value = with_login(place, secret)
    below = " " * len(indent)
    written = FORMS[form].format(k=key, v=value, i=below, less=key[:-1])
    if form == "in one line":
        head, _, last = lines.rstrip("\n").rpartition("\n")
        return (
            f"{head}\n{last} {written}\n"
            if last.endswith(":")
            else f"{lines}{indent}{written[1:-1].replace(', ', f'{chr(10)}{below}')}\n"
        )
    return f"{lines}{indent}{written}\n"


def shown(folder: Path, text: str, value: str) -> Iterator[tuple[str, str]]:
    """All that stackctl shows of a manifest, or lets others read: what it is, and the text."""
    (folder / "stack.yml").write_text(text)
    redaction.forget()
    environment = {"MARKED": value, "HOME": "/home/user"}
    reading = read(folder / "stack.yml", environment)
    # As they are, without the second net, and as they are printed.
    yield "lines", "\n".join(problem.position.snippet() for problem in reading.problems if problem.position)
    yield "problems", redaction.shown("\n".join(map(str, reading.problems)))
    yield "JSON", redaction.shown(json.dumps([[p.summary, p.cause, p.remedy] for p in reading.problems]))
    if reading.stack is None:
        return
    for runtime in (c.DOCKER, c.NATIVE):
        tree = render(reading.stack, runtime, {c.GRAFANA_ADMIN_PASSWORD: Secret("generated-one")})
        yield from ((f"{runtime}: {path}", file.content.decode()) for path, file in tree if not file.secret)
        if not tree.files[c.UNITS_FILE].secret:
            yield "units", repr(tree.units)


def leaks(place: str, form: str, secret: str) -> list[str]:
    with TemporaryDirectory() as folder:
        text = manifest(place, form, secret)
        return [what for what, said in shown(Path(folder), text, with_login(place, secret)) if secret[:11] in said]


@pytest.mark.many
@pytest.mark.parametrize(("place", "form"), CASES)
def test_a_marked_secret_is_nowhere_shown(place: str, form: str) -> None:
    assert leaks(place, form, "m4rked-s3cret") == []


SECRETS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+=", min_size=8, max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), SECRETS, st.integers(10**8, 10**9 - 1))
@example(("write", "open quote"), "----------", 10**8)
def test_any_secret_is_nowhere_shown(case: tuple[str, str], text: str, number: int) -> None:
    # It begins as no other text of the manifest does, so that what is found is the secret.
    assert leaks(*case, f"q{number}z{text}") == []


# What uses a variable where no secret is expected, and repeats it in its message.
USES = {
    "target": "services: {{a: {{targets: ['{0}']}}}}",
    "login": "services: {{a: {{targets: ['monitoring:{0}@localhost:8080']}}}}",
    "URL": "services: {{a: {{targets: ['http://u:{0}@localhost:8080/x']}}}}",
    "duration": "services: {{a: {{targets: ['a:1'], scrape_interval: '{0}'}}}}",
    "name": "services: {{'a': {{targets: ['a:1'], scheme: '{0}'}}}}",
    "receiver": "exporters: {{node: {{}}}}\nalertmanager: {{routing: {{default: '{0}'}}}}",
    "listen": "exporters: {{node: {{listen: '{0}'}}}}",
    "nginx": "exporters: {{nginx: {{url: 'http://u:{0}@x/status'}}}}",
    "probe": "exporters: {{blackbox: {{probes: {{p: {{url: 'http://u:{0}@x/'}}}}}}}}",
    "file": "exporters: {{node: {{}}}}\nrules: [{{file: '{0}.yml'}}]",
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("variable", ["PW", "ANYTHING"])
def test_what_comes_from_a_variable_is_not_repeated(tmp_path: Path, use: str, variable: str) -> None:
    reference = f"${{{variable}}}"
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\n{USES[use].format(reference)}\n")
    problems = read(tmp_path / "stack.yml", {variable: "M4rked-value"}).problems
    assert problems
    said = redaction.shown("\n".join(map(str, problems)))
    assert "m4rked" not in said.lower()
    if use == "login":
        assert "help: Write `localhost:8080`, and the user and the password as `basic_auth`" in said


def test_a_variable_with_the_name_of_a_secret_closes_the_files_it_is_in(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"{HEAD}    labels: {{team: '${{TEAM_TOKEN}}'}}\n")
    stack = read(tmp_path / "stack.yml", {"TEAM_TOKEN": "m4rked-value"}).stack
    assert stack
    assert render(stack, c.DOCKER).files[c.PROMETHEUS_FILE].secret


def test_warns_once_of_secrets_too_short_to_be_hidden(tmp_path: Path) -> None:
    text = f"{HEAD}    basic_auth: {{username: u, password: pw}}\ngrafana: {{admin: {{password: x}}}}\n"
    (tmp_path / "stack.yml").write_text(text)
    stack = read(tmp_path / "stack.yml", {}).stack
    assert stack
    (warning,) = short_secrets(stack)
    assert warning.summary == "2 secrets are shorter than 6 characters"
    assert warning.position
    assert warning.position.text.strip().startswith("basic_auth: {username: u, password: ***")
    assert "Also at " in warning.cause
    assert ":7:" in warning.cause


def test_what_is_around_a_variable_is_not_taken_for_a_secret(tmp_path: Path) -> None:
    """An option's name and the scheme of a URL would be hidden in every output."""
    command = '["-p${ROOT_PASSWORD:-m4rked-value}", "--token=${TOKEN:-m4rked-too}"]'
    url = "https://${DOMAIN:-localhost}"
    grafana = f"grafana: {{extra_env: {{GF_SERVER_ROOT_URL: '{url}'}}}}"
    text = f"{HEAD}{grafana}\ncontainers: {{a: {{image: b, command: {command}}}}}\n"
    (tmp_path / "stack.yml").write_text(text)
    stack = read(tmp_path / "stack.yml", {}).stack
    assert stack
    assert {"m4rked-value", "m4rked-too"} <= stack.secrets
    assert not {"-p", "https://", "localhost", "https://localhost"} & stack.secrets
    assert short_secrets(stack) == []


@pytest.mark.parametrize(
    "run",
    [
        "{native: {command: [app, --db-password=m4rked-value]}}",
        "{native: {command: [app, 'http://u:m4rked-value@db/']}}",
        "{native: {command: [app, --db-password, m4rked-value]}}",
        "{docker: {image: x, command: app --token m4rked-value}}",
        "{docker: {image: x, command: [redis-server, --requirepass, m4rked-value]}}",
        "{docker: {image: x, healthcheck: {test: [CMD, redis-cli, -a, m4rked-value, ping]}}}",
        "{docker: {image: x, healthcheck: {test: 'mysqladmin ping -uroot -pm4rked-value'}}}",
        "{docker: {image: x, healthcheck: {test: [CMD, curl, -u, 'admin:m4rked-value', 'http://x/']}}}",
        "{docker: {image: x, healthcheck: {test: [CMD, curl, -H, 'Authorization: Bearer m4rked-value', 'http://x/']}}}",
        "{docker: {image: x, healthcheck: {test: [CMD-SHELL, 'PGPASSWORD=m4rked-value pg_isready']}}}",
        "{docker: {image: x, healthcheck: {test: [CMD, wget, 'http://x/health?token=m4rked-value']}}}",
        "{docker: {image: x, labels: ['homepage.widget.password=m4rked-value']}}",
        "{docker: {image: x, labels: {auth.users: 'admin:$$2y$$05$$m4rked-value'}}}",
        "{docker: {image: x, entrypoint: [sh, -c, 'exec app --db \"host=db password=m4rked-value\"']}}",
        "{docker: {image: x, environment: [OTEL_EXPORTER_OTLP_HEADERS=api-key=m4rked-value]}}",
        "{docker: {image: x, environment: {HOOK: 'https://hooks.slack.com/services/T/m4rked-value'}}}",
        "{docker: {image: x, command: [app, --token=m4rked-value]}}",
        "{docker: {image: x, environment: [A=1, POSTGRES_PASSWORD=m4rked-value]}}",
        "{docker: {image: x, build: {context: ., args: {NPM_TOKEN: m4rked-value}}}}",
    ],
)
def test_secrets_in_commands_and_lists_of_variables_are_hidden(tmp_path: Path, run: str) -> None:
    assert not [what for what, said in shown(tmp_path, f"{HEAD}    run: {run}\n", "") if "m4rked" in said]
    assert not [
        what for what, said in shown(tmp_path, f"{HEAD}    nonsense: 1\n    run: {run}\n", "") if "m4rked" in said
    ]
    stack = read(tmp_path / "stack.yml", {}).stack
    assert stack
    assert bool(secret_arguments(stack)) == ("native" in run)


def test_the_parameter_that_a_relabelling_writes_is_hidden(tmp_path: Path) -> None:
    step = "{target_label: __param_token, replacement: m4rked-value}"
    for extra in ("", "    nonsense: 1\n"):
        said = shown(tmp_path, f"{HEAD}    relabel: [{step}]\n{extra}", "")
        assert not [what for what, text in said if "m4rked" in text]


@pytest.mark.parametrize("word", ["x", "a:", "?a=", "mysql ", "://", "z:\n", "- a\n", '"', "  b\n"])
def test_text_that_is_not_yaml_is_answered_at_once(tmp_path: Path, word: str) -> None:
    (tmp_path / "stack.yml").write_text(f"version: 1\nservices: {{a: {{targets: ['a:1']}}\nz: {word * 200_000}@\n")
    before = time.process_time()
    assert read(tmp_path / "stack.yml", {}).problems
    assert time.process_time() - before < 20


def test_names_of_secrets_in_texts_for_people_are_no_secrets(tmp_path: Path) -> None:
    texts = "{summary: 'Token: expired', description: 'password=hidden'}"
    rule = f"{{alert: A, expr: token_total == 1, annotations: {texts}}}"
    (tmp_path / "stack.yml").write_text(f"{HEAD}rules:\n  - name: g\n    rules: [{rule}]\n")
    stack = read(tmp_path / "stack.yml", {}).stack
    assert stack
    assert not stack.secrets


ADDRESSES = [
    "exporters: {kafka: {brokers: ['u:${X:?SECRET}@x:9092']}}",
    "exporters: {kafka: {brokers: ['u:\"SECRET@x:9092']}}",
    "exporters: {redis: {address: 'redis://u:SECRET'}}",
    "exporters: {blackbox: {probes: {a: {url: 'http://u:a SECRET@host/'}}}}",
    "exporters: {blackbox: {probes: {a: {url: 'http://host/?token=a SECRET&x=1'}}}}",
    "alertmanager: {receivers: {t: {webhook: {url: 'ftp://u:a b SECRET@h/x'}}}}",
    "services: {api: {targets: ['u:a SECRET@host:1']}}",
]


@pytest.mark.parametrize("written", ADDRESSES)
def test_a_broken_address_shows_no_password(tmp_path: Path, written: str) -> None:
    text = "version: 1\nname: shop\n" + written.replace("SECRET", "m4rked-s3cret")
    assert [place for place, seen in shown(tmp_path, text, "x") if "m4rked-s3cret" in seen] == []


@pytest.mark.parametrize("address", ["http://host:9090/x", "http://host:{port}/", "ftp://[::1]:21", "http://host"])
def test_an_address_without_a_password_is_quoted_whole(address: str) -> None:
    assert redaction.as_address(address) == address
