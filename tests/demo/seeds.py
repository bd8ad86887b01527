"""Good rows of both columns, and ways to spoil them."""

from msgspec.structs import replace

from serinus.demo.reading import Objects, Size
from serinus.demo.row import Row
from serinus.demo.scenario import Moment, Wanted
from serinus.demo.scenarios.analysis import analysis
from serinus.demo.scenarios.blue_green import blue_green
from serinus.demo.scenarios.istio import istio
from serinus.demo.scenarios.nginx import nginx

SCENARIO = nginx(6.0)
MOMENTS = {moment.title: moment for moment in SCENARIO.moments}
ISTIO = istio(16.0)
ISTIO_MOMENTS = {moment.title: moment for moment in ISTIO.moments}
ANALYSIS = analysis(25.0)
BLUE_GREEN = blue_green(10.0)
BLUE_GREEN_MOMENTS = {moment.title: moment for moment in BLUE_GREEN.moments}
PREFIX = "nginx.ingress.kubernetes.io"


def good(title: str, moments: dict[str, Moment] = MOMENTS) -> Row:
    """A row that shows exactly what is wanted."""
    wanted = moments[title].wanted
    return Row(
        title=title,
        wanted=wanted,
        objects=Objects(
            ingresses={name: dict(notes) for name, notes in wanted.ingresses.items()},
            virtual_services={name: dict(weights) for name, weights in wanted.virtual_services.items()},
            services=dict(wanted.services),
            pods={image: Size(size, size, size) for image, size in wanted.pods.items()},
        ),
        answers=split(wanted, wanted.weight),
        second={} if wanted.second is None else split(wanted, wanted.second),
    )


def split(wanted: Wanted, weight: int) -> dict[str, int]:
    """Exactly enough answers, exactly in the wanted shares."""
    new = wanted.requests * weight // 100
    parts = ((wanted.new, new), (wanted.stable, wanted.requests - new))
    return {image: count for image, count in parts if count}


def with_objects(row: Row, **parts: object) -> Row:
    """The row with other objects."""
    return replace(row, objects=replace(row.objects, **parts))
