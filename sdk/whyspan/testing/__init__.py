"""For tests of agents: what they recorded, in memory; and failures that were recorded, replayed without network or key.

`capture()` needs neither a collector nor `configure()`. `replay()` reads a tape that `whyspan test export` wrote.
"""

from whyspan.testing.captured import Captured, capture
from whyspan.testing.replays import Replay, replay
from whyspan.testing.tape import RecordedError, WrongTape
from whyspan.testing.verdict import ReplayOver, ReplayVerdict

__all__ = ["Captured", "RecordedError", "Replay", "ReplayOver", "ReplayVerdict", "WrongTape", "capture", "replay"]
