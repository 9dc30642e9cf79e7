"""All that can be known to be wrong with a manifest without starting anything: for `check`, and for `render`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.operations.checked import Checked

if TYPE_CHECKING:
    from stackctl.diagnostic import Diagnostic
    from stackctl.manifest import Files, Reading
    from stackctl.model import Stack, Waiver
    from stackctl.runtimes.checkers import Texts

# Sections of the manifest that say which series there are.
_SERVING = frozenset({"services", "exporters", "prometheus", "packs", "pushgateway"})


def check_manifest(manifest: Path, ignored: Sequence[Waiver] = ()) -> Checked:
    """The stack of the manifest, when nothing is wrong with it but what the manifest or `ignored` accepts.

    Raises InputError, CheckFailed or Unavailable with all that is wrong, of every layer: of a manifest with mistakes,
    what is left without them is checked too.
    """
    from stackctl.manifest import read

    return _checked(read(manifest), ignored)


def check_files(files: Files, manifest: Path | None, ignored: Sequence[Waiver] = ()) -> Checked:
    """Check rule files and dashboards as if the manifest named them; without one, with what can be known then.

    Raises InputError, CheckFailed or Unavailable with all that is wrong, with the manifest too.
    """
    return _checked(_read_files(files, manifest), ignored, files)


def read_stack(files: Files, manifest: Path | None, ignored: Sequence[Waiver] = ()) -> Stack:
    """Return the stack of the manifest, with some files as if it named them. Raises InputError."""
    from stackctl.errors import raise_if_any

    reading = _read_files(files, manifest)
    raise_if_any(reading.problems)
    assert reading.stack  # noqa: S101 - without problems there is one
    return _accepting(reading.stack, ignored)


def _read_files(files: Files, manifest: Path | None) -> Reading:
    from contextlib import nullcontext

    from stackctl.manifest import outside, read_files

    # Who names a file on the command line may read it; a manifest may name others.
    with nullcontext() if manifest else outside.allowed():
        return read_files(files, manifest)


def _checked(reading: Reading, ignored: Sequence[Waiver], about: Files | None = None) -> Checked:
    """Return what was checked. An error also carries the warnings, those about some files only if these are named."""
    from stackctl.diagnostic import in_order
    from stackctl.errors import InputError
    from stackctl.operations.checker_errors import error_of

    reading = replace(reading, stack=_accepting(reading.stack, ignored) if reading.stack else None)
    if reading.problems:
        raise InputError(*in_order([*reading.problems, *_of_the_rest(reading)]))
    assert reading.stack  # noqa: S101 - without problems there is one
    checked, problems = _check(reading.stack)
    if problems:
        told = {(each.family, each.position) for each in problems}
        warnings = [each for each in _warnings(checked, about) if (each.family, each.position) not in told]
        raise type(error_of(problems))(*in_order([*problems, *warnings]))
    return checked


def _warnings(checked: Checked, about: Files | None) -> list[Diagnostic]:
    from stackctl.operations.findings import findings, findings_about

    found = findings_about(checked, about) if about else findings(checked)
    return [each for each in found if each.status == "warn"]


def load_or_report(manifest: Path, ignored: Sequence[Waiver] = ()) -> Stack:
    """The stack of the manifest, which accepts what is `ignored` too. Raises InputError with all that is wrong, also
    with what only checkers find, when it cannot be read."""
    from stackctl.errors import InputError
    from stackctl.manifest import load

    try:
        return _accepting(load(manifest), ignored)
    except InputError:
        check_manifest(manifest, ignored)
        raise


def _accepting(stack: Stack, ignored: Sequence[Waiver]) -> Stack:
    return replace(stack, waivers=(*stack.waivers, *ignored))


def _check(stack: Stack) -> tuple[Checked, list[Diagnostic]]:
    """Return what was checked of a stack, and everything that is wrong with it."""
    from tempfile import TemporaryDirectory

    from stackctl.manifest.queries import review_queries
    from stackctl.operations.checker_errors import refused
    from stackctl.render import render
    from stackctl.render.write import write
    from stackctl.runtimes.docker.compose_file import CONFIG, has_config
    from stackctl.runtimes.native.local_checker import Local
    from stackctl.runtimes.validation import Refusal, validate_for_releases
    from stackctl.source import Secret

    left_out: list[str] = []

    def validate(texts: Texts) -> list[Refusal]:
        partly = validate_for_releases(path, texts, run)
        left_out.extend(partly.left_out)
        return partly.refusals

    review = review_queries(stack)
    tree = render(stack, c.NATIVE, {c.GRAFANA_ADMIN_PASSWORD: Secret("only-checked")})
    with TemporaryDirectory(prefix="stackctl-check-") as folder:
        path = Path(folder)
        write(tree, path)
        run = Local(path)
        problems = refused(stack, tree, stack.root, validate, review)
    unchecked = {CONFIG} if stack.compose_fields and not has_config() else set()
    return Checked(stack, review, tuple(sorted({*run.missing, *unchecked})), tuple(left_out)), problems


def _of_the_rest(reading: Reading) -> list[Diagnostic]:
    """Report errors in the readable part of a manifest that do not come from the other part."""
    from stackctl.errors import InputError
    from stackctl.manifest.queries import Review

    stack = reading.stack
    if stack is None:
        return []
    try:
        checked, problems = _check(stack)
        review = checked.review
    except InputError as error:  # what cannot be rendered is no obstacle to the rest of the problems
        review, problems = Review((), ()), [*error.problems]
    # What nobody serves may be served by what could not be read.
    is_unsure = reading.gone.sections & _SERVING or any(_may_be_contract(each, stack) for each in reading.problems)
    unsure = frozenset(review.errors) if is_unsure else frozenset()
    told = {problem.position for problem in reading.problems}
    return [
        problem
        for problem in reading.gone.independent(problems)
        if problem.position and problem.position not in told and problem not in unsure
    ]


def _may_be_contract(problem: Diagnostic, stack: Stack) -> bool:
    """Return whether a problem is in a file that is neither the manifest nor known to hold rules or a dashboard."""
    if problem.position is None:
        return False
    known = {stack.origin.file, *(file.source for file in stack.rules), *(each.path for each in stack.dashboards)}
    return problem.position.file not in known
