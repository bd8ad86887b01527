"""Gateways: the doors through which traffic enters the local cluster.

The law of this room: a gateway is a real proxy, fed with text. What the cluster
says becomes a routing model, the model becomes the proxy's configuration, and
both steps are pure; only the shell around them watches, writes files and starts
processes. Everything that a user wrote is validated or quoted, and what cannot
be served is left out with a reason, never half served. A gateway knows routes,
weights and endpoints, and nothing of who decides them.
"""
