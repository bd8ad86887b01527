"""The matrix in the docs is whole: every field, every command, every flag, and nothing that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec import inspect

from serinus.api.crds import DEFINITIONS
from serinus.api.meta import ObjectMeta
from serinus.api.schema import is_own
from serinus.cli.flags import ConnectionFlag
from serinus.cli.lazy import LazyGroup
from serinus.cli.main import COMMANDS, root
from serinus.lint.check import check
from serinus.plugins import routers

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "matrix.md"
ORDER = ("Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun", "Experiment")
SERVED = ("yes", "partly", "no", "later")


def sections() -> dict[str, list[list[str]]]:
    """The rows of the tables of the page, by the heading above them."""
    found: dict[str, list[list[str]]] = {}
    title = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ").strip("`")
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells and not set(line) <= set("|- "):
            found.setdefault(title, []).append(cells)
    return {name: rows[1:] for name, rows in found.items()}


def fields() -> Iterator[tuple[str, str, Any]]:
    """Every field of the five kinds, once: kind, path and field; a type that comes again is not entered again."""
    known: set[type] = {ObjectMeta}
    by_name = {item.kind.kind: item.type for item in DEFINITIONS}
    for kind in ORDER:
        yield from ((kind, path, item) for path, item in _fields(inspect.type_info(by_name[kind]), "", known))


def _fields(info: Any, path: str, known: set[type]) -> Iterator[tuple[str, Any]]:
    match info:
        case inspect.Metadata():
            yield from _fields(info.type, path, known)
        case inspect.UnionType():
            for item in info.types:
                yield from _fields(item, path, known)
        case inspect.DictType():
            yield from _fields(info.value_type, f"{path}{{}}", known)
        case inspect.VarTupleType():
            yield from _fields(info.item_type, f"{path}[]", known)
        case inspect.StructType() if info.cls not in known:
            known.add(info.cls)
            for item in info.fields:
                here = f"{path}.{item.encode_name}".lstrip(".")
                if item.name != "metadata" or path:
                    yield here, item
                yield from _fields(item.type, here, known)


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Every command of the program by the words that call it, without those that shells call."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        words = inner.command_path.removeprefix("serinus ")
        if not isinstance(command, LazyGroup) or command.invoke_without_command:
            yield words, command
        if isinstance(command, LazyGroup):
            yield from commands(command, inner)


def flags(command: click.Command) -> set[str]:
    """The flags of a command's own, in every way in which they may be written."""
    own = (item for item in command.params if isinstance(item, click.Option) and not isinstance(item, ConnectionFlag))
    return {name for item in own for name in item.opts}


def test_every_field_has_its_row() -> None:
    rows = [(kind, row[0].strip("`")) for kind in ORDER for row in sections()[kind]]
    expected = [(kind, path) for kind, path, _ in fields()]
    missing, too_much = sorted(set(expected) - set(rows)), sorted(set(rows) - set(expected))
    assert (missing, too_much) == ([], []), "docs/matrix.md: give the first a row each, and take the rows of the second"
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("kind", ORDER)
def test_fields_that_argo_rollouts_does_not_have_are_marked(kind: str) -> None:
    own = {path for of, path, item in fields() if of == kind and is_own(item)}
    marked = {row[0].strip("`") for row in sections()[kind] if row[2].startswith("ours")}
    assert marked == own


def test_nothing_is_blank_and_what_is_left_out_has_its_reason() -> None:
    for title, rows in sections().items():
        for row in rows:
            served, note = row[-2], row[-1]
            assert served in SERVED, (title, row)
            assert served == "yes" or note, (title, row)


def test_a_field_that_is_served_is_read_by_some_code() -> None:
    rooms = (path for path in (ROOT / "src" / "serinus").rglob("*.py") if path.parent.name not in {"api", "lint"})
    code = "\n".join(path.read_text() for path in rooms)
    served = {(kind, row[0].strip("`")) for kind in ORDER for row in sections()[kind] if row[1] == "yes"}
    unread = [
        (kind, path)
        for kind, path, item in fields()
        if (kind, path) in served
        and not re.search(rf'\.{item.name}\b|\b{item.name}=|"({item.encode_name}|{item.name})"', code)
    ]
    assert unread == []


STEPS = {
    "experiment": "experiment: {duration: 5m, templates: [{name: a, specRef: canary}]}",
    "plugin": "plugin: {name: org/check}",
}
ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: web, image: web}]}
  strategy: {canary: {steps: [{STEP}]}}
"""


@pytest.mark.parametrize("kind", STEPS)
def test_a_step_is_said_to_come_later_exactly_while_it_is_refused(kind: str) -> None:
    report = check({"a.yaml": ROLLOUT.replace("STEP", STEPS[kind])}, routers())
    is_refused = any("this version of Serinus" in finding.message for finding in report.findings)
    path = f"spec.strategy.canary.steps[].{kind}"
    said = [row[1] for row in sections()["Rollout"] if row[0].strip("`") == path]
    assert said == ["later" if is_refused else "yes"]


def test_every_command_and_flag_of_ours_has_its_row() -> None:
    rows = sections()
    named = {(row[0].strip("`"), row[1].strip("`")) for row in rows["Commands"] if row[2] in {"yes", "partly"}}
    ours = {row[0].strip("`") for row in rows["Commands of our own"]}
    missing = []
    for words, command in commands(root, click.Context(root, info_name="serinus")):
        if words in ours or words == "controller":
            continue
        known = {flag for text, listed in named if text == words for flag in re.findall(r"-[\w-]+", listed)}
        missing += [(words, flag) for flag in sorted(flags(command) - known)]
        if (words, "–") not in named:
            missing.append((words, "–"))
    assert missing == []
    assert {name.split()[0] for name in ours} <= set(COMMANDS)


def test_every_command_and_flag_that_is_said_to_work_is_there() -> None:
    found = dict(commands(root, click.Context(root, info_name="serinus")))
    wrong = []
    for words, text, served, _ in sections()["Commands"]:
        if served not in {"yes", "partly"}:
            continue
        command = found.get(words.strip("`"))
        listed = set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", text))
        if command is None or not listed <= flags(command):
            wrong.append((words, text))
    assert wrong == []


def test_the_flags_of_every_command_are_those_of_kubectl() -> None:
    command = COMMANDS["pause"].load("pause")
    known = {name for item in command.params if isinstance(item, ConnectionFlag) for name in item.opts}
    rows = [row for row in sections()["Flags of every command"] if row[1] == "yes"]
    assert {flag for row in rows for flag in re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", row[0])} == known


def test_the_flags_of_the_controller_are_all_there() -> None:
    command = COMMANDS["controller"].load("controller")
    rows = sections()["The controller's flags"]
    listed = {flag for row in rows if row[1] in {"yes", "partly"} for flag in re.findall(r"--[\w-]+", row[0])}
    connection = {name for item in command.params if isinstance(item, ConnectionFlag) for name in item.opts}
    assert flags(command) <= listed
    assert listed <= flags(command) | connection
