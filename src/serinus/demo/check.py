"""What is wrong with a row: one line per offence."""

from collections.abc import Iterator, Mapping

from serinus.demo.analysis import Analysis
from serinus.demo.row import ERRORS, Row, Side, share, standard_error
from serinus.demo.scenario import Judgement
from serinus.demo.weights import spoken

NEAR = 0.05
"""How far a measured ratio may be off: its requests are some hundreds, and its samples a second apart."""


def offences(row: Row) -> list[str]:
    """Say all that is not as it should be; nothing for a good row."""
    shares = [line for side in row.sides for line in (*_strangers(row, side), *_share(row, side))]
    objects = (*_ingresses(row), *_virtual_services(row), *_services(row), *_pods(row))
    found = [*row.troubles, *_failures(row), *shares, *objects, *_analysis(row)]
    return [f"{row.title}: {offence}" for offence in found]


def _failures(row: Row) -> Iterator[str]:
    if row.failed:
        first = f", the first: {row.failures[0]}" if row.failures else ""
        yield f"{row.failed} failed {'request' if row.failed == 1 else 'requests'}{first}"


def _strangers(row: Row, side: Side) -> Iterator[str]:
    for image in sorted(set(side.answers) - {row.wanted.new, row.wanted.stable}):
        yield f"{side.answers[image]} {_requests(side)} were answered by {image}, which should get none"


def _share(row: Row, side: Side) -> Iterator[str]:
    if side.requests < row.wanted.requests:
        yield f"the share rests on {side.requests} {_requests(side)}, not on {row.wanted.requests}"
    if not side.requests:
        return
    seen, wanted = share(side.answers, row.wanted.new), side.weight / 100
    allowed = ERRORS * standard_error(wanted, side.requests)
    if abs(seen - wanted) > allowed:
        told = f"{row.wanted.new} got {100 * seen:.1f} % of {side.requests} {_requests(side)}"
        yield f"{told}, not {side.weight} % (by chance at most {100 * allowed:.1f} points away)"


def _requests(side: Side) -> str:
    return f"requests from {side.name}" if side.name else "requests"


def _ingresses(row: Row) -> Iterator[str]:
    wanted, seen = row.wanted.ingresses, row.objects.ingresses
    for name in sorted(set(seen) - set(wanted)):
        yield f"the Ingress {name} is there and should not be"
    for name in sorted(set(wanted) - set(seen)):
        yield f"the Ingress {name} is missing"
    for name in sorted(set(wanted) & set(seen)):
        yield from (f"the Ingress {name} has {difference}" for difference in _annotations(wanted[name], seen[name]))


def _annotations(wanted: Mapping[str, str], seen: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(set(wanted) | set(seen)):
        if key not in seen:
            yield f'no annotation {key}, which should be "{wanted[key]}"'
        elif key not in wanted:
            yield f'the annotation {key} "{seen[key]}", which should not be there'
        elif seen[key] != wanted[key]:
            yield f'the annotation {key} "{seen[key]}", not "{wanted[key]}"'


def _virtual_services(row: Row) -> Iterator[str]:
    seen = row.objects.virtual_services
    for name, weights in row.wanted.virtual_services.items():
        if name not in seen:
            yield f"the VirtualService's route {name} is missing"
        elif seen[name] != weights:
            yield f"the VirtualService's route {name} leads to {spoken(seen[name])}, not to {spoken(weights)}"


def _services(row: Row) -> Iterator[str]:
    for name, image in row.wanted.services.items():
        seen = row.objects.services.get(name)
        if seen is None:
            yield f"the Service {name} is missing"
        elif seen != image:
            yield f"the Service {name} selects {seen}, not {image}"


def _pods(row: Row) -> Iterator[str]:
    for image, wanted in row.wanted.pods.items():
        size = row.objects.pods.get(image)
        if size is None:
            yield f"there is no ReplicaSet of {image}, which should have {wanted} pods"
        elif {size.wanted, size.there, size.available} != {wanted}:
            seen = f"{size.wanted} wanted, {size.there} there, {size.available} available"
            yield f"the ReplicaSet of {image} has not {wanted} pods: {seen}"


def _analysis(row: Row) -> Iterator[str]:
    wanted, seen = row.wanted.analysis, row.analysis
    if wanted is None:
        return
    if seen is None:
        yield f"no AnalysisRun judges {row.wanted.new}"
        return
    if seen.phase != wanted.phase:
        message = f" ({seen.message})" if seen.message else ""
        yield f"the AnalysisRun {seen.name} is {seen.phase}{message}, not {wanted.phase}"
    yield from _measurements(seen, wanted)


def _measurements(seen: Analysis, wanted: Judgement) -> Iterator[str]:
    """A verdict needs a measurement of the same phase; those without data are nobody's fault."""
    for one in seen.measurements:
        if one.ratio is not None and abs(one.ratio - wanted.ratio) > NEAR:
            yield f"the measurement {one.number} of {one.metric} is {one.value}, not about {wanted.ratio:g}"
    grounds = {one.phase for one in seen.measurements if one.ratio is not None}
    if wanted.phase in {"Successful", "Failed"} and wanted.phase not in grounds:
        yield f"no measurement of the AnalysisRun {seen.name} is {wanted.phase}"
