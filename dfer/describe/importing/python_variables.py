"""The module-level lists of text in a Python file, read from its syntax tree. Nothing of it is executed."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dfer.errors import ContentError

_CHANGING = frozenset(["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", "update"])


@dataclass(kw_only=True, slots=True)
class Variables:
    """`values`: what is written out as text, lists, tuples and dictionaries of it; `unread`: the lines of
    variables whose value is anything else, or changes in a way that only running the file would tell."""

    values: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)


class _NotWrittenOut(ValueError):
    """A value that only running the file would tell."""


def read_variables(text: str, *, source: str) -> Variables:
    """
    Raises:
        ContentError: no Python, or nested too deeply to be read.
    """
    found = Variables()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in their text is none of our user's business
            tree = ast.parse(text)
        for statement in tree.body:
            _read(statement, found)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise ContentError(f"{source} is no Python: {error.msg}{where}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ContentError(f"{source} cannot be read as Python: it is nested too deeply") from error
    return found


def _read(statement: ast.stmt, found: Variables) -> None:
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if value is not None and len(names) == len(targets):
        try:
            written = _written_out(value)
        except _NotWrittenOut:
            pass
        else:
            for name in names:
                found.values[name] = written
                found.unread.pop(name, None)
            return
    for name in _changed(statement):
        found.values.pop(name, None)
        found.unread[name] = statement.lineno


def _written_out(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_written_out(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            names = [_written_out(key) if key is not None else None for key in keys]
            if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
                raise _NotWrittenOut
            return dict(zip(names, map(_written_out, values), strict=True))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _written_out(left), _written_out(right)
            if isinstance(first, str) and isinstance(second, str):
                return first + second
    raise _NotWrittenOut


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds, deletes or changes, as far as its syntax says."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Subscript(value=inner, ctx=ast.Store() | ast.Del()):
                yield from _base(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _CHANGING:
                yield from _base(inner)
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]


def _base(node: ast.expr) -> Iterator[str]:
    """`x` of `x[0][1]`."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
