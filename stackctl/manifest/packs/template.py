"""Parameters put into the strings of a pack. Only values are filled in, never the text of the file.

`[[ name ]]` stands for a value, and `rate(x[[[ window ]]])` for one in brackets: Jinja reads that as a list of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from stackctl.data import DELIMITERS
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document, Path
from stackctl.manifest.packs.values import quoted
from stackctl.manifest.problems import Problems
from stackctl.promql.duration import seconds

_MARKS = ("[[", "[%", "[#")


def fill(document: Document, key: str, context: Mapping[str, Any], problems: Problems) -> Document | None:
    """Return the part of a pack under `key`, filled in with `context`, as a document.

    None if something cannot be filled in, which is added to `problems`. Rules and panels with `if: NAME` are left out
    where that parameter is empty. Positions are those of the pack.
    """
    filling = _Filling(document, context)
    value = filling.value(document.value[key], (key,), ())  # type: ignore[index, call-overload]
    return None if problems.extend(filling.problems) else document.rearranged(value, filling.places)


def filled(text: str, context: Mapping[str, Any]) -> str:
    """One string of a pack that is known to be sound, with `context` in it.

    Raises ValueError for what need not come to an end, or to one that fits into memory.
    """
    return str(_compiled(text).render(context))


@lru_cache(2048)
def _compiled(text: str) -> Any:
    tree = _environment().parse(text)
    _refuse_endless(tree)
    return _environment().from_string(tree)


# Loops in loops: each goes over what a manifest has, such as its services.
_LOOPS = 2


def _refuse_endless(tree: Any) -> None:
    from jinja2 import nodes

    for kind, name in ((nodes.Macro, "a macro"), (nodes.CallBlock, "a call"), (nodes.Pow, "a power")):
        if tree.find(kind):
            raise ValueError(f"{name} is not allowed in a pack")
    if any(loop.recursive for loop in tree.find_all(nodes.For)):
        raise ValueError("a recursive loop is not allowed in a pack")
    if any(not _is_number(part) for product in tree.find_all(nodes.Mul) for part in (product.left, product.right)):
        raise ValueError("only numbers can be multiplied in a pack")
    if _depth(tree) > _LOOPS:
        raise ValueError(f"more than {_LOOPS} nested loops are not allowed in a pack")


def _is_number(node: Any) -> bool:
    """Return whether a node of a template is no text or list that a product would repeat."""
    from jinja2 import nodes

    if isinstance(node, nodes.Filter):
        return node.name in ("float", "int")
    return isinstance(node, nodes.Const) and isinstance(node.value, int | float)


def _depth(node: Any) -> int:
    from jinja2 import nodes

    below = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return below + isinstance(node, nodes.For)


@cache
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        **DELIMITERS,
        undefined=StrictUndefined,
        autoescape=False,
        finalize=lambda value: f"[{value[0]}]" if isinstance(value, list) and len(value) == 1 else value,
    )
    # What makes text or numbers out of nothing.
    for name in ("range", "lipsum", "cycler", "joiner", "namespace"):
        environment.globals.pop(name, None)
    for name in ("center", "indent", "format", "batch", "slice"):
        environment.filters.pop(name, None)
    environment.filters["quoted"] = quoted
    environment.filters["seconds"] = lambda text: f"{seconds(text):g}"
    environment.filters["days"] = lambda text: f"{seconds(text) / 86400:g}"
    return environment


class _Filling:
    def __init__(self, document: Document, context: Mapping[str, Any]) -> None:
        self.document, self.context = document, context
        self.problems = Problems()
        # Where a value of the result lay in the pack.
        self.places: dict[Path, Path] = {}

    def value(self, value: Any, path: Path, to: Path) -> Any:
        self.places[to] = path
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if key != "if"}
            return {key: self.value(item, (*path, key), (*to, key)) for key, item in kept.items()}
        if isinstance(value, list):
            wanted = [(index, item) for index, item in enumerate(value) if self._wanted(item, (*path, index))]
            return [self.value(item, (*path, old), (*to, new)) for new, (old, item) in enumerate(wanted)]
        return self._text(value, path) if isinstance(value, str) and any(map(value.__contains__, _MARKS)) else value

    def _wanted(self, item: Any, path: Path) -> bool:
        name = item.get("if") if isinstance(item, dict) else None
        if name is None:
            return True
        # A pack for all services at once has what any of them has.
        contexts = [self.context, *self.context.get("services", ())]
        if not any(name in context for context in contexts):
            self._problem(f"there is no parameter `{name}`", (*path, "if"))
        return any(context.get(name) for context in contexts)

    def _text(self, text: str, path: Path) -> str:
        from jinja2 import TemplateError

        try:
            return filled(text, self.context)
        except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            self._problem(f"cannot be filled in: {error}", path)
            return text

    def _problem(self, summary: str, path: Path) -> None:
        from stackctl.manifest.validate import show_path

        known = ", ".join(f"`{name}`" for name in self.context)
        remedy = f"Known here: {known}."
        self.problems.add(
            Diagnostic("pack.template", f"{show_path(path)}: {summary}", self.document.position(path), remedy=remedy)
        )
