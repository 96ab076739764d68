"""One submission, from its cells to its points.

`grade` asks the questions in the sandbox and adds up; `result` is what comes of it and `said` the sentences for it; `store`
keeps results from one run to the next, and `budget` knows how much time the answers may take.
"""
