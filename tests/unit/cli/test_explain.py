"""`stackctl explain` prints the pages of codes."""

from __future__ import annotations

import pytest

from stackctl.cli.main import main
from stackctl.codes import CODES
from stackctl.report.explanation import page


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "promql.bound", "yaml.tag"]) == 0
    assert capsys.readouterr().out == page("promql.bound") + "\n" + page("yaml.tag")


def test_explain_lists_the_codes_of_a_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ignore"]) == 0
    assert f"- `ignore.expired`: {CODES['ignore.expired']}" in capsys.readouterr().out


def test_explain_names_the_code_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "promql.bond"]) == 2
    assert "Did you mean `promql.bound`?" in capsys.readouterr().err
