"""Analysis: from templates to a run, and from measurements to a verdict.

Law of the room: pure. It says what a run consists of, what is due, and how a run stands; it never measures anything
itself, and it knows neither who made a run nor what follows from its verdict.
"""
