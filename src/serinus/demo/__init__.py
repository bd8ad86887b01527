"""The article's canary, played on a real cluster and checked row by row.

The law of this room: whatever decides is pure (`scenario`, `scenarios`, `sight`,
`routes`, `row`, `tally`, `check`, `record`, `table`); whatever touches the world
only looks and types what a user would type (`kubectl`, `watch`, `wire`,
`traffic`, `play`, `screen`, `run`). Nothing here knows how the controller
decides: it sees objects as kubectl reads them, and answers to requests.
"""
