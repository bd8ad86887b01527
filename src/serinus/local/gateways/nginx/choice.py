"""How nginx chooses between a main backend and its canary.

A chain of variables, one per criterion, each handing on to the next: header,
then cookie, then weight. All comparisons are regular expressions, because nginx
compares plain map keys without regard to case.
"""

from msgspec import Struct

from serinus.local.gateways.nginx.text import literal, quoted
from serinus.local.gateways.nginx.upstreams import name_of
from serinus.local.gateways.routing import Location, Routing, Split

GRAIN = 10_000
"""nginx splits in ten-thousandths; what is finer is split a second time."""


class Choice(Struct, frozen=True):
    """The variables that decide for one location, and the word that holds the answer."""

    outcome: str
    lines: tuple[str, ...]


def choices(routing: Routing) -> dict[Location, Choice]:
    """Write the choice of each location that has a canary with something to send to.

    A canary without addresses gets nothing, as in ingress-nginx, and neither does
    one whose main backend has none: its requests end with 503.
    """
    split = [
        location
        for server in routing.servers
        for location in server.locations
        if location.split and location.split.backend.addresses and location.backend and location.backend.addresses
    ]
    return {location: _choice(location, f"$canary_{number}") for number, location in enumerate(split)}


def _choice(location: Location, name: str) -> Choice:
    assert location.backend is not None
    assert location.split is not None
    chain = _Chain(name, name_of(location.backend), location.split)
    chain.by_weight()
    chain.by_cookie()
    chain.by_header()
    return Choice(chain.outcome, tuple(chain.lines))


class _Chain:
    """Built from its end: each step falls back to the outcome so far."""

    def __init__(self, name: str, main: str, split: Split) -> None:
        self._name = name
        self._main = main
        self._canary = name_of(split.backend)
        self._rule = split.rule
        self.outcome = main
        self.lines = [f"# from {split.owner}"]

    def by_weight(self) -> None:
        """Let chance decide: exactly never at 0, exactly always at 1."""
        share = self._rule.share
        if share >= 1:
            self.outcome = self._canary
            return
        coarse, fine = divmod(round(share * GRAIN * GRAIN), GRAIN)
        if fine:
            self._split("fine", "${request_id}fine", [(fine, self._canary)])
            self._split("coarse", "$request_id", [(coarse, self._canary), (1, "fine")])
            self._map("weight", f"{self._name}_coarse", {"^fine\\z": f"{self._name}_fine"}, f"{self._name}_coarse")
        elif coarse:
            self._split("weight", "$request_id", [(coarse, self._canary)])

    def by_cookie(self) -> None:
        """Obey a cookie that says always or never."""
        if self._rule.cookie:
            rules = {
                cookie_pattern(self._rule.cookie, "always"): self._canary,
                cookie_pattern(self._rule.cookie, "never"): self._main,
            }
            self._map("cookie", "$http_cookie", rules)

    def by_header(self) -> None:
        """Obey a header: its value, else its pattern, else always or never."""
        rule = self._rule
        if not rule.header:
            return
        if rule.header_value:
            rules = {f"^{literal(rule.header_value)}\\z": self._canary}
        elif rule.header_pattern:
            rules = {rule.header_pattern: self._canary}
        else:
            rules = {r"^always\z": self._canary, r"^never\z": self._main}
        self._map("header", "$http_" + rule.header.lower().replace("-", "_"), rules)

    def _split(self, step: str, source: str, parts: list[tuple[int, str]]) -> None:
        """Give ten-thousandths of all requests to each word, the rest to the main backend."""
        self.lines += [f'split_clients "{source}" {self._name}_{step} {{']
        self.lines += [f"    {part // 100}.{part % 100:02}% {word};" for part, word in parts if part]
        self.lines += [f"    * {self._main};", "}"]
        self.outcome = f"{self._name}_{step}"

    def _map(self, step: str, source: str, rules: dict[str, str], otherwise: str = "") -> None:
        """Choose by a request's header; what is absent matches nothing."""
        otherwise = otherwise or self.outcome
        self.lines += [f"map {source} {self._name}_{step} {{", f'    "" {otherwise};', f"    default {otherwise};"]
        self.lines += [f"    {quoted('~' + pattern)} {word};" for pattern, word in rules.items()]
        self.lines += ["}"]
        self.outcome = f"{self._name}_{step}"


def cookie_pattern(name: str, value: str) -> str:
    """Match a Cookie header whose first cookie of this name has exactly this value."""
    named = rf"\s*(?i:{literal(name)})\s*=\s*"
    return rf"^(?:(?!{named})[^;,]*[;,])*{named}{value}(?:;|\z)"
