"""From Ingresses to routes, by the rules of ingress-nginx.

The oldest Ingress wins a place that several claim. A canary Ingress adds a split
to the location at the same host, path and kind of path, and nothing where there
is none; of several canaries the oldest counts. Classes are the API server's
business: it fills in the default class when an Ingress is made.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from serinus.local.gateways.addresses import Addresses
from serinus.local.gateways.nginx.canary import KNOWN, PREFIX, is_canary
from serinus.local.gateways.nginx.reading import ANYTHING, Claim, Place, Reading, read_ingress
from serinus.local.gateways.nginx.text import UnservableError
from serinus.local.gateways.objects import Found, Ingress, IngressClass
from serinus.local.gateways.routing import Backend, Location, Remark, Routing, Server, Split

CLASS = "nginx"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
CONTROLLER = "k8s.io/ingress-nginx"
BEGINNING = datetime.min.replace(tzinfo=UTC)


def route(found: Found, banned: Mapping[str, str] | None = None) -> Routing:
    """Say what the Ingresses of class nginx ask for.

    `banned` maps an Ingress ("namespace/name") to the reason why it is left out
    although it looks right: nginx itself refused what it says.
    """
    book = _Book()
    addresses = Addresses(found)
    ours = sorted((item for item in found.ingresses if is_ours(item, found.classes)), key=_age)
    readings = [reading for item in ours if (reading := book.read(item, addresses, banned or {}))]
    mains = [reading for reading in readings if reading.rule is None]
    for reading in mains:
        book.claim(reading)
    book.fill_roots(mains)
    for reading in readings:
        book.split(reading)
    return book.routing()


def is_ours(ingress: Ingress, classes: Iterable[IngressClass]) -> bool:
    """Whether this gateway serves an Ingress; the old annotation goes before the field."""
    if annotated := ingress.metadata.annotations.get(CLASS_ANNOTATION):
        return annotated == CLASS
    name = ingress.spec.ingress_class_name
    controller = next((item.spec.controller for item in classes if item.metadata.name == name), None)
    return name == CLASS if controller is None else controller == CONTROLLER


def _age(ingress: Ingress) -> tuple[datetime, str]:
    return ingress.metadata.creation_timestamp or BEGINNING, ingress.key


class _Book:
    """Who serves which place; filled in the order of age."""

    def __init__(self) -> None:
        self._locations: dict[Place, Location] = {}
        self._left_out: list[Remark] = []
        self._remarks: list[Remark] = []

    def read(self, ingress: Ingress, addresses: Addresses, banned: Mapping[str, str]) -> Reading | None:
        """Read an Ingress; one that cannot be served is noted and None."""
        try:
            if ingress.key in banned:
                raise UnservableError(banned[ingress.key])
            reading = read_ingress(ingress, addresses)
        except UnservableError as refusal:
            self._left_out.append(Remark(ingress.key, str(refusal)))
            return None
        self._remarks += [Remark(ingress.key, text) for text in _annotation_remarks(ingress)]
        return reading

    def claim(self, reading: Reading) -> None:
        """Give an Ingress the places that nobody older has."""
        for claim in reading.claims:
            holder = self._locations.get(claim.place)
            if holder is None:
                self._settle(reading.owner, claim.place, claim.backend)
            elif holder.owner != reading.owner:
                self._remark(reading, f"{claim.place} is served for the older Ingress {holder.owner}")

    def fill_roots(self, mains: list[Reading]) -> None:
        """Give every host an answer for all its other paths, and all other hosts one."""
        catch_all = next((reading for reading in mains if reading.default), None)
        if catch_all is not None:
            self._settle(catch_all.owner, ANYTHING, catch_all.default)
        for reading in mains:
            for host in reading.hosts:
                self._settle(reading.owner, Place(host), reading.default)
        self._settle("", ANYTHING, None)

    def split(self, reading: Reading) -> None:
        """Add a canary's backends to the locations that it stands beside."""
        everything = (Claim(ANYTHING, reading.default),) if reading.default else ()
        for claim in (*reading.claims, *everything) if reading.rule else ():
            self._split(reading, claim)

    def _split(self, reading: Reading, claim: Claim) -> None:
        assert reading.rule is not None
        main = self._locations.get(claim.place)
        if main is None or main.backend is None:
            self._remark(reading, f"{claim.place} has no Ingress that this canary could stand beside")
        elif main.split is not None:
            self._remark(reading, f"{claim.place} already has the canary {main.split.owner}")
        elif main.backend == claim.backend:
            self._remark(reading, f"{claim.place} already goes to {main.backend}")
        else:
            split = Split(reading.owner, claim.backend, reading.rule)
            self._locations[claim.place] = msgspec.structs.replace(main, split=split)

    def routing(self) -> Routing:
        """Close the book: hosts and paths in alphabetical order."""
        hosts: dict[str, list[Location]] = {}
        for place in sorted(self._locations, key=lambda place: (place.host, place.path, place.exact)):
            hosts.setdefault(place.host, []).append(self._locations[place])
        return Routing(
            servers=tuple(Server(host, tuple(locations)) for host, locations in hosts.items()),
            left_out=tuple(self._left_out),
            remarks=tuple(self._remarks),
        )

    def _settle(self, owner: str, place: Place, backend: Backend | None) -> None:
        location = Location(owner=owner, path=place.path, exact=place.exact, backend=backend)
        self._locations.setdefault(place, location)

    def _remark(self, reading: Reading, text: str) -> None:
        self._remarks.append(Remark(reading.owner, text))


def _annotation_remarks(ingress: Ingress) -> list[str]:
    """Name the annotations that have no effect here."""
    ours = sorted(name for name in ingress.metadata.annotations if name.startswith(PREFIX))
    remarks = [f"annotation {name} is not served" for name in ours if name not in KNOWN]
    if not is_canary(ingress.metadata.annotations):
        idle = [name for name in ours if name in KNOWN and name != PREFIX + "canary"]
        remarks += [f'annotation {name} has no effect without {PREFIX}canary: "true"' for name in idle]
    return remarks
