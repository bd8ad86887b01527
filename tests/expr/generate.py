"""Write conditions at random: mostly meaningful ones, from a seed."""

import random
from collections.abc import Callable

RESULTS = [
    "null",
    "0",
    "0.95",
    "-3",
    '"ok"',
    '"12"',
    "true",
    "[]",
    "[1, 2, 3]",
    "[0.5, null, 7]",
    '["a", "b", "a"]',
    '{"a": 1, "b": {"c": [1, 2]}, "ok": true, "s": "text"}',
    '[{"n": 1, "s": "x"}, {"n": 2.5, "s": "y"}, {"n": -1, "s": "x"}]',
]
VECTORS = [[], ["0.2"], ["1", "2", "3"], ["0.5", "NaN"], ["+Inf", "-1"]]
WORDS = ["", "a", "b", "ab", "Hello World", "  x ", "ÄÖ", "1", "2.5", "a,b,c", "aXbXc", "😀", "12", "{}"]
FIELDS = ["a", "b", "c", "n", "s", "ok", "missing"]
INTS = ["0", "1", "2", "3", "-1", "7", "10", "0x1F", "0b101", "1_000", "9223372036854775807"]
FLOATS = ["0.5", "1.5", "-2.5", "1e3", ".25", "3.0", "1e-7", "1e21"]
PATTERNS = ["^a", "b$", "[a-c]+", "\\\\d", "(?i)hello", "x|y", "a.c", "", "^[A-Z]"]
INSTANTS = ["2023-08-14", "2023-08-14T10:20:30Z", "2024-02-29 23:59:59", "15:04:05", "2020-01-01T00:00:00+02:00"]
SPANS = ["1h", "90m", "1h30m10.5s", "-5s", "0s", "250ms", "3us"]
ZONES = ["UTC", "Europe/Zurich", "America/New_York"]


class Writer:
    """Writes expressions of a kind; each goes at most so deep."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: list[str] = []
        self.inside = 0

    def pick(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def write(self, depth: int) -> str:
        """An expression of any kind."""
        kinds = [self.number, self.boolean, self.boolean, self.text, self.array, self.map, self.instant, self.span]
        made: str = self.random.choice(kinds)(depth)
        return made

    def any(self, depth: int) -> str:
        """An expression that may be anything: the result, or a part of it."""
        if depth <= 0:
            return self.pick(["result", "nil", *self.names, *(["#"] if self.inside else [])])
        return self.one_of(
            depth,
            lambda d: f"result{self.access(d)}",
            lambda d: f"result{self.access(d)} ?? {self.leaf(d)}",
            lambda d: f"get({self.any(d)}, {self.leaf(d)})",
            lambda d: f"first({self.array(d)})",
            lambda d: f"default({self.any(d)}, {self.leaf(d)})",
            lambda d: f"({self.boolean(d)} ? {self.write(d)} : {self.write(d)})",
            lambda d: f"fromJSON({self.pick(RESULTS[:3])!r})",
            lambda d: f"find({self.array(d)}, {self.predicate(d)})",
            lambda d: f"reduce({self.array(d)}, #acc + #)",
            self.write,
        )

    def one_of(self, depth: int, *ways: Callable[[int], str]) -> str:
        return self.random.choice(ways)(depth - 1)

    def access(self, _depth: int) -> str:
        return self.pick(
            ["", ".a", ".b", "?.b", ".b?.c", "?.missing?.x", "[0]", "[-1]", "[1:]", "[:2]", "[5]", '["a"]', "?.[0]", ".n"]
        )

    def leaf(self, _depth: int = 0) -> str:
        return self.pick([*INTS, *FLOATS, '"a"', "true", "nil"])

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.pick([*INTS, *FLOATS, *FLOATS, *self.names, *(["#"] if self.inside else [])])
        return self.one_of(
            depth,
            lambda d: f"{self.number(d)} {self.pick(['+', '-', '*', '/', '%', '**'])} {self.number(d)}",
            lambda d: f"({self.number(d)} {self.pick(['+', '-', '*', '/', '^'])} {self.number(d)})",
            lambda d: f"-{self.number(0)}",
            lambda d: f"len({self.array(d)})",
            lambda d: f"len({self.text(d)})",
            lambda d: f"{self.pick(['abs', 'ceil', 'floor', 'round', 'int', 'float', 'asInt', 'asFloat'])}({self.number(d)})",
            lambda d: f"{self.pick(['sum', 'mean', 'median', 'min', 'max'])}({self.numbers(d)})",
            lambda d: f"{self.pick(['min', 'max'])}({self.number(d)}, {self.number(d)})",
            lambda d: f"count({self.array(d)}, {self.predicate(d)})",
            lambda d: f"sum({self.numbers(d)}, # * {self.number(0)})",
            lambda d: f"{self.pick(['bitand', 'bitor', 'bitxor', 'bitshl', 'bitshr'])}({self.pick(INTS)}, {self.pick(INTS)})",
            lambda d: f"indexOf({self.text(d)}, {self.text(d)})",
            lambda d: f"int({self.text(0)})",
            lambda d: f"float({self.text(0)})",
            lambda d: f"{self.instant(d)}.{self.pick(['Year', 'Day', 'Hour', 'YearDay', 'Unix'])}()",
            lambda d: f"{self.span(d)}.{self.pick(['Hours', 'Seconds', 'Milliseconds'])}()",
            lambda d: f"reduce({self.numbers(d)}, # + #acc, {self.number(0)})",
            self.any,
            self.let,
        )

    def let(self, depth: int) -> str:
        name = f"v{len(self.names)}"
        value = self.write(depth)
        self.names.append(name)
        body = self.write(depth)
        self.names.pop()
        return f"(let {name} = {value}; {body})"

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(["true", "false", "true", "false", "isNil(result)", "result"])
        return self.one_of(
            depth,
            lambda d: f"{self.number(d)} {self.pick(['<', '>', '<=', '>=', '==', '!='])} {self.number(d)}",
            lambda d: f"{self.any(d)} {self.pick(['<', '>', '<=', '>=', '==', '!='])} {self.leaf(d)}",
            lambda d: f"{self.number(0)} < {self.number(0)} <= {self.number(0)}",
            lambda d: f"{self.boolean(d)} {self.pick(['and', 'or', '&&', '||', '=='])} {self.boolean(d)}",
            lambda d: f"{self.pick(['not ', '!'])}({self.boolean(d)})",
            lambda d: f"{self.pick(['all', 'any', 'none', 'one'])}({self.array(d)}, {self.predicate(d)})",
            lambda d: f"{self.text(d)} {self.pick(['contains', 'startsWith', 'endsWith', '==', '<'])} {self.text(d)}",
            lambda d: f'{self.text(d)} {self.pick(["matches", "not matches"])} "{self.pick(PATTERNS)}"',
            lambda d: f"{self.leaf(d)} {self.pick(['in', 'not in'])} {self.array(d)}",
            lambda d: f'"{self.pick(FIELDS)}" in {self.map(d)}',
            lambda d: f"{self.any(d)} in {self.array(d)}",
            lambda d: f"{self.array(d)} == {self.array(d)}",
            lambda d: f"{self.map(d)} == {self.map(d)}",
            lambda d: f"{self.pick(['isNaN', 'isInf'])}({self.number(d)})",
            lambda d: f"{self.instant(d)} {self.pick(['<', '>', '=='])} {self.instant(d)}",
            lambda d: f"count({self.array(d)}, {self.predicate(d)}) {self.pick(['>', '>=', '<'])} {self.pick(['0', '1', '2'])}",
            self.any,
        )

    def text(self, depth: int) -> str:
        if depth <= 0:
            return f'"{self.pick(WORDS)}"'
        return self.one_of(
            depth,
            lambda d: f"{self.text(d)} + {self.text(d)}",
            lambda d: f"{self.pick(['upper', 'lower', 'trim', 'toBase64', 'trimPrefix'])}({self.text(d)})",
            lambda d: f"{self.text(d)} | {self.pick(['upper', 'lower', 'trim'])}()",
            lambda d: f"string({self.write(d)})",
            lambda d: f"type({self.write(d)})",
            lambda d: f"toJSON({self.write(d)})",
            lambda d: f"replace({self.text(d)}, {self.text(0)}, {self.text(0)})",
            lambda d: f"repeat({self.text(d)}, {self.pick(['0', '1', '2', '3'])})",
            lambda d: f"join({self.texts(d)}, {self.text(0)})",
            lambda d: f"{self.text(d)}[{self.pick(['0', '1', ''])}:{self.pick(['', '2', '-1'])}]",
            lambda d: f"{self.span(d)}.String()",
            lambda d: f'{self.instant(d)}.Format("2006-01-02 15:04:05 -0700")',
            self.text,
            self.any,
        )

    def texts(self, depth: int) -> str:
        return self.one_of(
            depth,
            lambda d: f"split({self.text(d)}, {self.text(0)})",
            lambda d: f'["a", {self.text(d)}]',
            lambda d: f"map({self.array(d)}, string(#))",
        )

    def numbers(self, depth: int) -> str:
        return self.one_of(
            depth,
            lambda d: f"{self.pick(['0', '1', '-2'])}..{self.pick(['0', '3', '5'])}",
            lambda d: f"[{self.number(d)}, {self.number(d)}]",
            lambda d: f"[{self.number(0)}, {self.number(0)}, {self.number(0)}]",
            lambda d: "result",
            lambda d: f"map({self.array(d)}, {self.number(d)})",
        )

    def predicate(self, depth: int) -> str:
        self.inside += 1
        body = self.one_of(
            depth + 1,
            self.boolean,
            lambda d: f"# {self.pick(['<', '>', '==', '!='])} {self.leaf(d)}",
            lambda d: f"# {self.pick(['<', '>', '=='])} {self.number(d)}",
            lambda d: f".{self.pick(FIELDS)} {self.pick(['>', '==', '!='])} {self.leaf(d)}",
            lambda d: f"# in {self.array(d)}",
        )
        self.inside -= 1
        return self.pick([body, f"{{{body}}}"])

    def array(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(["[]", "[1, 2, 3]", '["a", "b"]', "result", "1..3", '[1, "a", nil]', "[0.5, 1]"])
        return self.one_of(
            depth,
            self.numbers,
            self.texts,
            lambda d: f"filter({self.array(d)}, {self.predicate(d)})",
            lambda d: f"map({self.array(d)}, {self.mapping(d)})",
            lambda d: f"map(filter({self.array(d)}, {self.predicate(d)}), {self.mapping(d)})",
            lambda d: f"{self.pick(['sort', 'reverse', 'uniq', 'flatten'])}({self.array(d)})",
            lambda d: f"sortBy({self.array(d)}, {self.mapping(d)}, \"{self.pick(['asc', 'desc'])}\")",
            lambda d: f"concat({self.array(d)}, {self.array(d)})",
            lambda d: f"take({self.array(d)}, {self.pick(['0', '1', '5'])})",
            lambda d: f"{self.array(d)}[{self.pick(['0', '1', ''])}:{self.pick(['', '2', '-1'])}]",
            lambda d: f"keys({{{self.pick(FIELDS)}: {self.write(d)}}})",
            lambda d: f"values({{{self.pick(FIELDS)}: {self.write(d)}}})",
            lambda d: f"[{self.write(d)}, {self.write(d)}]",
            lambda d: f"toPairs({{{self.pick(FIELDS)}: {self.write(d)}}})",
            self.any,
        )

    def mapping(self, depth: int) -> str:
        self.inside += 1
        body = self.one_of(
            depth + 1, lambda d: "#", lambda d: f".{self.pick(FIELDS)}", lambda d: "#index", self.write, self.number
        )
        self.inside -= 1
        return f"({body})" if body.startswith("{") else body

    def map(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(["{}", "{a: 1}", '{a: 1, "b": "x"}', "result", "{a: 1.0}"])
        return self.one_of(
            depth,
            lambda d: f"{{{self.pick(FIELDS)}: {self.write(d)}}}",
            lambda d: f'{{{self.pick(FIELDS)}: {self.write(d)}, "z": {self.write(d)}}}',
            lambda d: f"{{({self.text(d)}): {self.write(d)}}}",
            lambda d: f"groupBy({self.array(d)}, {self.mapping(d)})",
            lambda d: f"fromPairs([[{self.leaf(d)}, {self.write(d)}]])",
            self.any,
        )

    def instant(self, depth: int) -> str:
        if depth <= 0:
            return f'date("{self.pick(INSTANTS)}")'
        return self.one_of(
            depth,
            lambda d: f"{self.instant(d)} {self.pick(['+', '-'])} {self.span(d)}",
            lambda d: f'date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "{self.pick(ZONES)}")',
            lambda d: f'{self.instant(d)}.In(timezone("{self.pick(ZONES)}"))',
            lambda d: f"{self.instant(d)}.AddDate(0, {self.pick(['1', '-1', '13'])}, 0)",
            lambda d: f"{self.instant(d)}.Truncate({self.span(0)})",
            self.instant,
        )

    def span(self, depth: int) -> str:
        if depth <= 0:
            return f'duration("{self.pick(SPANS)}")'
        return self.one_of(
            depth,
            lambda d: f"({self.instant(d)} - {self.instant(d)})",
            lambda d: f"({self.span(d)} {self.pick(['+', '-', '*'])} {self.span(d)})",
            lambda d: f"({self.span(d)} * {self.number(0)})",
            lambda d: f"{self.span(d)}.{self.pick(['Round', 'Truncate'])}({self.span(0)})",
            self.span,
        )
