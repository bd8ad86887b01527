"""The article's canary, played on a real cluster and checked row by row.

The law of this room: whatever decides is pure (`scenario`, `scenarios`, `sight`,
`weights`, `routes`, `meshroutes`, `row`, `tally`, `check`, `record`, `table`);
whatever touches the world only looks and types what a user would type
(`kubectl`, `watch`, `front`, `wire`, `traffic`, `calls`, `play`, `screen`,
`run`). `caller` is the program of a pod. Nothing here knows how the controller
decides: it sees objects as kubectl reads them, and answers to requests.
"""
