"""What CI systems read: JUnit as its schema has it, and places from the root of the repository."""

from __future__ import annotations

from stackctl.report import github
from stackctl.source import Position
from tests.unit.report.reports import CI_REPORT, REPORT


def test_escapes_a_property() -> None:
    line = github.command("warning", Position("a,b:c%.yml", 2, 3), "x:1, y%\r\n", "100%: a,b\r\nc")
    assert line == ("::warning file=a%2Cb%3Ac%25.yml,line=2,col=3,title=x%3A1%2C y%25%0D%0A::100%25: a,b%0D%0Ac")


def test_a_warning_is_annotated_as_one() -> None:
    (line,) = (line for line in github.render(CI_REPORT).splitlines() if line.startswith("::warning"))
    assert line == "::warning file=stack.yml,line=1,col=1,title=stack.generation shop::older%0AReload."


def test_annotates_the_line_and_escapes_the_message() -> None:
    lines = github.render(REPORT).splitlines()
    assert lines[0] == (
        "::error file=stack.yml,line=5,col=15,title=target.up api/localhost%3A8000::"
        "down: 100%25, a%0Ab%0Aconnection <refused>\x00%0AStart it."
    )
    assert lines[1].startswith("::notice title=grafana.health grafana::is not running")
    assert lines[2] == "1 pass, 1 fail, 0 warn, 1 skip"
