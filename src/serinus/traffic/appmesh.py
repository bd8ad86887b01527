"""Traffic by the weighted targets of an App Mesh VirtualRouter.

All objects are the user's: in the routes of the VirtualRouter behind his VirtualService, we set the weights of the two
VirtualNodes; on the VirtualNodes, the label by which they select the pods of a version. A VirtualNode moves to another
version only when that can serve; the canary's, besides, only while no weight leads to it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from serinus.api import keys
from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import AppMeshNodeGroup, AppMeshRouting, AppMeshVirtualService, TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic import appmesh_routes as routes
from serinus.traffic.appmesh_routes import Nodes
from serinus.traffic.found import invalid, is_set, missing
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted

_GROUP = "appmesh.k8s.aws"
_NO_CANARY, _NO_STABLE = "canary-hash", "stable-hash"
"""What a VirtualNode selects while there is no such version: two of them must never select the same pods."""


class AppMesh:
    """VirtualServices, VirtualRouters and VirtualNodes of AWS App Mesh."""

    name = "AppMesh"
    supports: frozenset[Ability] = frozenset()

    def __init__(self, api_version: str = "v1beta2") -> None:
        self.virtual_service = Kind(f"{_GROUP}/{api_version}", "VirtualService", "virtualservices")
        self.virtual_router = Kind(f"{_GROUP}/{api_version}", "VirtualRouter", "virtualrouters")
        self.virtual_node = Kind(f"{_GROUP}/{api_version}", "VirtualNode", "virtualnodes")

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.appMesh`` is set."""
        return routing.app_mesh is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The VirtualService, the VirtualNodes, and any VirtualRouter: which it is, the VirtualService says."""
        namespace, nodes = rollout.metadata.namespace, _nodes(rollout)
        return [
            Ref(self.virtual_service, namespace, _service(rollout).name),
            Ref(self.virtual_router, namespace, ""),
            Ref(self.virtual_node, namespace, nodes.canary),
            Ref(self.virtual_node, namespace, nodes.stable),
        ]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """An object that is missing, or routes whose targets are not our two VirtualNodes."""
        return next(self._troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The VirtualNodes on their versions, and the VirtualRouter with the decided weights."""
        router = self._router(traffic.rollout, found)
        if router is None:
            return ()
        ref = Ref(self.virtual_router, router.metadata.namespace, router.metadata.name)
        names = _service(traffic.rollout).routes
        weighted = routes.split(router, traffic, _nodes(traffic.rollout), names)
        message = f"VirtualRouter `{ref.name}` set to desiredWeight '{traffic.weight}'"
        weights = Wanted(ref, {"spec": {"routes": weighted}}, "UpdatedVirtualRouter", message)
        return [*self._moved(traffic, found, router), *([] if traffic.is_settling else [weights])]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the objects say it; then unknown, as no proxy reports what it does."""
        return None if is_set(self.route(traffic, found), found) else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
        """Take our label and our name off VirtualNodes."""
        owner = found.metadata.annotations.get(keys.MANAGED_BY)
        is_used = any(user.name == owner and user.metadata.namespace == ref.namespace for user in users)
        if ref.kind != self.virtual_node or owner is None or is_used:
            return None
        labels = {keys.POD_TEMPLATE_HASH: None}
        manifest = {
            "metadata": {"annotations": {keys.MANAGED_BY: None}},
            "spec": {"podSelector": {"matchLabels": labels}},
        }
        return Wanted(ref, manifest, "UpdatedVirtualNode", f"VirtualNode `{ref.name}` given back")

    def _moved(self, traffic: Traffic, found: Found, router: Foreign) -> Iterator[Wanted]:
        nodes, names = _nodes(traffic.rollout), _service(traffic.rollout).routes
        is_same = traffic.canary_hash == traffic.stable_hash
        canary = _NO_CANARY if is_same else traffic.canary_hash or _NO_CANARY
        is_free = not routes.has_weight(router, nodes.canary, names) and not traffic.is_settling
        for name, hash_, may_move in (
            (nodes.stable, traffic.stable_hash or _NO_STABLE, True),
            (nodes.canary, canary, is_free),
        ):
            ref = Ref(self.virtual_node, traffic.namespace, name)
            item = found.get(ref)
            if item is not None:
                present = _hash(item)
                is_able = hash_ in {_NO_CANARY, _NO_STABLE} or hash_ in (traffic.serving if present else traffic.whole)
                wanted = hash_ if may_move and is_able else present
                yield _node(traffic, ref, wanted)

    def _router(self, rollout: Rollout, found: Found) -> Foreign | None:
        service = found.get(Ref(self.virtual_service, rollout.metadata.namespace, _service(rollout).name))
        ref = routes.router_ref(service) if service else {}
        namespace = ref.get("namespace") or rollout.metadata.namespace
        return found.get(Ref(self.virtual_router, namespace, ref.get("name", "")))

    def _troubles(self, rollout: Rollout, found: Found) -> Iterator[Trouble]:
        name, nodes = _service(rollout).name, _nodes(rollout)
        service = found.get(Ref(self.virtual_service, rollout.metadata.namespace, name))
        if service is None:
            yield missing(".virtualService.name", self.virtual_service, name, "VirtualServiceNotFound")
        elif not routes.router_ref(service):
            yield invalid(".virtualService.name", name, "Virtual-service is not associated with virtual-router")
        elif (router := self._router(rollout, found)) is None:
            place = f"in namespace {rollout.metadata.namespace}"
            detail = f'virtualrouters.{_GROUP} "{routes.router_ref(service).get("name")}" not found {place}'
            yield invalid(".virtualService.name", name, detail, "VirtualRouterNotFound")
        elif text := routes.problem(router, nodes, _service(rollout).routes):
            yield invalid(".virtualService.routes", list(_service(rollout).routes), text)
        for field, node in (("canaryVirtualNodeRef", nodes.canary), ("stableVirtualNodeRef", nodes.stable)):
            item = found.get(Ref(self.virtual_node, rollout.metadata.namespace, node))
            path = f".virtualNodeGroup.{field}.name"
            if item is None:
                yield missing(path, self.virtual_node, node, "VirtualNodeNotFound")
            elif item.metadata.annotations.get(keys.MANAGED_BY, rollout.name) != rollout.name:
                yield invalid(path, node, f"VirtualNode `{node}` is managed by another Rollout")


def _node(traffic: Traffic, ref: Ref, hash_: str) -> Wanted:
    selector = {"podSelector": {"matchLabels": {keys.POD_TEMPLATE_HASH: hash_}}} if hash_ else {}
    manifest: dict[str, Any] = {"metadata": {"annotations": {keys.MANAGED_BY: traffic.rollout.name}}}
    manifest |= {"spec": selector} if selector else {}
    return Wanted(ref, manifest, "UpdatedVirtualNode", f"VirtualNode `{ref.name}` leads to {hash_}")


def _hash(item: Foreign) -> str:
    selector = (item.raw.get("spec") or {}).get("podSelector") or {}
    return str((selector.get("matchLabels") or {}).get(keys.POD_TEMPLATE_HASH, ""))


def _spec(rollout: Rollout) -> AppMeshRouting:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.app_mesh if routing else None) or AppMeshRouting()


def _service(rollout: Rollout) -> AppMeshVirtualService:
    return _spec(rollout).virtual_service or AppMeshVirtualService(name="")


def _nodes(rollout: Rollout) -> Nodes:
    group: AppMeshNodeGroup | None = _spec(rollout).virtual_node_group
    if group is None:
        return Nodes("", "")
    return Nodes(group.canary_virtual_node_ref.name, group.stable_virtual_node_ref.name)
