"""For those who write courses.

`verify` says whether a suite is right: it accepts every right answer there is, whatever the seed, and rejects every wrong one.
`forgers` are answers that know nothing, and `mutation` makes mistakes of model answers, one place at a time.
"""
