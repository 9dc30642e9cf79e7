"""Basic auth and TLS of Prometheus: what is written, who reads it, and what a change of it asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from stackctl import conventions as c
from stackctl.manifest import load, outside
from stackctl.model import Login, Prometheus, Stack
from stackctl.render import render
from stackctl.render.web import PASSWORD_FILE
from stackctl.runtimes.explain_plan import explained
from stackctl.runtimes.plan import make_plan
from stackctl.runtimes.protocol import Observed
from stackctl.source import Secret
from stackctl.tree import Tree, Unit
from tests.golden.cases import stack_of

RUNTIMES = ("docker", "native")
CERTIFICATES = Path(__file__).parents[2] / "certificates"
SALT = b"the stack's own!"


def changed(stack: Stack, **fields: Any) -> Stack:
    return replace(stack, prometheus=replace(stack.prometheus, **fields))


def with_password(stack: Stack, password: str, user: str = "ops") -> Stack:
    return changed(stack, login=Login(user, Secret(password)))


def plain(stack: Stack) -> Stack:
    """The stack without TLS."""
    return changed(stack, tls=None, listen=replace(stack.prometheus.listen, scheme="http"))


def server(tree: Tree) -> Unit:
    return next(unit for unit in tree.units if unit.name == "prometheus")


def hashed(stack: Stack, user: str = "ops") -> str:
    return str(render(stack, "native").yaml(c.WEB_FILE)["basic_auth_users"][user])


@pytest.fixture
def stack() -> Stack:
    return stack_of("auth")


def test_hash_is_of_the_password_and_stays_the_same(stack: Stack) -> None:
    login = stack.prometheus.login
    assert login
    assert bcrypt.checkpw(login.password.reveal().encode(), hashed(stack).encode())
    assert hashed(stack) == hashed(stack_of("auth"))


def test_one_password_has_another_hash_for_another_stack_or_user(stack: Stack) -> None:
    same = with_password(stack, "horse")
    other_user = with_password(stack, "horse", "admin")
    hashes = {hashed(same), hashed(replace(same, name="other")), hashed(other_user, "admin")}
    assert len(hashes) == 3


def test_longest_password_is_hashed_whole(stack: Stack) -> None:
    longest = "ü" * 36  # 72 bytes
    assert bcrypt.checkpw(longest.encode(), hashed(with_password(stack, longest)).encode())


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("salt", [b"", SALT])
def test_secrets_are_in_secret_files_only(stack: Stack, runtime: str, salt: bytes) -> None:
    tree = render(with_password(stack, "right-horse"), runtime, salt=salt)
    key = stack.prometheus.tls.key.reveal() if stack.prometheus.tls else ""
    readable = {path: file.content.decode() for path, file in tree if not file.secret}
    assert not [path for path, text in readable.items() if "right-horse" in text or "$2b$" in text or key in text]
    assert tree.files[PASSWORD_FILE].secret
    assert tree.files[c.WEB_FILE].secret


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("change", [lambda stack: stack, plain], ids=["tls", "plain"])
def test_another_password_asks_for_a_reload_only(stack: Stack, runtime: str, change: Any) -> None:
    one, two = (render(change(with_password(stack, password)), runtime, salt=SALT) for password in ("one", "two"))
    assert server(one).spec == server(two).spec
    assert server(one).reads != server(two).reads
    units = [(unit.name, unit.spec) for unit in one.units]
    assert units == [(unit.name, unit.spec) for unit in two.units], "Grafana is told, not restarted"


def test_changed_password_changes_the_name_of_its_file(stack: Stack) -> None:
    """Prometheus reads the file of a scrape once, until the scrape's configuration changes."""
    names = []
    for password in ("one", "two"):
        tree = render(with_password(stack, password), "native", salt=SALT)
        job = tree.yaml("prometheus/prometheus.yml")["scrape_configs"][0]
        names.append(job["basic_auth"]["password_file"])
        assert tree.files[names[-1].removeprefix("../")].content == password.encode()
    assert names[0] != names[1]


def test_plain_tree_does_not_help_to_guess_passwords(stack: Stack) -> None:
    one, two = (render(with_password(stack, password), "docker") for password in ("one", "two"))
    readable = [{path: file for path, file in tree if not file.secret} for tree in (one, two)]
    assert readable[0] == readable[1]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (lambda stack: stack, plain, "scheme"),
        (lambda stack: changed(plain(stack), login=None), plain, "flags"),
    ],
    ids=["no more TLS", "a login"],
)
def test_turning_auth_on_or_off_requires_a_restart(
    stack: Stack, runtime: str, before: Any, after: Any, word: str
) -> None:
    old, new = render(before(stack), runtime, salt=SALT), render(after(stack), runtime, salt=SALT)
    seen = [Observed(unit.name, "running", unit.spec, unit.image) for unit in old.units]
    plan = make_plan(new.units, new.units, seen, loaded=old.loaded())
    steps = {step.unit: step for step in explained(plan, old, new).steps}
    assert steps["prometheus"].action == "replace"
    assert word in steps["prometheus"].cause


def test_a_stack_without_auth_knows_nothing_of_it() -> None:
    for runtime in RUNTIMES:
        tree = render(stack_of("smallest"), runtime, salt=SALT)
        assert not [path for path in tree.files if "web" in path or "client" in path]
        assert not any("web.config" in argument for argument in server(tree).command)
        assert (server(tree).user, server(tree).server_name) == ("", "")


def test_a_certificate_for_any_host_is_asked_for_by_one(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {a: {targets: ['a:1']}}\nprometheus:\n  auth:\n"
        f"    tls: {{cert_file: {CERTIFICATES}/renewed.crt, key_file: {CERTIFICATES}/renewed.key, "
        f"ca_file: {CERTIFICATES}/renewed.crt}}\n"
    )
    with outside.allowed():
        prometheus: Prometheus = load(tmp_path / "stack.yml", {}).prometheus
    assert prometheus.tls
    assert (prometheus.tls.server_name, prometheus.listen.url) == ("prometheus.renewed.test", "https://127.0.0.1:9090")
    assert prometheus.login is None
