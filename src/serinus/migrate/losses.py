"""What cannot be carried over, and what to do about it.

Source of the names: the annotations page of ingress-nginx.
"""

from serinus.api.scalar import Manifest

PREFIX = "nginx.ingress.kubernetes.io/"
POLICY = "the Gateway's implementation may have a policy for it"
DROPPED = ("kubectl.kubernetes.io/", "meta.helm.sh/", "kubernetes.io/ingress.class", "deployment.kubernetes.io/")
"""Annotations about who applied an object, and which class it had: they are no wish."""

HINTS = (
    ("canary", "the controller makes the canary routes; let people in by a setHeaderRoute step"),
    ("affinity", "it keeps a client on a pod; sessionAffinity of the plugin keeps it on a version"),
    ("session-cookie", "it belongs to affinity"),
    ("auth-", POLICY),
    ("limit-", POLICY),
    ("whitelist-source-range", POLICY),
    ("denylist-source-range", POLICY),
    ("proxy-body-size", POLICY),
    ("enable-cors", "the CORS filter of HTTPRoutes is experimental"),
    ("cors-", "the CORS filter of HTTPRoutes is experimental"),
    ("proxy-read-timeout", "timeouts.request of a rule limits whole requests, not the time between two reads"),
    ("proxy-send-timeout", "timeouts.request of a rule limits whole requests, not the time between two writes"),
    ("proxy-connect-timeout", POLICY),
    ("proxy-next-upstream", "retries of HTTPRoutes are experimental"),
    ("ssl-redirect", "a redirect to HTTPS is an HTTPRoute of its own, at the Gateway's HTTP listener"),
    ("force-ssl-redirect", "a redirect to HTTPS is an HTTPRoute of its own, at the Gateway's HTTP listener"),
    ("permanent-redirect", "use a rule with a RequestRedirect filter, which has no backends"),
    ("temporal-redirect", "use a rule with a RequestRedirect filter, which has no backends"),
    ("mirror-", "use a setMirrorRoute step, or a RequestMirror filter"),
    ("backend-protocol", "GRPC needs a GRPCRoute, HTTPS a BackendTLSPolicy, others appProtocol at the Service"),
    ("configuration-snippet", "it is written in nginx's own language"),
    ("server-snippet", "it is written in nginx's own language"),
    ("stream-snippet", "it is written in nginx's own language"),
)
DEFAULTS = {
    "ssl-redirect": {"false"},
    "force-ssl-redirect": {"false"},
    "use-regex": {"false"},
    "enable-cors": {"false"},
    "backend-protocol": {"HTTP", "AUTO_HTTP"},
}
"""Values that ask for nothing."""


class Losses:
    """Collects what is lost, each with the object that said it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, manifest: Manifest, text: str) -> None:
        """Note a loss, once."""
        line = f"{manifest['kind']} {manifest['metadata']['name']}: {text}"
        if line not in self.lines:
            self.lines.append(line)

    def annotation(self, manifest: Manifest, name: str, value: str) -> None:
        """Note the loss of an annotation of ingress-nginx, unless it asks for nothing."""
        if value in DEFAULTS.get(name, ()):
            return
        hint = next((hint for start, hint in HINTS if name.startswith(start)), "an HTTPRoute has nothing like it")
        self.add(manifest, f"annotation {PREFIX}{name}: {hint}")


def kept(annotations: dict[str, str]) -> dict[str, str]:
    """The annotations that are for other tools and stay as they are."""
    return {
        name: value
        for name, value in annotations.items()
        if not name.startswith((PREFIX, "cert-manager.io/", *DROPPED))
    }
