"""`stackctl down`: what it says of what was stopped, and of what it left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.operations.down import TakenDown


@pytest.mark.parametrize(
    ("arguments", "done", "shown"),
    [
        ([], TakenDown(("prometheus", "grafana")), ["stopped prometheus", "stopped grafana"]),
        ([], TakenDown(()), ["nothing was running"]),
        (["--volumes"], TakenDown(("prometheus",)), ["stopped prometheus", "removed the data"]),
        (
            [],
            TakenDown((), (Path("/srv/shop"),)),
            ["nothing was running", "! the stack of this name in /srv/shop is left alone"],
        ),
        (
            ["--volumes"],
            TakenDown(("prometheus",), (), ("shop_a", "shop_b")),
            [
                "stopped prometheus",
                "removed the data",
                "! Docker keeps volumes of this name: shop_a, shop_b",
                "  If you do not need what is in them: docker volume rm shop_a shop_b",
            ],
        ),
    ],
)
def test_down_says_what_was_stopped_and_what_is_left(
    arguments: list[str],
    done: TakenDown,
    shown: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[bool] = []

    def take_down(_: Path, __: object, *, volumes: bool) -> TakenDown:
        asked.append(volumes)
        return done

    monkeypatch.setattr("stackctl.operations.down.take_down", take_down)
    assert main(["down", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == shown
    assert asked == [bool(arguments)]


def test_down_takes_no_name_of_a_component(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.operations.down.take_down", lambda *_, **__: pytest.fail("nothing is stopped"))
    assert main(["down", "grafana"]) == 2
