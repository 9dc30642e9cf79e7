"""A running stack next to its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.errors import InputError, Unavailable
from stackctl.operations.session import Session, kept_secrets
from stackctl.runtimes.http import Answer
from stackctl.state import Running, State
from tests.unit.operations.pretended import Pretended, live

SHOP = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"


@pytest.fixture
def running(manifest: Path, state: State, runtime: Pretended) -> Path:
    manifest.write_text(SHOP)
    state.record(Running("native", live(state).id))
    return manifest


def test_manifest_is_rendered_for_the_runtime_that_runs(running: Path) -> None:
    session = Session.open(running)
    assert (session.stack.name, session.tree.runtime) == ("shop", "native")
    assert b"127.0.0.1:8000" in session.tree.files[c.PROMETHEUS_FILE].content


def test_generation_is_fresh_only_the_first_time(running: Path) -> None:
    first = Session.open(running).target()
    assert first.fresh
    assert not Session.open(running).target().fresh
    assert Session.open(running).current.id != first.id


def test_wrong_manifest_is_reported_before_a_stack_that_does_not_run(manifest: Path, runtime: Pretended) -> None:
    manifest.write_text(SHOP + "grafna: {}\n")
    with pytest.raises(InputError):
        Session.open(manifest)
    manifest.write_text(SHOP)
    with pytest.raises(Unavailable, match="the stack `shop` is not running"):
        Session.open(manifest)


def test_page_that_does_not_answer_is_no_answer(running: Path, runtime: Pretended) -> None:
    answers: dict[str, Any] = {"http://a/": Answer(503, "busy"), "http://b/": Answer(0, "connection refused")}
    runtime.fetch = answers.__getitem__  # type: ignore[attr-defined]
    session = Session.open(running)
    found = session.fetch("http://a/")
    assert (found.status, found.text) == (503, "busy")
    with pytest.raises(NoAnswer, match="http://b/ does not answer: connection refused"):
        session.fetch("http://b/")


def test_only_a_password_that_was_made_is_kept(state: State) -> None:
    assert kept_secrets(state) == {}
    with state.lock():
        made = state.generated_secret(c.GRAFANA_ADMIN_PASSWORD)
    assert kept_secrets(state) == {c.GRAFANA_ADMIN_PASSWORD: made}
