"""The responses that OpenAI keeps for its clients: retrieved, continued, deleted."""

from __future__ import annotations

import json
from typing import Any

from . import openai_chat
from .record import Recorded

Item = dict[str, Any]


def _item(item: Item, number: int) -> Item:
    """An input item as the list of them shows it."""
    content = item.get("content")
    if isinstance(content, str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        item = {**item, "content": [{"type": kind, "text": content}]}
    return {"id": f"msg_in{number}", "type": "message", "status": "completed", **item}


class StoredResponses:
    def __init__(self) -> None:
        self._items: dict[str, list[Item]] = {}
        self._inputs: dict[str, list[Item]] = {}
        self._responses: dict[str, dict[str, Any]] = {}

    def keep(self, request: Recorded, body: bytes) -> None:
        response = json.loads(body)
        response = response.get("response", response)
        asked = request.json
        if asked.get("store") is False:
            return
        given = asked.get("input") or []
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        self._inputs[response["id"]] = items
        self._items[response["id"]] = [*(request.earlier or []), *items, *response["output"]]
        self._responses[response["id"]] = response

    def items_before(self, request: Recorded) -> list[Item] | None:
        """Everything that was said up to the response which this request continues."""
        earlier = request.json.get("previous_response_id")
        return self._items.get(earlier) if isinstance(earlier, str) else None

    def answer(self, request: Recorded) -> tuple[int, bytes]:
        """Retrieve, delete, cancel and list the input of a response."""
        name, _, action = request.path.partition("/responses/")[2].partition("/")
        if name not in self._responses:
            return 404, openai_chat.error(404, f"Response with id '{name}' not found.")
        match (request.method, action):
            case ("GET", ""):
                return 200, json.dumps(self._responses[name]).encode()
            case ("DELETE", ""):
                del self._responses[name], self._items[name]
                return 200, json.dumps({"id": name, "object": "response", "deleted": True}).encode()
            case ("GET", "input_items"):
                data = [_item(item, number) for number, item in enumerate(self._inputs[name])]
                ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
                return 200, json.dumps({"object": "list", "data": data, "has_more": False, **ends}).encode()
            case ("POST", "cancel"):
                return 400, openai_chat.error(400, "Cannot cancel a synchronous response.")
        return 404, openai_chat.error(404, f"Invalid URL ({request.method} {request.target})")
