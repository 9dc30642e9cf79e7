"""Values that Grafana expands after it has read its provisioning files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from stackctl.conventions import DOLLAR_VARIABLE
from stackctl.model import Login
from stackctl.render import render
from stackctl.render.expansion import escaped, protected
from stackctl.render.write import write
from stackctl.source import Secret
from tests.e2e.grafana_stand_in import expand, expand_all
from tests.unit.render.stacks import dashboard, grafana, prometheus, stack

ENVIRON = {DOLLAR_VARIABLE: "$", "HOME": "/root", "x": "X"}
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
DOLLARS = st.lists(st.sampled_from(["$", "{", "}", "x", "__file", "HOME", " ", "a", "$$"]), min_size=1).map("".join)


def test_the_stand_in_expands_as_grafana_does(tmp_path: Path) -> None:
    (tmp_path / "p").write_text(" a$x${HOME}$$b\n")
    environ = {**ENVIRON, "P": f"$__file{{{tmp_path}/p}}"}
    assert expand("${P}", environ) == "aX/rootb"
    assert expand("a$$b $x ${HOME} $__env{x}", environ) == "a$b X /root X"


@given(TEXT | DOLLARS)
@example("a$b")
@example("$$")
@example("${x}$__file{/etc/hostname}")
@example(" $x ")
def test_every_text_survives_in_a_value(text: str) -> None:
    assert expand(escaped(text), ENVIRON) == text


@given(TEXT | DOLLARS)
@example("a$b")
@example("$$")
@example("${x}$__file{/etc/hostname}")
@example(" $x ")
def test_every_text_survives_in_a_file_and_in_a_variable(text: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "p").write_text(protected(text))
        assert expand("${P}", {**ENVIRON, "P": f"$__file{{{folder}/p}}"}) == text
    assert expand("${V}/x", {**ENVIRON, "V": text.replace("$", f"${{{DOLLAR_VARIABLE}}}")}) == f"{text}/x"


@pytest.mark.parametrize("password", ["pa$word", "$$", "${HOME}", " a ", "$__file{/etc/hostname}", "a$", "ä$ö"])
def test_grafana_logs_in_with_every_password(password: str, tmp_path: Path) -> None:
    login = Login("us$er", Secret(password))
    made = stack(prometheus=prometheus(login=login), grafana=grafana(), dashboards=(dashboard(folder="$x"),))
    tree = render(made, "native")
    root = tmp_path / "a$HOME b"
    write(tree, root)
    [unit] = [unit for unit in tree.units if unit.name == "grafana"]
    filled = {"{expanded_tree}": str(root).replace("$", f"${{{DOLLAR_VARIABLE}}}"), "{tree}": str(root)}
    environ = dict(ENVIRON)
    for name, value in unit.env.items():
        for mark, path in filled.items():
            value = value.replace(mark, path)
        environ[name] = value

    def provisioned(path: str) -> Any:
        return expand_all(yaml.safe_load((root / "grafana/provisioning" / path).read_text()), environ)

    [source] = provisioned("datasources/prometheus.yml")["datasources"]
    assert source["basicAuthUser"] == "us$er"
    assert source["secureJsonData"]["basicAuthPassword"] == password
    [provider] = provisioned("dashboards/stackctl.yml")["providers"]
    assert provider["folder"] == "$x"
    assert [path.suffix for path in Path(provider["options"]["path"]).iterdir()] == [".json"]


def test_folders_that_grafana_looks_for_are_there() -> None:
    tree = render(stack(grafana=grafana()), "docker")
    kept = {path for path, file in tree if path.endswith("/.keep") and not file.content}
    assert kept == {f"grafana/provisioning/{name}/.keep" for name in ("alerting", "notifiers", "plugins")}
