"""Write conditions at random: mostly meaningful ones, from a seed.

A template names other kinds with `@`; kinds without templates of their own are
lists of words. `@kind0` takes a word where there is one.
"""

import random
import re

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

LEAVES = {
    "number": [
        "0",
        "1",
        "2",
        "3",
        "-1",
        "7",
        "0x1F",
        "1_000",
        "9223372036854775807",
        "0.5",
        "1.5",
        "-2.5",
        "1e3",
        ".25",
    ],
    "boolean": ["true", "false", "true", "false", "isNil(result)", "result"],
    "text": [f'"{word}"' for word in ("", "a", "ab", "Hello World", "  x ", "ÄÖ", "1", "2.5", "a,b,c", "😀", "{}")],
    "array": ["[]", "[1, 2, 3]", '["a", "b"]', "result", "1..3", '[1, "a", nil]', "[0.5, 1]"],
    "map": ["{}", "{a: 1}", '{a: 1, "b": "x"}', "result", "{a: 1.0}"],
    "any": ["result", "nil"],
    "instant": [
        f'date("{text}")'
        for text in (
            "2023-08-14",
            "2023-08-14T10:20:30Z",
            "2024-02-29 23:59:59",
            "15:04:05",
            "2020-01-01T00:00:00+02:00",
        )
    ],
    "span": [f'duration("{text}")' for text in ("1h", "90m", "1h30m10.5s", "-5s", "0s", "250ms", "3us")],
    "leaf": ["0", "1", "-1", "0.5", "3.0", '"a"', "true", "nil"],
    "field": ["a", "b", "c", "n", "s", "ok", "missing"],
    "access": ["", ".a", ".b", "?.b", ".b?.c", "?.missing?.x", "[0]", "[-1]", "[1:]", "[:2]", "[5]", '["a"]', "?.[0]"],
    "order": ["<", ">", "<=", ">=", "==", "!="],
    "sign": ["+", "-", "*", "/", "%"],
    "exponent": ["2", "-1", "0", "3", "0.5", "31"],
    "logic": ["and", "or", "&&", "||", "=="],
    "small": ["0", "1", "2", "5"],
    "end": ["", "0", "1", "-1", "2"],
    "pattern": [f'"{text}"' for text in ("^a", "b$", "[a-c]+", "\\\\d", "(?i)hello", "x|y", "a.c", "", "^[A-Z]")],
    "zone": ["UTC", "Europe/Zurich", "America/New_York"],
    "quantifier": ["all", "any", "none", "one"],
    "search": ["find", "findIndex", "findLast", "findLastIndex"],
    "rounding": ["abs", "ceil", "floor", "round", "int", "float", "asInt", "asFloat"],
    "aggregate": ["sum", "mean", "median", "min", "max"],
    "bits": ["bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr"],
    "case": ["upper", "lower", "trim", "toBase64", "trimPrefix", "trimSuffix"],
    "rearranged": ["sort", "reverse", "uniq", "flatten"],
    "pointer": ["#", "#", "#", "#index"],
}
TEMPLATES = {
    "write": ["@number", "@boolean", "@boolean", "@text", "@array", "@map", "@instant", "@span", "@any"],
    "any": [
        *("result@access", "result@access ?? @leaf", "get(@any, @leaf)", "first(@array)", "last(@array)"),
        *("default(@any, @leaf)", "(@boolean ? @write : @write)", "if @boolean {@write} else {@write}"),
        *("find(@array, @predicate)", "reduce(@array, #acc + #)", "@let", "@write"),
    ],
    "number": [
        *("@number @sign @number", "(@number @sign @number)", "@number ** @exponent", "(@number ^ @exponent)"),
        *("-@number0", "len(@array)", "len(@text)", "@rounding(@number)", "@aggregate(@numbers)"),
        *("max(@number, @number)", "min(@number, @number)", "count(@array, @predicate)"),
        *("sum(@numbers, # * @number0)", "@bits(@small, @small)", "indexOf(@text, @text)", "int(@text0)"),
        *("float(@text0)", "@instant.Year()", "@instant.YearDay()", "@instant.Unix()", "@span.Seconds()"),
        *("@span.Milliseconds()", "reduce(@numbers, # + #acc, @number0)", "@search(@array, @predicate)", "@any"),
    ],
    "boolean": [
        *("@number @order @number", "@any @order @leaf", "@number0 < @number0 <= @number0", "@boolean @logic @boolean"),
        *("not (@boolean)", "!(@boolean)", "@quantifier(@array, @predicate)", "@text contains @text"),
        *("@text startsWith @text", "@text @order @text", "@text matches @pattern", "@text not matches @pattern"),
        *("@leaf in @array", "@leaf not in @array", '"@field" in @map', "@any in @array", "@array == @array"),
        *("@map == @map", "isNaN(@number)", "isInf(@number)", "@instant @order @instant", "@span @order @span"),
        *("count(@array, @predicate) > @small", "count(@array, @predicate) <= @small", "@any", "@write == @write"),
        "@quantifier(@array, @predicate) @logic @quantifier(@array, @predicate)",
    ],
    "text": [
        *("@text + @text", "@case(@text)", "@text | upper()", "string(@plain)", "type(@write)", "toJSON(@plain)"),
        *("replace(@text, @text0, @text0)", "repeat(@text, @small)", "join(@texts, @text0)", "@text[@end:@end]"),
        *("@span.String()", '@instant.Format("2006-01-02 15:04:05 -0700 MST")', "string(@instant)", "@any"),
    ],
    "plain": ["@number", "@boolean", "@text", "@span", "result", "[@number, @text]", "{a: @number, b: @text}"],
    "texts": ["split(@text, @text0)", '["a", @text]', "map(@array, type(#))"],
    "numbers": [
        "@small..@small",
        "[@number, @number]",
        "[@number0, @number0, @number0]",
        "result",
        "map(@array, @number)",
    ],
    "array": [
        *("@numbers", "@texts", "filter(@array, @predicate)", "map(@array, @mapping)", "@rearranged(@array)"),
        *("map(filter(@array, @predicate), @mapping)", 'sortBy(@array, @mapping, "desc")', "concat(@array, @array)"),
        *("take(@array, @small)", "@array[@end:@end]", "keys({@field: @write})", "values({@field: @write})"),
        *("[@write, @write]", "toPairs({@field: @write})", "@array | filter(@predicate)", "@any"),
    ],
    "map": [
        *("{@field: @write}", '{@field: @write, "z": @write}', "{(@text): @write}", "groupBy(@array, @mapping)"),
        *("fromPairs([[@leaf, @write]])", "@any"),
    ],
    "instant": [
        *("@instant + @span", "@instant - @span", '@instant.In(timezone("@zone"))', "@instant.AddDate(0, @small, 0)"),
        *('date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "@zone")', "@instant.Truncate(@span0)", "@instant"),
    ],
    "span": [
        *("(@instant - @instant)", "(@span + @span)", "(@span - @span)", "(@span * @number0)", "@span.Round(@span0)"),
        *("@span.Truncate(@span0)", "@span"),
    ],
    "predicate": ["@test", "{@test}", "{let p = #; @test}"],
    "test": [
        "@boolean",
        "# @order @leaf",
        "# @order @number",
        ".@field @order @leaf",
        "# in @array",
        "#@access == nil",
    ],
    "mapping": ["@pointer", ".@field", "(@write)", "@number", "@pointer + @number0"],
}
PLACEHOLDER = re.compile(r"@([a-z]+)(0?)")
TOKENS = re.findall(
    r"\S+",
    "a result 1 2.5 's' true nil ( ) [ ] { } , ; : ? ?. . .. :: + - * / % ** ^ == != < > <= >= && || ! not in and or "
    "matches contains startsWith ?? | # #acc filter map len count let x = if else `r` b'x' 0x1 .5 asInt reduce",
)
TO_BREAK = [
    "filter(result, # > 1)",
    "a ? b : c",
    "let x = 1; x + 2",
    "{a: 1, b: [1,2]}",
    "result?.a.b[0]",
    "1 not in [1,2]",
    "if true {1} else {2}",
    "result | map(# + 1) | len()",
    "1 < 2 < 3",
    "-2 * 2 ?? 1",
    "[1,2,3][1:2]",
    "reduce(1..3, #acc + #, 0)",
    "(1; 2)",
    "map([1], {let y = #; y * 2})",
    "result.a.not.in",
    "{(1+1|string()): 2}",
    "::len([1])",
    "not true and false",
    "1..3 == [1,2,3]",
    "filter([1],{#;#>0})",
]
PART = re.compile(r"\w+|\s+|[^\w\s]")


class Writer:
    """Writes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.variables = 0

    def meaningful(self, depth: int = 3) -> str:
        """An expression from the templates, most of which mean something."""
        return self.expand("write", depth)

    def broken(self) -> str:
        """Words in a row, or an expression of which some were changed."""
        if self.random.random() < 0.3:
            return " ".join(self.random.choices(TOKENS, k=self.random.randint(1, 7)))
        parts = PART.findall(self.random.choice(TO_BREAK))
        for _ in range(self.random.randint(1, 3)):
            place = self.random.randrange(len(parts))
            chance = self.random.random()
            parts[place : place + (chance > 0.35)] = [self.random.choice(TOKENS) + " "] if chance < 0.7 else []
            parts = parts or ["1"]
        return "".join(parts)

    def result(self) -> dict[str, object]:
        """A result: JSON, or a vector."""
        if self.random.random() < 0.3:
            return {"floats": self.random.choice(VECTORS)}
        return {"result": self.random.choice(RESULTS)}

    def expand(self, kind: str, depth: int) -> str:
        """A word or a template of a kind, filled in."""
        if kind == "let":
            return self.let(depth)
        if kind not in TEMPLATES or (depth <= 0 and kind in LEAVES):
            return self.random.choice(LEAVES[kind])
        template = self.random.choice(TEMPLATES[kind])
        return PLACEHOLDER.sub(lambda found: self.expand(found[1], 0 if found[2] else depth - 1), template)

    def let(self, depth: int) -> str:
        """A variable that is used once or not at all."""
        self.variables += 1
        name = f"v{self.variables}"
        body = self.random.choice([name, f"{name} == {self.expand('leaf', 0)}", self.expand("write", depth - 1)])
        return f"(let {name} = {self.expand('write', depth - 1)}; {body})"
