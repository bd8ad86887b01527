"""What the source says of types and fields, for ``kubectl explain``.

Only the generation of the custom resource definitions reads it; nothing else needs the source at run time.
"""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

from msgspec import Struct


def summary(class_: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return _first_paragraph(inspect.getdoc(class_) or "")


@cache
def field_docs(class_: type) -> dict[str, str]:
    """The docstrings that stand under the fields of a class, by the field's name; inherited ones too."""
    docs: dict[str, str] = {}
    for base in reversed(class_.__mro__):
        if issubclass(base, Struct) and base is not Struct:
            docs |= _classes(base.__module__).get(base.__qualname__, {})
    return docs


@cache
def _classes(module: str) -> dict[str, dict[str, str]]:
    """The field docstrings of every class of a module; none where only its bytecode is installed."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:
        return {}
    return {node.name: _fields(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> dict[str, str]:
    docs = {}
    for item, after in pairwise(node.body):
        match item, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                docs[name] = _first_paragraph(inspect.cleandoc(text))
    return docs


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n", 1)[0].split()).replace("``", "")
