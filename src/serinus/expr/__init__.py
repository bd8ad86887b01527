"""The language of conditions: expr-lang 1.17, as Argo Rollouts' analysis uses it.

The law of this room: it reaches nothing but its inputs, a text, plain data and a moment; it is bounded in
time and memory, whatever the text; and it raises `ConditionError` or nothing. It knows no metric, no
provider and nothing else of serinus.

    text → parse → check (types) → fold (rewrite) → emit (closures) → run with a meter

What is the same as in expr-lang is compared with it by a test; what differs is listed in docs/conditions.md.
"""

from serinus.expr.errors import ConditionError as ConditionError
from serinus.expr.program import Program as Program
from serinus.expr.program import compile as compile  # noqa: A004 - the word for it
from serinus.expr.program import evaluate_condition as evaluate_condition
from serinus.expr.program import evaluate_time as evaluate_time
from serinus.expr.values import Floats as Floats

__all__ = ["ConditionError", "Floats", "Program", "compile", "evaluate_condition", "evaluate_time"]
