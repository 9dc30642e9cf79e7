"""Arguments of containers, as Kubernetes reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackctl.export.kubernetes.arguments import hidden, literal
from tests.unit.export.manifests import services_in


def test_a_reference_of_kubernetes_is_escaped() -> None:
    assert literal("--a=$(B) $C") == "--a=$$(B) $C"


def test_a_secret_argument_becomes_a_variable(tmp_path: Path) -> None:
    stack = replace(services_in(tmp_path, "{api: {targets: ['a:1']}}"), secrets=frozenset({"hunter22"}))
    shown, variables = hidden(["--plain=$(A)", "--login=me:hunter22"], stack)
    assert shown == ["--plain=$$(A)", "$(STACKCTL_ARGUMENT_1)"]
    assert variables == {"STACKCTL_ARGUMENT_1": "--login=me:hunter22"}
    assert hidden(["--other=letmein"], stack, "COMMAND", {"letmein"})[0] == ["$(STACKCTL_COMMAND_0)"]
