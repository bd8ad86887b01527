"""The vocabulary of the API: what Kubernetes and Argo manifests say, as types.

Law of the room: pure values and nothing else. A field has Argo's name (snake_case here, camelCase on the wire),
unknown fields are ignored when reading and never written, and a field that is absent is ``None``: defaults are
applied by properties with a name of their own, so that what the user wrote stays visible. The custom resource
definitions are generated from these types (``crds``), so the two cannot drift apart.
"""
