"""`stackctl explain`: what a code means, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    codes: Annotated[
        list[str], typer.Argument(metavar="CODE...", help="Codes, or families of codes: promql.bound, promql.")
    ],
) -> None:
    """Explain codes of diagnostics: what each means, its usual cause, what to do, a bad and a good example.

    Reports show the code of everything they name. Of a family, list the codes.
    """
    from stackctl.codes import CODES, FAMILIES
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import raise_if_any
    from stackctl.manifest.validate import unknown_name
    from stackctl.report import console
    from stackctl.report.explanation import page

    raise_if_any(
        Diagnostic("usage.unknown-name", f"there is no code `{name}`", remedy=unknown_name(name, CODES, "Codes"))
        for name in codes
        if name not in CODES and name not in FAMILIES
    )
    console.document("\n".join(page(name) if name in CODES else _family(name) for name in codes))


def _family(name: str) -> str:
    from stackctl.codes import CODES, FAMILIES

    listed = [f"- `{code}`: {meaning}" for code, meaning in CODES.items() if code.startswith(f"{name}.")]
    return "\n".join([f"# {FAMILIES[name]}", "", *listed, ""])
