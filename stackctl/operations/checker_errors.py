"""Errors in a stack that are known before any server loads it: one code for `check`, `up` and `reload`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, InputError, StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack, Waiver
    from stackctl.runtimes.checkers import Texts
    from stackctl.runtimes.docker.compose_file import BadCompose
    from stackctl.runtimes.validation import BadTemplate, Refusal
    from stackctl.source import Position
    from stackctl.tree import Tree

# Keys of a component's container -> those of the manifest that give them.
_COMPONENT_KEYS: dict[tuple[str | int, ...], tuple[str, ...]] = {
    ("mem_limit",): ("resources", "memory"),
    ("cpus",): ("resources", "cpus"),
    ("environment",): ("extra_env",),
}


def refused(
    stack: Stack | None,
    tree: Tree,
    root: Path,
    validate: Callable[[Texts], Iterable[Refusal]],
    review: Review | None = None,
) -> list[Diagnostic]:
    """All that is wrong, at the lines of what the user wrote: what expressions cannot mean, what Compose does not take,
    and what the servers' own checkers find, by `validate`. Without a `stack`, where only the `tree` is known, the
    latter two. A `review` of its expressions that was made already is not made again. `root` is the manifest's folder.
    """
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.operations.texts import texts
    from stackctl.runtimes.docker.compose_file import compose_refusals

    with ThreadPoolExecutor(2) as pool:
        checking = pool.submit(validate, texts(stack))
        composing = pool.submit(compose_refusals, _compose_file(stack, tree), root)
        expressions = _expressions(stack, review)
        found = [*composing.result(), *checking.result()]
    return [*expressions, *placed(found, stack)]


def error_of(problems: Collection[Diagnostic], remedy: str = "") -> StackctlError:
    """The error of a stack that is refused: Unavailable when all that is wrong is a checker that cannot be used.

    With a `remedy` it also says that nothing was changed.
    """
    from stackctl.program import UNUSABLE

    kind = Unavailable if all(each.code == UNUSABLE for each in problems) else CheckFailed
    return kind(*problems, *([Diagnostic("stack.unchanged", "nothing was changed", remedy=remedy)] if remedy else ()))


def _expressions(stack: Stack | None, review: Review | None) -> Collection[Diagnostic]:
    if stack is None:
        return ()
    from stackctl.manifest.queries import review_queries

    errors = accept((review or review_queries(stack)).errors, stack.waivers)
    return [*unknown_checks(stack.waivers), *(each for each in errors if each.status == "fail")]


def accept(found: Iterable[Diagnostic], waivers: Sequence[Waiver]) -> list[Diagnostic]:
    """Return the diagnostics, those that the manifest accepts as skips with their reason."""
    from datetime import date

    from stackctl.verification.waivers import waive

    return waive(found, waivers, date.today())


def unknown_checks(waivers: Sequence[Waiver]) -> list[Diagnostic]:
    """Return a problem for each exception in `ignore` that would never apply: no check has that code."""
    return [
        replace(problem, code="ignore.unknown-check", summary=f"ignore: {problem.summary}", position=each.origin)
        for each in waivers
        if (problem := _not_of_rules(each.check) if each.place else _not_ignorable(each.check))
    ]


def unused_in_check(waivers: Sequence[Waiver], found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return a warning for each comment in a rule file that accepts what `check` has not `found`."""
    at_rules = [each for each in waivers if each.place]
    if not at_rules:
        return []  # and no reason to load all checks
    from stackctl.checks.registry import IDS
    from stackctl.verification.waivers import unused

    return unused((each for each in at_rules if each.check not in IDS), found)


def unused_in_verification(waivers: Sequence[Waiver], found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return a warning for each comment in a rule file that accepts a check which its rule has passed."""
    from stackctl.verification.waivers import unused

    passed = {(each.code, each.position) for each in found if each.status == "pass"}
    return unused((each for each in waivers if each.place and (each.check, each.place) in passed), ())


def ignored_by_option(given: Iterable[str]) -> tuple[Waiver, ...]:
    """Return the exceptions of `--ignore`, whose values are codes or families, with commas between them.

    Raises InputError for what cannot be ignored.
    """
    from stackctl.operations.selection import listed

    names = listed(given)
    if not names:
        return ()
    from stackctl.model import Waiver

    problems = [problem for name in names if (problem := _not_ignorable(name))]
    if problems:
        raise InputError(*(replace(each, summary=f"--ignore: {each.summary}") for each in problems))
    return tuple(Waiver(name, "*", "--ignore", None, None) for name in names)


def _not_of_rules(code: str) -> Diagnostic | None:
    """Return why a comment at a rule cannot accept this code, with those that are near; None if it can."""
    from stackctl.codes import ABOUT_RULES, CODES
    from stackctl.manifest.validate import unknown_name

    if code in ABOUT_RULES:
        return None
    wrong = "cannot be ignored at a rule" if code in CODES else "is not a code"
    return Diagnostic("usage.option", f"`{code}` {wrong}", remedy=unknown_name(code, sorted(ABOUT_RULES), "Codes"))


def _not_ignorable(name: str) -> Diagnostic | None:
    """Return why no exception can name this code or family, with those that are near; None if one can."""
    from stackctl.checks.registry import IDS
    from stackctl.codes import CODES, FAMILIES, IGNORABLE
    from stackctl.manifest.validate import unknown_name

    known = (*IDS, *sorted(IGNORABLE))
    if name in known or name in {code.partition(".")[0] for code in known}:
        return None
    remedy = unknown_name(name, known, "Checks")
    if name in CODES or name in FAMILIES:
        return Diagnostic("usage.option", f"`{name}` cannot be ignored", remedy=remedy)
    return Diagnostic("usage.unknown-name", f"there is no check `{name}`", remedy=remedy)


def _compose_file(stack: Stack | None, tree: Tree) -> bytes:
    """The Compose file of a stack, also of one that runs natively here; b"" where it is not known."""
    if c.COMPOSE_FILE not in tree.files and stack is not None:
        from stackctl.render import render
        from stackctl.source import Secret

        tree = render(stack, c.DOCKER, {c.GRAFANA_ADMIN_PASSWORD: Secret("only-checked")})
    return tree.files[c.COMPOSE_FILE].content if c.COMPOSE_FILE in tree.files else b""


def placed(refusals: Iterable[Refusal], stack: Stack | None) -> list[Diagnostic]:
    """The refusals as problems; at the places of what they are about, when the `stack` that was rendered is known."""
    from stackctl.runtimes.docker.compose_file import BadCompose
    from stackctl.runtimes.validation import BadSetting, BadTemplate, UnknownField

    problems = []
    for each in refusals:
        if isinstance(each, BadTemplate):
            problems.append(each.at(_origin(each, stack)))
        elif isinstance(each, BadSetting):
            problems.append(each.at(_setting(each.words, stack)))
        elif isinstance(each, BadCompose):
            problems.append(_in_manifest(each, stack))
        elif isinstance(each, UnknownField):
            problems.append(each.at(stack.places.find_key(each.name) if stack else None))
        else:
            problems.append(each)
    return problems


def _in_manifest(bad: BadCompose, stack: Stack | None) -> Diagnostic:
    """Return Compose's refusals, at the places of the manifest that they were rendered from."""
    match bad.path:
        case ("services", name, *rest) if stack is not None:
            pass
        case _:
            return bad.at(None)
    if any(container.name == name for container in stack.containers):
        path = ("containers", str(name), *rest)
    elif name in stack.composed:
        path = ("services", str(name), "run", "docker", *rest)
    else:
        component = next((each.name for each in registry.running() if each.service == name), str(name))
        path = (*_section(component, stack), *_of_component(component, tuple(map(str, rest)), stack))
    shown = ".".join(map(str, path[:-1] if bad.key else path))
    # Compose's own words name no place in a service, but the value.
    said = stack.places.find(bad.words, path) if not rest else None
    return bad.at(said or stack.places.position(path, key=bad.key), shown)


def _of_component(component: str, rest: tuple[str, ...], stack: Stack) -> tuple[str, ...]:
    """Return the place in a component's section of what is in its container at `rest`."""
    written = next((each.docker for each in stack.components if each.name == component), {})
    return ("docker", *rest) if rest and rest[0] in written else _COMPONENT_KEYS.get(rest[:1], rest)


def _section(component: str, stack: Stack) -> tuple[str, ...]:
    return ("exporters", component) if any(each.name == component for each in stack.exporters) else (component,)


def _origin(template: BadTemplate, stack: Stack | None) -> Position | None:
    files = [file for file in stack.rules if c.RULES_FOLDER + file.path == template.file] if stack else []
    rules = [rule for file in files for rule in file.rules if rule.group == template.group]
    return rules[template.index].place(template.part, template.key) if template.index < len(rules) else None


def _setting(words: str, stack: Stack | None) -> Position | None:
    if stack is None or stack.alertmanager is None:
        return None
    return stack.places.find(words, (c.ALERTMANAGER,)) or stack.alertmanager.origin
