"""The shell around the decision: observe, apply, and the loop between them.

Law of the room: thin. It reads clocks and stores, sends what the plan says, and decides nothing: whatever depends on
the meaning of a Rollout belongs to the pure rooms. One straight line: watch → store → queue → observe → plan → apply.
"""
