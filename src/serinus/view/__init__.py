"""What people are shown of a Rollout: one read model for every surface.

Law of the room: pure, and about meaning only. It says which phase, step, weight, image and pod status a person sees,
in words and signs; how wide a column is, which colour it has and what the time is are the business of who prints it.
The command line, the dashboard and notifications read the same values from here.
"""
