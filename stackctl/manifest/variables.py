"""`${NAME}` and `${NAME:-default}`, from the environment and from the `.env` file next to the manifest."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Mapping

from stackctl import conventions
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import outside, reads
from stackctl.manifest.document import Path
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_text

# `$${` is a literal `${`. Anything else with a dollar is left alone: `$1` in relabelling, `$value` in templates.
_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def read_variables(
    folder: pathlib.Path, environ: Mapping[str, str], problems: Problems, notes: Problems
) -> dict[str, str] | None:
    """Return the variables of `.env` in `folder`, if there is one, and over them those of the environment.

    None if `.env` cannot be read, with what is wrong added to `problems`. What may not be meant is added to `notes`.
    """
    path = folder / conventions.ENV_FILE
    reads.note(path)
    if not path.exists() and not path.is_symlink():
        return dict(environ)
    if refused := outside.refusal(folder, conventions.ENV_FILE, None):
        problems.add(refused)
        return None
    text = read_text(path, conventions.ENV_FILE, problems)
    if text is None:
        return None
    from stackctl.manifest.env_file import read_env

    values = read_env(text, conventions.ENV_FILE, environ, problems, notes)
    return None if values is None else {**values, **environ}


def substituter(variables: Mapping[str, str], keep: Callable[[Path], bool]) -> Callable[[str, Path], str | Diagnostic]:
    """The function that replaces the references in the text at a path, or answers with the problem.

    Where `keep` says so, the references stay as they are, for Compose to resolve: they are only checked.
    """

    def substitute(text: str, path: Path) -> str | Diagnostic:
        for match in _REFERENCE.finditer(text):
            name, default = match.groups()
            if name and default is None and name not in variables:
                return _missing(name, variables)
        if keep(path):
            return text
        return _REFERENCE.sub(lambda match: _value(match, variables), text)

    return substitute


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, default = match.groups()
    if name is None:
        return "${"
    # As in the shell and in Compose, `:-` also stands in for a variable that is set but empty.
    return variables.get(name) or default if default is not None else variables[name]


def _missing(name: str, variables: Mapping[str, str]) -> Diagnostic:
    from difflib import get_close_matches

    close = get_close_matches(name, variables, n=1, cutoff=0.8)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return Diagnostic(
        "variable.not-set",
        f"the variable `{name}` is not set",
        remedy=f"Set it in the environment or in .env, or give a default: `${{{name}:-value}}`.{hint}",
    )
