"""Where a submission runs: it answers questions with data, and can do nothing else."""

from .bubblewrap import SandboxUnavailable
from .host import Sandbox
from .session import Limits, Reply, SandboxLost, Session, ended_by_itself
from .worker import codec

__all__ = ["Limits", "Reply", "Sandbox", "SandboxLost", "SandboxUnavailable", "Session", "codec", "ended_by_itself"]
