"""The command lines of the control plane's programs."""

from dataclasses import dataclass
from pathlib import Path

from serinus.local.pki import Pki

SERVICE_ISSUER = "https://kubernetes.default.svc"
SERVICE_RANGE = "10.96.0.0/16"

CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
    "cronjob-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "horizontal-pod-autoscaler-controller",
    "disruption-controller",
)

AUDIT_LOG_MIB = 1000
"""Where the audit log begins anew; a benchmark's must fit in."""

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""


@dataclass(frozen=True)
class Plane:
    """What the programs must know of each other, decided before they start."""

    folder: Path
    pki: Pki
    api_port: int
    etcd_port: int
    peer_port: int
    audit_log: Path | None
    """Where the API server writes one line per request; None for no audit."""

    @property
    def server(self) -> str:
        """The API's address."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def tokens(self) -> Path:
        """The API server's static token file."""
        return self.folder / "tokens.csv"

    @property
    def audit_policy(self) -> Path:
        """What the audit log holds: who did what, not the contents."""
        return self.folder / "audit-policy.yaml"

    @property
    def manager_kubeconfig(self) -> Path:
        """How kube-controller-manager reaches the API."""
        return self.folder / "kube-controller-manager.yaml"


def etcd(plane: Plane) -> list[str]:
    """Serve on loopback, to holders of a certificate of etcd's authority.

    Without fsync: a cluster of this kind need not survive a power cut.
    """
    clients = f"https://127.0.0.1:{plane.etcd_port}"
    peers = f"https://127.0.0.1:{plane.peer_port}"
    pki = plane.pki
    return [
        "etcd",
        "--name=default",
        f"--data-dir={plane.folder / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        f"--cert-file={pki.etcd.cert}",
        f"--key-file={pki.etcd.key}",
        f"--trusted-ca-file={pki.etcd_ca}",
        "--client-cert-auth",
        f"--peer-cert-file={pki.etcd.cert}",
        f"--peer-key-file={pki.etcd.key}",
        f"--peer-trusted-ca-file={pki.etcd_ca}",
        "--peer-client-cert-auth",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver(plane: Plane) -> list[str]:
    """Serve with RBAC and static tokens; call the kubelet by certificate.

    Admission asks for no ServiceAccount: nothing here makes their tokens.
    """
    pki = plane.pki
    return [
        "kube-apiserver",
        f"--secure-port={plane.api_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--tls-cert-file={pki.apiserver.cert}",
        f"--tls-private-key-file={pki.apiserver.key}",
        f"--etcd-servers=https://127.0.0.1:{plane.etcd_port}",
        f"--etcd-cafile={pki.etcd_ca}",
        f"--etcd-certfile={pki.apiserver_to_etcd.cert}",
        f"--etcd-keyfile={pki.apiserver_to_etcd.key}",
        f"--kubelet-certificate-authority={pki.ca}",
        f"--kubelet-client-certificate={pki.apiserver_to_kubelet.cert}",
        f"--kubelet-client-key={pki.apiserver_to_kubelet.key}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={SERVICE_ISSUER}",
        f"--service-account-key-file={pki.service_accounts}",
        f"--service-account-signing-key-file={pki.service_accounts}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--token-auth-file={plane.tokens}",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
        "--enable-priority-and-fairness=false",
        *_audit(plane),
    ]


def _audit(plane: Plane) -> list[str]:
    if plane.audit_log is None:
        return []
    return [
        f"--audit-policy-file={plane.audit_policy}",
        f"--audit-log-path={plane.audit_log}",
        f"--audit-log-maxsize={AUDIT_LOG_MIB}",
        "--audit-log-maxbackup=1",
    ]


def controller_manager(plane: Plane) -> list[str]:
    """Run the controllers that make a workload live; serve nothing."""
    access = plane.manager_kubeconfig
    return [
        "kube-controller-manager",
        f"--kubeconfig={access}",
        f"--authentication-kubeconfig={access}",
        f"--authorization-kubeconfig={access}",
        f"--service-account-private-key-file={plane.pki.service_accounts}",
        "--use-service-account-credentials=false",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
        # Somebody watches: 15 seconds between two looks at an autoscaler seem as if nothing happened.
        "--horizontal-pod-autoscaler-sync-period=2s",
        f"--controllers={','.join(CONTROLLERS)}",
    ]
