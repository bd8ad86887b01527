"""The kubelet of the local cluster: pods as processes of this computer.

The law of this room: to the API it behaves as any kubelet does, so that whoever
watches pods sees nothing unusual; what it cannot do it says in an Event or in
one line, and never pretends. One pod's trouble never touches another: each has
a task of its own. `status`, `facts`, `restarts`, `environment`, `logquery` and
`spec` are pure.

    informer → Kubelet → PodRun → ContainerRun → process
                            └ facts → status → Reporter → API

A process finds its real port in PORT and PORT_<containerPort>, others find it in
the pod's annotation `local.serinus.dev/listens`. Containers share this computer:
there are no volumes, no users and no limits of their own.
"""

from serinus.local.kubelet.images import Image, ImageTable, ImageTableError
from serinus.local.kubelet.kubelet import Kubelet
from serinus.local.kubelet.reporter import LISTENS
from serinus.local.kubelet.server import KubeletTLS

__all__ = ["LISTENS", "Image", "ImageTable", "ImageTableError", "Kubelet", "KubeletTLS"]
