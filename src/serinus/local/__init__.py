"""A real Kubernetes cluster on this computer, without containers.

The law of this room: it knows nothing of rollouts. It starts real programs
(etcd, kube-apiserver, kube-controller-manager, nginx) on free loopback ports,
keeps everything that it writes in one state folder per cluster, and leaves no
process behind, however it ends. The controller speaks to it over HTTPS, as to
any cluster.
"""
