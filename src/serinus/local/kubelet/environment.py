"""What a container finds in its environment, and its command line. Pure."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from serinus.local.kubelet.spec import Container, EnvFrom, EnvSource, Pod
from serinus.local.kubelet.status import HOST_IP

INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ", "USER")
"""Variables of ours that containers may see: programs need them, and none is secret."""

MESH = "local.serinus.dev/mesh"
"""Pod annotation: "true" sends the pod's HTTP requests through the mesh gateway."""

_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")
_MEMBER = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


class EnvironmentProblemError(Exception):
    """A variable whose value cannot be had; the container waits."""


@dataclass(frozen=True)
class Source:
    """A ConfigMap or Secret that a container names."""

    kind: str
    name: str


@dataclass(frozen=True)
class Given:
    """What the kubelet adds to the pod's own words.

    `sources` holds the data of every ConfigMap and Secret that was found.
    """

    ip: str
    listens: Mapping[int, str]
    base: Mapping[str, str] = field(default_factory=dict)
    image_env: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[Source, Mapping[str, str]] = field(default_factory=dict)


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Pick what containers may see of our own environment.

    Our Python comes first on the path, so that `python` always means something.
    """
    chosen = {name: environ[name] for name in INHERITED if name in environ}
    programs = str(Path(sys.executable).parent)
    return chosen | {"PATH": f"{programs}:{chosen.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"}


def in_mesh(pod: Pod) -> bool:
    """Whether a pod's requests shall go through the mesh gateway."""
    return pod.metadata.annotations.get(MESH) == "true"


def mesh_variables(door: str) -> dict[str, str]:
    """Tell a process which proxy serves the names of the mesh; the manifest may say otherwise."""
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), door)
    return {**proxies, **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1")}


def sources_of(container: Container) -> set[Source]:
    """Name the ConfigMaps and Secrets whose data the environment needs."""
    found = {source for each in container.env_from if (source := _whole(each))}
    for variable in container.env:
        if told := variable.value_from:
            if told.config_map_key_ref:
                found.add(Source("configmaps", told.config_map_key_ref.name))
            if told.secret_key_ref:
                found.add(Source("secrets", told.secret_key_ref.name))
    return found


def environment(pod: Pod, container: Container, given: Given) -> dict[str, str]:
    """Build a container's environment.

    The ports are ours to say and win over the manifest's: only we know them.
    Raises EnvironmentProblemError for what a variable names and nobody has.
    """
    ports = port_variables(container, given.listens)
    env = {**given.base, **about(pod, container, given.ip), **given.image_env, **ports}
    for each in container.env_from:
        env |= _imported(each, given)
    for variable in container.env:
        if variable.value_from is None:
            env[variable.name] = expand(variable.value, env)
        elif (value := _value(pod, variable.value_from, given)) is not None:
            env[variable.name] = value
    return env | ports


def about(pod: Pod, container: Container, ip: str) -> dict[str, str]:
    """Tell a process who it is."""
    return {
        "HOSTNAME": pod.spec.hostname or pod.metadata.name,
        "IMAGE": container.image,
        "POD_IP": ip,
        "POD_NAME": pod.metadata.name,
        "POD_NAMESPACE": pod.metadata.namespace,
    }


def port_variables(container: Container, listens: Mapping[int, str]) -> dict[str, str]:
    """Tell a process where to listen in place of each port of its pod."""
    real = {port: place.rpartition(":")[2] for port, place in listens.items()}
    named = {f"PORT_{port}": number for port, number in real.items()}
    first = next((real[port] for port in container.tcp_ports if port in real), None)
    return named if first is None else {**named, "PORT": first}


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace `$(NAME)`; `$$` is a dollar, and an unknown name stays as it is."""
    return _REFERENCE.sub(lambda match: "$" if match[0] == "$$" else env.get(match[1], match[0]), text)


def command_line(container: Container, entrypoint: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """Build the words of the command that a container runs."""
    words = [expand(word, env) for word in (*container.command, *container.args)]
    return words if container.command else [*entrypoint, *words]


def _whole(each: EnvFrom) -> Source | None:
    if each.config_map_ref:
        return Source("configmaps", each.config_map_ref.name)
    return Source("secrets", each.secret_ref.name) if each.secret_ref else None


def _imported(each: EnvFrom, given: Given) -> dict[str, str]:
    source, told = _whole(each), each.config_map_ref or each.secret_ref
    if source is None or told is None:
        return {}
    if source not in given.sources and not told.optional:
        raise EnvironmentProblemError(f"{source.kind} {source.name!r} not found")
    return {each.prefix + key: value for key, value in given.sources.get(source, {}).items()}


def _value(pod: Pod, told: EnvSource, given: Given) -> str | None:
    """Look a variable up; None where it is optional and absent."""
    if told.field_ref:
        return _field(pod, told.field_ref.field_path, given)
    for kind, ref in (("configmaps", told.config_map_key_ref), ("secrets", told.secret_key_ref)):
        if ref is None:
            continue
        data = given.sources.get(Source(kind, ref.name))
        if data is not None and ref.key in data:
            return data[ref.key]
        if ref.optional:
            return None
        trouble = f"has no key {ref.key!r}" if data is not None else "not found"
        raise EnvironmentProblemError(f"{kind} {ref.name!r} {trouble}")
    raise EnvironmentProblemError("this kubelet knows fieldRef, configMapKeyRef and secretKeyRef only")


def _field(pod: Pod, path: str, given: Given) -> str:
    fields = dict(_fields(pod, given))
    if path in fields:
        return fields[path]
    if match := _MEMBER.fullmatch(path):
        held = pod.metadata.labels if match[1] == "labels" else pod.metadata.annotations
        return held.get(match[2], "")
    raise EnvironmentProblemError(f"unknown field {path!r}: known are {', '.join(fields)}")


def _fields(pod: Pod, given: Given) -> Iterator[tuple[str, str]]:
    yield "metadata.name", pod.metadata.name
    yield "metadata.namespace", pod.metadata.namespace
    yield "metadata.uid", pod.metadata.uid
    yield "spec.nodeName", pod.spec.node_name
    yield "spec.serviceAccountName", pod.spec.service_account_name
    yield from (("status.hostIP", HOST_IP), ("status.hostIPs", HOST_IP))
    yield from (("status.podIP", given.ip), ("status.podIPs", given.ip))
