"""`thanos` is switched on by its key; only a cluster runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.manifest import load

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['api:8000']}}\n"
CLUSTER = "runtime: kubernetes\nkubernetes: {context: a, namespace: b}\n"


def written(folder: Path, text: str) -> Path:
    (folder / "stack.yml").write_text(HEAD + text)
    return folder / "stack.yml"


@pytest.mark.parametrize("text", ["thanos: {}\n", "thanos:\n"])
def test_key_alone_switches_it_on(tmp_path: Path, text: str) -> None:
    found = load(written(tmp_path, CLUSTER + text)).thanos
    assert found is not None
    assert (found.image, found.replicas, found.origin.line) == (c.THANOS_IMAGE, 1, 6)
    assert load(written(tmp_path, CLUSTER)).thanos is None


@pytest.mark.parametrize("runtime", ["", "runtime: external\nexternal: {prometheus: 'http://p:9090'}\n"])
def test_without_a_cluster_it_is_refused(tmp_path: Path, runtime: str) -> None:
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, f"{runtime}thanos: {{}}\n"))
    assert "thanos: only a cluster runs Thanos" in str(caught.value)
