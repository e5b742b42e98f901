"""A pickle read as data. Names stay names and calls stay calls: nothing is looked up, called or built.

A checkpoint is a pickle, and a pickle is a program: unpickled, it calls what it names. Here its steps are
followed on plain lists and dictionaries instead, so there is nothing that a hostile file could run. (torch's
own tensors-only reader refuses published checkpoints, and to admit their class it must have one to build.)
"""

import pickletools
from collections.abc import Collection
from typing import Any, NamedTuple

NEWEST_PROTOCOL = 5

LARGEST_KEY = 2**32 - 1
"""Larger numbers can be chosen so that all have one hash, and a dictionary of them takes hours."""

MAPPING = "collections OrderedDict"
"""The one call that is followed: what it makes is a dictionary here."""

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_VALUES = (
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
)


class Name(NamedTuple):
    """What would be imported: "module name"."""

    name: str


class Call(NamedTuple):
    """What would be called, and with what."""

    name: str
    arguments: tuple[Any, ...]


class Outside(NamedTuple):
    """What is kept outside the pickle, by the identifier that it has there (for torch: a storage)."""

    identifier: Any


class NotInert(ValueError):
    """The pickle is damaged, or wants something that is not admitted. One line."""


def read_pickle(data: bytes, *, admitted: Collection[str]) -> Any:
    """The content as numbers, texts, lists, tuples and dictionaries, and `Name`, `Call` and `Outside`.

    `admitted`: names ("module name") that may occur. State that would be set on an object is dropped, also
    the attributes of a dictionary. Keys of dictionaries must be texts or numbers from 0 to 2**32 - 1: others
    can be made to break or to stall Python itself.

    Raises:
        NotInert: a name that is not admitted, a step that torch does not write, or damage.
    """
    reader = _Reader(admitted)
    try:
        for step, argument, _ in pickletools.genops(data):
            if step.name == "STOP":
                break
            reader.follow(step.name, argument)
        return reader.pop()
    except NotInert:
        raise
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise NotInert(f"damaged: {str(error).splitlines()[0][:80] if str(error) else 'cut off'}") from error


class _Reader:
    """The stack, the memory and the marks of a pickle."""

    def __init__(self, admitted: Collection[str]) -> None:
        self.admitted = admitted
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # what lies under each open mark
        self.memory: dict[int, Any] = {}

    def follow(self, step: str, argument: Any) -> None:
        match step:
            case "PROTO":
                if argument > NEWEST_PROTOCOL:
                    raise NotInert(f"pickled with the unknown protocol {argument}")
            case "FRAME":
                pass
            case "MARK":
                self.below.append(self.stack)
                self.stack = []
            case _ if step in _CONSTANTS:
                self.stack.append(_CONSTANTS[step])
            case _ if step in _EMPTY:
                self.stack.append(_EMPTY[step]())
            case _ if step in _VALUES:
                self.stack.append(argument)
            case _ if step in _TUPLES:
                items = [self.pop() for _ in range(_TUPLES[step])]
                self.stack.append(tuple(reversed(items)))
            case "TUPLE":
                inside = self.since_mark()  # it changes what the stack is
                self.stack.append(tuple(inside))
            case "BINPUT" | "LONG_BINPUT":
                self.memory[argument] = self.stack[-1]
            case "MEMOIZE":
                self.memory[len(self.memory)] = self.stack[-1]
            case "BINGET" | "LONG_BINGET":
                self.stack.append(self.memory[argument])
            case "SETITEM":
                value, key = self.pop(), self.pop()
                self.set_items([key, value])
            case "SETITEMS":
                self.set_items(self.since_mark())
            case "APPEND":
                self.add([self.pop()])
            case "APPENDS":
                self.add(self.since_mark())
            case "GLOBAL":
                self.name(argument)
            case "STACK_GLOBAL":
                name, module = self.pop(), self.pop()
                self.name(f"{module} {name}" if isinstance(module, str) and isinstance(name, str) else "")
            case "BINPERSID":
                self.stack.append(Outside(self.pop()))
            case "REDUCE" | "NEWOBJ":
                arguments, called = self.pop(), self.pop()
                self.call(called, arguments)
            case "BUILD":
                self.pop()
                if not isinstance(self.stack[-1], Call | dict):
                    raise NotInert("sets the state of something that has none")
            case _:
                raise NotInert(f"holds the step {step}, which torch does not write")

    def pop(self) -> Any:
        return self.stack.pop()

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def name(self, name: str) -> None:
        if name not in self.admitted:
            shown = ".".join(name.split()).encode("unicode_escape").decode()[:80]
            raise NotInert(f"asks for {shown or 'something without a name'}")
        self.stack.append(Name(name))

    def call(self, called: Any, arguments: Any) -> None:
        if not isinstance(called, Name) or type(arguments) is not tuple:
            raise NotInert("calls what is no name")
        if called.name != MAPPING:
            self.stack.append(Call(called.name, arguments))
        elif arguments:
            raise NotInert("makes a dictionary in another way than torch does")
        else:
            self.stack.append({})

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise NotInert("sets the items of what is no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (str, int):
                raise NotInert(f"a dictionary's key is a {type(key).__name__}, not a text or a number")
            if type(key) is int and not 0 <= key <= LARGEST_KEY:
                raise NotInert("a dictionary's key is a number below 0 or beyond 2**32 - 1")
            target[key] = value

    def add(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise NotInert("adds to what is no list")
        target.extend(items)
