"""Whether any request is lost while Rollouts are updated, again and again, in every way that an update can end.

Law of the room: nothing here knows how the controller decides. It does what users do, through the API, sends what
clients send, through real gateways, and counts. What is drawn by chance is drawn from a seed, in `script` alone.
"""
