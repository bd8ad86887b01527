"""The program ``serinus``, which is also kubectl's plugin ``kubectl argo rollouts``.

Law of the room: one file per command. A command reads flags, asks or changes the cluster through ``kube``, and prints
what ``view`` says. What people and scripts read here (texts, patches, exit codes) is Argo Rollouts' interface. Whatever
goes wrong is one line on stderr and exit code 1. Starting must stay fast: a module imports only what every command
needs, and the rest where it is used.
"""
