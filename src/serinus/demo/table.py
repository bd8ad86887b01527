"""The table of all moments, as text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.table import Table
from rich.text import Text

from serinus.demo.analysis import Analysis
from serinus.demo.check import offences
from serinus.demo.row import Row, Side, share
from serinus.demo.scenario import Moment, Scenario
from serinus.demo.weights import spoken

BAR = 10
"""Characters of a share's bar."""
COLUMNS = ("Moment", "Wanted", "Observed", "Requests", "Failed")
OBJECTS = {"nginx": "Canary Ingress as kubectl reads it", "envoy": "Weights as kubectl reads them"}
"""The column of the router's objects, by gateway."""
SWITCHED = "Services as kubectl reads them"
"""The same where Services are switched."""
MEASURED = "Canary Ingress, and what was measured"
"""The same where analyses are part of the story."""
ALIGNED_RIGHT = {"Wanted", "Observed", "Requests", "Failed"}


@dataclass(frozen=True)
class Now:
    """What happens at the moment that has no row yet."""

    moment: Moment
    text: str
    answers: Mapping[str, int] = field(default_factory=dict)
    """Good answers to requests from outside so far, by version."""
    second: Mapping[str, int] = field(default_factory=dict)
    """The same for requests of the second side."""


def table_of(scenario: Scenario, rows: Sequence[Row], now: Now | None = None, skip: int = 0) -> Table:
    """Draw a line per moment: those seen but the first few, the one that is on, and those to come."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in COLUMNS:
        table.add_column(title, justify="right" if title in ALIGNED_RIGHT else "left", no_wrap=True)
    table.add_column(_objects(scenario))
    table.add_column("Pods", no_wrap=True)
    for row in rows[skip:]:
        table.add_row(*_seen(scenario, row))
    for moment in scenario.moments[len(rows) :]:
        table.add_row(*(_running(now) if now and now.moment is moment else _to_come(moment)))
    return table


def _objects(scenario: Scenario) -> str:
    if scenario.measured:
        return MEASURED
    return SWITCHED if scenario.door.preview else OBJECTS[scenario.door.gateway]


def _seen(scenario: Scenario, row: Row) -> Iterable[Text]:
    is_good = not offences(row)
    yield Text(f"{'✔' if is_good else '✖'} {row.title}", style="green" if is_good else "bold red")
    yield Text(f"{row.wanted.weight} %")
    yield _shares(row.sides, row.wanted.new)
    yield Text("\n".join(f"{side.requests:,}" for side in row.sides))
    yield Text(str(row.failed), style="bold red" if row.failed else "")
    lines = (*_ingress_lines(scenario, row), *_weight_lines(row), *_analysis_lines(row), *_service_lines(scenario, row))
    yield Text("\n".join(lines) or "none")
    yield Text("\n".join(_pods(row)))


def _running(now: Now) -> Iterable[Text]:
    wanted = now.moment.wanted
    row = Row(title=now.moment.title, wanted=wanted, answers=now.answers, second=now.second)
    total = min(side.requests for side in row.sides)
    yield Text(f"▸ {now.moment.title}", style="bold")
    yield Text(f"{wanted.weight} %")
    yield _shares(row.sides, wanted.new) if total else Text("")
    yield Text(f"{total:,}" if total else "")
    yield Text("")
    yield Text(f"… {now.text}", style="italic")
    yield Text("")


def _to_come(moment: Moment) -> Iterable[Text]:
    yield Text(f"  {moment.title}", style="dim")
    yield Text(f"{moment.wanted.weight} %", style="dim")


def _shares(sides: Sequence[Side], image: str) -> Text:
    """Tell a version's share of each side; of a single one, draw it."""
    if len(sides) > 1:
        return Text("\n".join(f"{side.name} {100 * share(side.answers, image):.1f} %" for side in sides))
    part = share(sides[0].answers, image)
    return Text(f"{100 * part:.1f} %\n").append(bar(part), style="cyan")


def bar(part: float) -> str:
    """Draw a share, 0 to 1."""
    full = round(part * BAR)
    return "█" * full + "░" * (BAR - full)


def _ingress_lines(scenario: Scenario, row: Row) -> Iterable[str]:
    """Name every Ingress that is not the user's own, and tell its annotations in short."""
    for name, annotations in row.objects.ingresses.items():
        if name not in scenario.own_ingresses:
            yield name
            yield ", ".join(f'{key.rpartition("/")[2]} "{value}"' for key, value in sorted(annotations.items()))


def _weight_lines(row: Row) -> Iterable[str]:
    """Name every route, and tell the weight of each destination."""
    for name, weights in row.objects.virtual_services.items():
        yield name
        yield from (f"{host} {weight}" for host, weight in weights.items())


def _service_lines(scenario: Scenario, row: Row) -> Iterable[str]:
    """Name every Service and the version that it leads to, where Services are switched."""
    if scenario.door.preview:
        yield from (f"{name} → {image}" for name, image in row.objects.services.items())
    if row.switch is not None:
        yield f"both answered for {row.switch:.2f} s"


def _analysis_lines(row: Row) -> Iterable[str]:
    """Tell each measurement, and the verdict."""
    if row.analysis is not None:
        yield from (one.brief for one in row.analysis.measurements)
        yield f"the analysis is {row.analysis.phase}"
    if row.reaction is not None:
        yield f"{row.reaction:.2f} s later all traffic was back"


def _pods(row: Row) -> Iterable[str]:
    """Tell the pods of each version that has some."""
    sizes = sorted(row.objects.pods.items())
    return [f"{image.partition(':')[2]} × {size.there}" for image, size in sizes if size.there or size.wanted]


def details(row: Row) -> str:
    """Tell everything about a row, a fact per line."""
    lines = [
        ("wanted", f"{row.wanted.weight} % to {row.wanted.new}"),
        *(("observed", _observed(side, row.wanted.new)) for side in row.sides),
        ("failed", f"{row.failed} requests, transition included"),
        *(("Ingress", _with_annotations(name, notes)) for name, notes in row.objects.ingresses.items()),
        *(("weights", f"{name}: {spoken(weights)}") for name, weights in row.objects.virtual_services.items()),
        *(("measured", str(one)) for one in (row.analysis.measurements if row.analysis else ())),
        *([("analysis", _verdict(row.analysis))] if row.analysis else []),
        *([("reaction", _reaction(row.reaction))] if row.reaction is not None else []),
        *([("switch", f"both versions answered for {row.switch:.2f} s")] if row.switch is not None else []),
        ("Services", ", ".join(f"{name} → {image}" for name, image in row.objects.services.items())),
        ("pods", ", ".join(f"{image} × {size.there}" for image, size in sorted(row.objects.pods.items()))),
    ]
    found = offences(row)
    verdict = ["  ✔ as it should be"] if not found else [f"  ✖ {offence}" for offence in found]
    return "\n".join([row.title, *(f"  {label:<9} {text}" for label, text in lines), *verdict])


def _reaction(seconds: float) -> str:
    return f"{seconds:.2f} s from the failing measurement to all traffic on the stable version"


def _verdict(analysis: Analysis) -> str:
    message = f": {analysis.message}" if analysis.message else ""
    return f"{analysis.name} is {analysis.phase}{message}"


def _observed(side: Side, image: str) -> str:
    place = f" from {side.name}" if side.name else ""
    return f"{100 * share(side.answers, image):.1f} % of {side.requests:,} requests{place}"


def _with_annotations(name: str, annotations: Mapping[str, str]) -> str:
    return "\n".join([name, *(f'{"":12}  {key}: "{value}"' for key, value in sorted(annotations.items()))])


def verdict(rows: Sequence[Row], offended: Sequence[str], totals: str) -> str:
    """Say how it went: one line when all is well, otherwise one per offence."""
    if not offended:
        return f"All {len(rows)} moments are as the article says. {totals}"
    return "\n".join([f"{totals}", *(f"✖ {offence}" for offence in offended)])
