"""A scripted stand-in for the vendors: answers with their documented bytes, records, misbehaves on demand."""

from .answers import Answer, Document, Image, Text, Thinking, ToolUse, Usage
from .behaviours import Behaviour
from .record import Recorded
from .server import ScriptedUpstream

__all__ = [
    "Answer",
    "Behaviour",
    "Document",
    "Image",
    "Recorded",
    "ScriptedUpstream",
    "Text",
    "Thinking",
    "ToolUse",
    "Usage",
]
