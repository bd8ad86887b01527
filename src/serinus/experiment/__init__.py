"""Experiments: fleets of pods that live side by side for a time, and are judged.

Pure, as all decisions are: what is seen and the moment give the plan. An Experiment never touches what others own; its
fleets carry a hash of their own, so that no Service of a Rollout ever selects their pods.
"""
