"""Remarks on what was adopted: none of them fails anything."""

from __future__ import annotations

import pytest

from stackctl.adopt.remarks import changed, left_out, moved_secret, unknown_secret
from stackctl.codes import CODES
from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

AT = Position("prometheus.yml", 3, 1)


@pytest.mark.parametrize(
    ("remark", "summary"),
    [
        (left_out("`x`", AT, "It is not known."), "`x` is left out"),
        (changed("`x` is y", AT), "`x` is y"),
        (moved_secret("TOKEN", AT), "a secret in clear text is now `TOKEN` in .env"),
        (unknown_secret("TOKEN", "the server"), "the server does not tell the secret `TOKEN`"),
    ],
    ids=lambda each: each.code if isinstance(each, Diagnostic) else "",
)
def test_remark_is_a_warning_with_a_known_code(remark: Diagnostic, summary: str) -> None:
    assert (remark.status, remark.summary) == ("warn", summary)
    assert remark.code in CODES
