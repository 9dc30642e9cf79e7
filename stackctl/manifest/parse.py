"""Parsing: YAML text becomes a document, with every problem of the text at its place.

The values of secret fields are taken out of the source lines that the document shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import yaml

from stackctl import redaction
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import secret_places
from stackctl.manifest.document import Document, Path, Scalar, Value
from stackctl.secret_names import sounds_secret
from stackctl.source import Position

# The 0-based line and column at which something begins, and those at which it has ended.
Span: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
# Expanding aliases may not make a document larger than this many values: small files that unfold without end.
VALUE_LIMIT = 500_000
ALIAS_LIMIT = 50_000
DEPTH_LIMIT = 200
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A loader that does not look for the types of scalars, which are texts here: that takes a third of its time."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        return _TAGS[kind]

    def descend_resolver(self, *_: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


_TAGS: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
# `${NAME}` without quotes is common inside `{...}`, where YAML gives braces a meaning of their own. Inside references
# the characters that YAML could stumble over are replaced, one for one, by code points that no text may hold.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}\n]*)?\}")
_HIDE = {ord(ch): 0xFDD0 + index for index, ch in enumerate("{}[],:#&*!|>'\"%@`")}
_SHOW = {hidden: shown for shown, hidden in _HIDE.items()}
# A value that is a reference and nothing else, without a default; and the defaults of references.
_WHOLE_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_DEFAULTS = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:-([^}\n]*)\}")
_PLAIN_NULL = re.compile(r"~|null|Null|NULL|")


def parse(
    text: str,
    file: str,
    substitute: Callable[[str, Path], str | Diagnostic] | None = None,
    *,
    several: bool = False,
    tags: Collection[str] = (),
) -> Document:
    """Parse YAML `text`. `file` is how positions name it.

    `substitute` maps the text of the scalar at a path to its text after variable substitution, or to a problem.
    All problems are collected in the document; values that have one are left out. Only the first YAML document is read;
    a further one is a problem unless there may be `several`. So is a tag that is not one of `tags`.
    """
    document = Document(file, lines=text.splitlines())
    try:
        hidden = _REFERENCE.sub(lambda match: match[0].translate(_HIDE), text)
        deep = _too_deep(hidden)
        if deep:
            summary, remedy = f"nested more than {DEPTH_LIMIT} levels deep", "Flatten the file."
            document.problems.append(
                Diagnostic("yaml.nesting", summary, Position(file, deep[0] + 1, deep[1] + 1), remedy=remedy)
            )
            return document
        root, document.following = _compose(hidden)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax_problem(document, error))
        return document
    except yaml.YAMLError as error:
        document.problems.append(Diagnostic("yaml.syntax", f"not YAML: {_first_line(error)}", Position(file)))
        return document
    if root is not None:
        is_open = substitute is None and not redaction.may_tell(text)
        document.value = _Converter(document, substitute, tags, is_open=is_open).convert(root, ())
    if document.following is not None and not several:
        # Its line is not shown: nobody has looked for secrets there.
        at = Position(file, document.following + 1, 1)
        document.problems.append(
            Diagnostic(
                "yaml.documents", "a second YAML document", at, remedy="Keep one, or move the other to its own file."
            )
        )
    return document


def scalar_spans(text: str) -> list[Span]:
    """Return where the keys and the values that are texts or aliases are in the first YAML document of `text`, in
    their order. `text` is one that can be parsed."""
    found: list[Span] = []
    for event in yaml.parse(_REFERENCE.sub(lambda match: match[0].translate(_HIDE), text), Loader=_Loader):
        if isinstance(event, yaml.DocumentEndEvent):
            break
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            start: Any = event.start_mark
            end: Any = event.end_mark
            found.append(((start.line, start.column), (end.line, end.column)))
    return found


def _hide_in_line(document: Document, number: int) -> None:
    """Hide what may be secret in a line of a text that is not YAML, where no place of a value is known.

    That is what follows the key of a secret in it, and all of it where a line around it or before it has such a key.
    """
    lines = document.lines
    if number >= len(lines):
        return
    keys: tuple[str, ...] = ()
    for each in (*_lines_around(lines, number), number):
        start = secret_places.hidden_from(lines[each], keys)
        if start is not None:
            document.hidden_spans[number] = [(start if each == number else _indent(lines[number]), len(lines[number]))]
            return
        key = secret_places.first_key(lines[each])
        keys = (*keys, key) if key else keys


def _lines_around(lines: list[str], number: int) -> list[int]:
    """The lines above one that it belongs to, from the outermost on: by its indentation, or as it has no key itself."""
    top, before = number, []
    while top and not secret_places.first_key(lines[top]):
        top -= 1
        before.append(top)
    found, indent = before[:DEPTH_LIMIT] + before[DEPTH_LIMIT:][-1:], _indent(lines[top])
    for at in range(top - 1, -1, -1):
        if not indent or len(found) > 2 * DEPTH_LIMIT:
            break
        if lines[at].strip() and _indent(lines[at]) < indent:
            found.append(at)
            indent = _indent(lines[at])
    return found[::-1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t-"))


def _compose(text: str) -> tuple[yaml.Node | None, int | None]:
    """The first YAML document of `text`, and the line at which another one begins."""
    loader = _Loader(text)
    try:
        root = loader.get_node() if loader.check_node() else None
        try:
            further = loader.get_node() if loader.check_node() else None
        except yaml.MarkedYAMLError:
            lines = [number for number, line in enumerate(text.splitlines()) if line.startswith("---")]
            if not lines or (root and lines[-1] <= root.start_mark.line):
                raise  # it is not in another document, but after the end of this one
            return root, lines[-1]
        if further is None or (isinstance(further, yaml.ScalarNode) and not further.value):
            return root, None
        return root, further.start_mark.line
    finally:
        loader.dispose()


def _too_deep(text: str) -> tuple[int, int] | None:
    """Return the place at which the text nests too deeply. Composing it would overrun the C parser's stack."""
    indent = max((len(line) - len(line.lstrip(" ")) for line in text.splitlines()), default=0)
    if indent + sum(text.count(sign) for sign in ("[", "{", "- ", "? ")) < DEPTH_LIMIT:
        return None
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT and event.start_mark:
            return event.start_mark.line, event.start_mark.column
    return None


def _first_line(error: object) -> str:
    return str(error).splitlines()[0]


def _syntax_problem(document: Document, error: yaml.MarkedYAMLError) -> Diagnostic:
    what, mark = error.problem or error.context or "cannot be parsed", error.problem_mark or error.context_mark
    # The parser repeats tags and aliases, and those may be a secret that wants quotes.
    what = re.sub(r"\b(tag|alias|anchor)\b.*$", r"\1", what)
    if mark is None:
        return Diagnostic("yaml.syntax", f"not YAML: {what}", Position(document.file))
    if mark.line >= len(document.lines) and error.context_mark:
        # It was noticed at the end of the file; where the open bracket or quote is says more.
        what, mark = f"this is not closed: {what}", error.context_mark
    _hide_in_line(document, mark.line)
    position = document.at(mark.line, mark.column)
    cause = f"It was found {error.context}." if error.context and error.problem else ""
    return Diagnostic("yaml.syntax", f"not YAML: {what}", position, cause, _syntax_remedy(what, position))


def _syntax_remedy(what: str, position: Position) -> str:
    if position.text[: position.column].lstrip(" ").startswith("\t"):
        return "Indent with spaces: YAML does not allow tabs there."
    if "undefined alias" in what:
        return "Quote the value if it is meant to begin with `*`, or define the anchor with `&` before it."
    return "Check the indentation and brackets, and quote values that hold `: ` or begin with a special character."


class _TooLarge(Exception):
    pass


class _Converter:
    """Turns composed nodes into values, noting positions, duplicate keys and secrets on the way."""

    def __init__(
        self,
        document: Document,
        substitute: Callable[[str, Path], str | Diagnostic] | None,
        tags: Collection[str],
        *,
        is_open: bool = False,
    ) -> None:
        """`is_open` says that no value of the document reveals a secret by itself."""
        self.document = document
        self.substitute = substitute
        self.tags = tags
        self.is_open = is_open
        self.count = self.repeated = 0
        self.seen: set[int] = set()

    def convert(self, root: yaml.Node, path: Path) -> Value:
        try:
            # First of all, so that no problem shows the rest of its line.
            self._redact_within(root, path, tuple(0 if isinstance(part, int) else part for part in path), set())
            self.count = 0
            return self._value(root, path)
        except _TooLarge:
            summary = f"aliases expand to more than {ALIAS_LIMIT:,} values"
            self._problem("yaml.aliases", summary, root, remedy="Use fewer `*aliases` of large blocks.")
        except RecursionError:
            self._problem(
                "yaml.aliases", "an alias contains itself", root, remedy="Remove the alias from its own anchor."
            )
        return None

    def _value(self, node: yaml.Node, path: Path) -> Value:
        self.count += 1
        self.repeated += id(node) in self.seen
        self.seen.add(id(node))
        if self.count > VALUE_LIMIT or self.repeated > ALIAS_LIMIT:
            raise _TooLarge
        self.document.value_starts[path] = self._start(node)
        if node.tag in self.tags:
            self.document.tags[path] = node.tag
        elif node.tag.startswith("!") or node.tag == "tag:yaml.org,2002:binary":
            shown = "this YAML tag" if secret_places.is_secret(path) else f"the YAML tag `{node.tag}`"
            self._problem("yaml.tag", f"{shown} is not supported", node, remedy="Remove it; quote the value.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - composing knows three kinds of node
        return self._scalar(node, path)

    def _start(self, node: yaml.Node) -> tuple[int, int]:
        """Return the start of a value; for a block (`|`, `>`) the start of its text."""
        line, column = node.start_mark.line, node.start_mark.column
        if not (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") and node.value.strip()):
            return line, column
        following = enumerate(self.document.lines[line + 1 :], line + 1)
        return next(((at, len(text) - len(text.lstrip())) for at, text in following if text.strip()), (line, column))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Value:
        result: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem("yaml.key", "a key must be a single word, not a list or a mapping", key_node)
                continue
            key = str(key_node.value).translate(_SHOW)
            if key == "<<" and not key_node.style:
                merged |= self._merge(value_node, path)
                continue
            if key in result:
                first = self.document.key_starts[(*path, key)][0] + 1
                summary = f"duplicate key `{key}`, first set in line {first}"
                self._problem("yaml.duplicate-key", summary, key_node, remedy="Keep one of the two.")
                continue
            self.document.key_starts[(*path, key)] = (key_node.start_mark.line, key_node.start_mark.column)
            result[key] = self._value(value_node, (*path, key))
        return {**merged, **result}

    def _merge(self, node: yaml.Node, path: Path) -> dict[str, Value]:
        """YAML's `<<`: keys of one mapping or of several, the first of which wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        result: dict[str, Value] = {}
        for source in sources:
            if isinstance(source, yaml.MappingNode):
                value = self._mapping(source, path)
                result = {**(value if isinstance(value, dict) else {}), **result}
            else:
                self._problem("yaml.merge", "the value of `<<` must be a mapping, or a list of mappings", source)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Value:
        plain, written = not node.style, node.value.translate(_SHOW)
        if plain and _PLAIN_NULL.fullmatch(written):
            return None
        if self.substitute is None or "${" not in written:
            self._hide_telling(written)
            return Scalar.of(written, plain)
        text = self.substitute(written, path)
        if isinstance(text, Diagnostic):
            self._problem("variable.not-set", text.summary, node, cause=text.cause, remedy=text.remedy)
            return None
        self._hide_telling(text)
        if text != written:
            self.document.filled[text] = written
            self._hide_named(written)
        return Scalar.of(text, plain, variable=text != written)

    def _hide_telling(self, text: str) -> None:
        if self.is_open:
            return
        found = redaction.telling(text)
        self.document.secrets.update(found)
        redaction.hide(found)

    def _hide_named(self, written: str) -> None:
        """Take the variables of a text that have the names of secrets for secrets, wherever they are used."""
        for reference in _REFERENCE.findall(written):
            name = re.split(r"[{:}]", reference)[1]
            value = self.substitute(reference, ()) if self.substitute and sounds_secret(name) else None
            if isinstance(value, str) and len(value) >= redaction.SHORTEST:
                self.document.secrets.add(value)
                redaction.hide([value])

    def _redact_within(self, node: yaml.Node, path: Path, shape: Path, seen: set[tuple[int, Path]]) -> None:
        """Redact all secrets in a node. What an alias repeats is looked at again where its key is another one.

        `shape` is the path with 0 for every number in it.
        """
        self.count += 1
        if self.count > VALUE_LIMIT:
            raise _TooLarge
        if (id(node), path[-2:]) in seen:
            return
        seen.add((id(node), path[-2:]))
        if isinstance(node, yaml.SequenceNode):
            texts = [str(item.value) if isinstance(item, yaml.ScalarNode) else "" for item in node.value]
            arguments, values = secret_places.lists_texts(path), secret_places.arguments_with_secrets(path, texts)
            for index, item in enumerate(node.value):
                if isinstance(item, yaml.ScalarNode) and not arguments:
                    continue
                self._redact(item, (*path, index), (*shape, 0), follows=index in values)
                self._redact_within(item, (*path, index), (*shape, 0), seen)
        elif isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                key = str(key_node.value).translate(_SHOW) if isinstance(key_node, yaml.ScalarNode) else ""
                if not isinstance(key_node, yaml.ScalarNode):
                    self._redact_within(key_node, path, shape, seen)
                below, its_shape = (path, shape) if key == "<<" else ((*path, key), (*shape, key))
                self._redact(value_node, below, its_shape, follows=key == "replacement" and _relabels_secret(node))
                if not isinstance(value_node, yaml.ScalarNode):
                    self._redact_within(value_node, below, its_shape, seen)

    def _redact(self, node: yaml.Node, path: Path, shape: Path, *, follows: bool = False) -> None:
        """Take what is secret at a path out of the lines, or `follows` what says so; a mere reference to a variable
        gives nothing away."""
        if not follows and secret_places.is_never_secret(shape, mapping=isinstance(node, yaml.MappingNode)):
            return
        written = node.value.translate(_SHOW) if isinstance(node, yaml.ScalarNode) else None
        is_secret = secret_places.is_secret(path, written or "", mapping=isinstance(node, yaml.MappingNode))
        if not (follows or is_secret or secret_places.begins_with_secret_key(path, written or "")):
            return
        self._collect(node, path)
        if written is not None and _WHOLE_REFERENCE.fullmatch(written):
            return
        start, end = node.start_mark, node.end_mark
        lines = self.document.lines
        for number in range(start.line, min(end.line + 1, len(lines))):
            left = start.column if number == start.line else 0
            right = end.column if number == end.line else len(lines[number])
            if right > left:
                self.document.hidden_spans.setdefault(number, []).append((left, right))

    def _collect(self, node: yaml.Node, path: Path) -> None:
        """Note the texts of what is secret, as they are written and with their variables filled in."""
        texts = [node.tag.lstrip("!")] if node.tag.startswith("!") else []
        if isinstance(node, yaml.ScalarNode):
            written = node.value.translate(_SHOW)
            filled = self.substitute(written, path) if self.substitute and "${" in written else written
            # What is left to Compose is a reference still: then the rest of the text counts.
            texts += secret_places.assigned(path, filled if isinstance(filled, str) else written)
            texts += [filled] if isinstance(filled, str) and not (filled == written and "${" in written) else []
            # What is around a reference may be an option's name, or the scheme of a URL: these are no secrets.
            around = [_SCHEME.sub("", each) for each in _REFERENCE.split(written)] if "${" in written else ()
            texts += [*_DEFAULTS.findall(written), *(each for each in around if len(each) >= redaction.SHORTEST)]
        elif isinstance(node, yaml.MappingNode | yaml.SequenceNode):
            parts = [each for each in node.value if isinstance(each, yaml.Node)]
            parts += [each for pair in node.value if isinstance(pair, tuple) for each in pair]
            self.count += len(parts)
            if self.count > VALUE_LIMIT:
                raise _TooLarge
            for part in parts:
                self._collect(part, path)
        self.document.secrets.update(texts)
        redaction.hide(texts)

    def _problem(self, code: str, summary: str, node: yaml.Node, *, cause: str = "", remedy: str = "") -> None:
        position = self.document.at(node.start_mark.line, node.start_mark.column)
        self.document.problems.append(Diagnostic(code, summary, position, cause, remedy))


def _relabels_secret(step: yaml.MappingNode) -> bool:
    """Return whether a step of relabelling writes a secret parameter."""
    targets = [value.value for key, value in step.value if key.value == "target_label"]
    return any(isinstance(target, str) and secret_places.is_secret_label(target) for target in targets)
