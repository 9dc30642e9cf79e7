"""A context is used as kubectl uses it, and refused where the server would not be verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.cluster.kubeconfig import access
from stackctl.errors import InputError
from stackctl.model import Kubernetes
from stackctl.source import Position
from tests.contract.api_server import kubeconfig

PLACE = Kubernetes("test", "shop", Position("stack.yml", 3, 1))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def write(path: Path, **cluster: Any) -> None:
    path.write_text(json.dumps(kubeconfig("https://127.0.0.1:9", **cluster)))


def test_context_gives_the_server_and_the_login(config: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("a certificate")
    write(config, **{"certificate-authority": str(tmp_path / "ca.crt"), "tls-server-name": "kubernetes"})
    found = access(PLACE)
    assert (found.url, found.token, found.ca) == ("https://127.0.0.1:9", "s3cret-9", "a certificate")
    assert "s3cret-9" not in repr(found)


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"insecure-skip-tls-verify": True}, "does not verify the certificate"),
        ({"proxy-url": "http://127.0.0.1:9"}, "leads through a proxy"),
    ],
)
def test_context_that_is_not_safe_is_refused(config: Path, cluster: dict[str, Any], said: str) -> None:
    write(config, **cluster)
    with pytest.raises(InputError, match=said):
        access(PLACE)


def test_context_that_is_not_there_is_an_error_at_its_place(config: Path) -> None:
    write(config)
    with pytest.raises(InputError) as caught:
        access(Kubernetes("other", "shop", PLACE.origin))
    assert caught.value.problems[0].code == "cluster.context"
    assert caught.value.problems[0].position == PLACE.origin


def test_kubeconfig_that_cannot_be_read_is_an_error(config: Path) -> None:
    config.write_text("{")
    with pytest.raises(InputError, match="cannot be used"):
        access(PLACE)
