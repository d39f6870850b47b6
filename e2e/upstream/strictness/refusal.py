"""What all checks share."""

from __future__ import annotations

import re
from typing import Any

Body = dict[str, Any]

TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
IMAGE_TYPES = {"image/jpeg", "image/png", "image/gif", "image/webp"}


class RefusedError(Exception):
    """The request would get this status, 400 as a rule, with this message and, from Anthropic, these details."""

    def __init__(self, message: str, status: int = 400, details: Body | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.details = details


def need(condition: Any, message: str, status: int = 400) -> None:
    if not condition:
        raise RefusedError(message, status)
