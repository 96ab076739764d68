"""What was handed in, and what of it runs.

`rebuild` reads bytes that anyone may have written and puts the answers on the skeleton of the course; `program` picks the cells
that run, `parsing` reads them and `tools` finds what an assignment does not allow. Nothing of a submission runs here, and
whatever it says is made fit to be shown by `plain`.
"""
