"""A good row, and ways to spoil it."""

from msgspec.structs import replace

from serinus.demo.reading import Objects, Size
from serinus.demo.row import Row
from serinus.demo.scenarios.nginx import nginx

SCENARIO = nginx(6.0)
MOMENTS = {moment.title: moment for moment in SCENARIO.moments}
PREFIX = "nginx.ingress.kubernetes.io"


def good(title: str) -> Row:
    """A row that shows exactly what is wanted."""
    wanted = MOMENTS[title].wanted
    share = 10 * wanted.weight
    return Row(
        title=title,
        wanted=wanted,
        objects=Objects(
            ingresses={name: dict(notes) for name, notes in wanted.ingresses.items()},
            services=dict(wanted.services),
            pods={image: Size(size, size, size) for image, size in wanted.pods.items()},
        ),
        answers={image: count for image, count in ((wanted.new, share), (wanted.stable, 1000 - share)) if count},
    )


def with_objects(row: Row, **parts: object) -> Row:
    """The row with other objects."""
    return replace(row, objects=replace(row.objects, **parts))
