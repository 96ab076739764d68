"""What the host and a supervisor agree on, besides the frames of `codec.py`; the messages are listed in `supervisor.py`."""

from __future__ import annotations

import struct

MESSAGE = struct.Struct("<cdI")  # kind, number, size of the payload
LENGTH = struct.Struct("<I")  # of one request among several in a payload
BEGIN = struct.Struct("<dddI?")  # what an exercise may use: seconds to load, to answer, to spare; bytes of answers; whether another follows
NESTED, FRESH = "nested", "fresh"  # tiers: namespaces for each submission inside of bubblewrap's, or a fresh bubblewrap for each
WALL_PER_CPU = 10  # seconds on the wall for each second that may be spent on the processor
QUIET_SECONDS = 0.1  # the host is told each time that nothing has run for so much longer
