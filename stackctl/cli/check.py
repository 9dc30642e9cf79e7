"""`stackctl check`: what can be known to be wrong without starting anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format, Severity
from stackctl.conventions import MANIFEST
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, StackctlError

if TYPE_CHECKING:
    from stackctl.manifest import Files
    from stackctl.model import Stack, Waiver
    from stackctl.operations.baseline import Baseline


# So many suggestions are shown, unless they were selected: nearly each foreign dashboard has some.
_ADVICE_SHOWN = 3


def check(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|FOLDER]...", help="Rule files and dashboards to check, instead of the whole manifest."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Check every manifest next to this one: stack.yml, stack.prod.yml, ...")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Correct expressions in their files, where it is certain what is meant.")
    ] = False,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="Only show what --fix would change; exit code 1 if it would."),
    ] = False,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="Least severity with which the exit code is 1.")
    ] = Severity.error,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODE,...", help="Only warnings with these codes or families; repeatable."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Only warnings that are not in FILE, which knows the old ones."
        ),
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write the warnings that there are to the file of --baseline.")
    ] = False,
    output: Output = Format.text,
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Check the manifest and every file it names, offline.

    With files or folders, warnings and corrections are about these only: rule files and dashboards. Where there is a
    manifest, it has to be without errors, and its contracts say which series there are, also for files that it does
    not name; without one, files are checked with what is known.

    Expressions are held against the contracts: what nobody serves, what no series can match, what means something else.
    promtool and amtool check what would be rendered, and expand the templates of alerts and receivers, where `stackctl
    tools` has them. So does Compose, by its schema, and by `docker compose config` where there is one.

    What no rule and no dashboard reads is reported with `--select contract.unused,rule.unused`.

    Errors are always reported, whatever is selected or known. Exits 1 on them, 2 where the manifest cannot be read.
    """
    from stackctl.cli.reports import report
    from stackctl.operations.baseline import is_known, without, write
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.named_files import find_files, manifests_of
    from stackctl.operations.selection import chosen
    from stackctl.operations.selection import select as select_some
    from stackctl.report import console

    names = chosen(select or (), "--select")
    before = _baseline(baseline, names, is_written=write_baseline)
    manifest, ignored = options(context).manifest, ignored_by_option(ignore or ())
    # With files, the default manifest need not be there; one that was named has to be.
    known = None if files and manifest == Path(MANIFEST) and not manifest.exists() else manifest
    named = find_files(files, known.parent if known else Path()) if files else None
    if every and (named or fix or diff):
        remedy = "Leave out --all, or name no files, and correct one manifest at a time."
        raise InputError.of("usage.conflict", "--all checks whole manifests, and only that", remedy=remedy)
    if fix or diff:
        _fix(known, named, ignored, only_show=diff)
        if diff:
            return
    try:
        if named:
            results = [_of_files(named, known, ignored, names)]
        else:
            results = _of_manifests(manifests_of(manifest) if every else [manifest], ignored, names)
    except StackctlError as error:
        shown, _ = without(select_some(error.problems, names), before)
        raise type(error)(*(each for each in shown if not is_known(each))) from None
    found = [each for one in results for each in one.found]
    if every:  # what several manifests include is found in each of them
        found = list({(each.code, each.subject, str(each)): each for each in found}.values())
    if write_baseline and baseline:
        before = write(baseline, found)
        console.note(f"{console.mark('pass')} written to {baseline}: {_counted({'finding': before.count}) or 'none'}")
    found, gone = without(select_some(found, names), before)
    is_strict = fail_on is Severity.warning
    if output is Format.text:
        described = f"\n{console.mark('pass')} ".join(each.described for each in results)
        _print([each for each in found if not is_known(each)], described, is_selected=bool(names))
        if gone and not names and not named:
            console.note(
                f"no longer found: {_counted({'finding': gone})} of the baseline; --write-baseline removes them"
            )
    else:
        report(options(context), found, ", ".join(each.stack for each in results), is_strict=is_strict)
    if is_strict and any(each.status == "warn" for each in found):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Result:
    """The findings about a manifest or files without errors, what was checked in words, and the stack's name."""

    found: list[Diagnostic]
    described: str
    stack: str


def _of_files(files: Files, manifest: Path | None, ignored: Sequence[Waiver], asked: Sequence[str]) -> _Result:
    from stackctl.operations.checking import check_files
    from stackctl.operations.findings import findings_about

    checked = check_files(files, manifest, ignored)
    return _Result(findings_about(checked, files, asked), _described_files(checked.stack, files), checked.stack.name)


def _of_manifests(manifests: Sequence[Path], ignored: Sequence[Waiver], asked: Sequence[str]) -> list[_Result]:
    """Check each of the manifests. Raises one error with what is wrong with any of them."""
    from stackctl.operations.checking import check_manifest
    from stackctl.operations.findings import findings

    results, errors = [], []
    for manifest in manifests:
        try:
            checked = check_manifest(manifest, ignored)
            results.append(_Result(findings(checked, asked), _described(checked.stack), checked.stack.name))
        except StackctlError as error:
            errors.append(error)
    if errors:
        worst = max(errors, key=lambda error: error.exit_code)
        raise type(worst)(*dict.fromkeys(problem for error in errors for problem in error.problems))
    return results


def _baseline(path: Path | None, names: Sequence[str], *, is_written: bool) -> Baseline | None:
    """Return the baseline at `path`, None where there is none yet. Raises InputError for options that do not fit."""
    from stackctl.operations.baseline import read

    if is_written and path is None:
        raise InputError.of("usage.option", "--write-baseline needs --baseline", remedy="Add --baseline FILE.")
    if is_written and names:
        remedy = "Leave out --select: the baseline would lose the other warnings."
        raise InputError.of("usage.conflict", "--select and --write-baseline cannot be used together", remedy=remedy)
    return None if path is None or is_written else read(path)


def _fix(manifest: Path | None, named: Files | None, ignored: Sequence[Waiver], *, only_show: bool) -> None:
    """Correct expressions and report the files, or only show the changes and raise Exit when there are some.

    With `named`, no other files are changed.
    """
    from stackctl.manifest import Files
    from stackctl.operations.checking import read_stack
    from stackctl.operations.fixing import corrections, fix
    from stackctl.report import console

    def stack() -> Stack:
        return read_stack(named or Files(), manifest, ignored)

    if only_show:
        changes = corrections(manifest, stack(), named)
        for each in changes:
            console.out(each.diff)
        if changes:
            raise typer.Exit(1)
        return
    for each in fix(manifest, stack, named):
        console.note(f"{console.mark('pass')} corrected {each.shown}")


def _print(found: Sequence[Diagnostic], described: str, *, is_selected: bool) -> None:
    """Print the results for people. How a dashboard is drawn is in part a matter of taste: never a warning."""
    from stackctl.report import console

    for each in (each for each in found if each.status == "skip"):
        console.note(f"{console.mark('skip')} {each}")
    advice = [each for each in found if each.status == "info"]
    shown = len(advice) if is_selected else _ADVICE_SHOWN
    for each in advice[:shown]:
        console.note(f"{console.mark('skip')} {each}\n")
    if len(advice) > shown:
        more = _counted({"more suggestion": len(advice) - shown})
        console.note(f"{console.mark('skip')} {more}: `stackctl check --output json` lists them all\n")
    for each in (each for each in found if each.status == "warn"):
        console.out(f"{console.mark('warn')} {each}\n")
    console.out(f"{console.mark('pass')} {described}")


def _described(stack: Stack) -> str:
    targets = sum(len(service.targets) for service in stack.services)
    rules = sum(len(file.rules) for file in stack.rules)
    counts = {"component": len(stack.components), "service": len(stack.services), "target": targets, "rule": rules}
    return f"{stack.name}: {_counted({**counts, 'dashboard': len(stack.dashboards)})}"


def _described_files(stack: Stack, files: Files) -> str:
    """Return how many files were checked, and what is in them."""
    rules = sum(len(file.rules) for file in stack.rules if file.source and files.has(file.source))
    inside = _counted({"rule": rules, "dashboard": len(files.dashboards)})
    return f"{_counted({'file': len(files.rules) + len(files.dashboards)})}: {inside or 'no rules'}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count)
