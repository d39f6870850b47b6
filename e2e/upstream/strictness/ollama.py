"""What Ollama refuses: it ignores names that it does not know, but reads the ones it knows by their Go types."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ..record import Recorded
from .refusal import Body, need

OPTIONS: dict[str, type | tuple[type, ...]] = {
    "num_ctx": int,
    "num_predict": int,
    "num_keep": int,
    "seed": int,
    "top_k": int,
    "repeat_last_n": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "min_p": (int, float),
    "typical_p": (int, float),
    "repeat_penalty": (int, float),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "stop": list,
}


def check(request: Recorded) -> None:
    body: Body = request.json
    need(isinstance(body.get("model"), str) and body["model"], "model is required")
    need(isinstance(body.get("messages"), list), _type("messages", "[]api.Message", body.get("messages")))
    need(isinstance(body.get("stream", True), bool), _type("stream", "bool", body.get("stream")))
    form = body.get("format")
    need(form in (None, "", "json") or isinstance(form, dict), f'invalid format: {form!r}; expected "json" or a schema')
    think = body.get("think")
    need(think is None or think in (True, False, "low", "medium", "high", "max"), f"invalid think value: {think!r}")
    for name, value in (body.get("options") or {}).items():
        wanted = OPTIONS.get(name)
        need(wanted is None or isinstance(value, wanted), f'option "{name}" must be of type {wanted}')
    for tool in body.get("tools") or []:
        _tool(tool)
    for message in body["messages"]:
        _message(message)


def _type(field: str, wanted: str, value: Any) -> str:
    return f"json: cannot unmarshal {type(value).__name__} into Go struct field ChatRequest.{field} of type {wanted}"


def _tool(tool: Body) -> None:
    need(tool.get("type") == "function", "invalid tool type")
    function = tool["function"]
    need(isinstance(function["name"], str) and function["name"], "tool function name is required")
    parameters = function.get("parameters", {"type": "object"})
    need(isinstance(parameters, dict), _type("tools.function.parameters", "api.ToolFunctionParameters", parameters))
    need(parameters.get("type") == "object", "tool parameters must be an object")
    need(isinstance(parameters.get("required") or [], list), _type("tools.required", "[]string", parameters))
    need(isinstance(parameters.get("properties") or {}, dict), _type("tools.properties", "map", parameters))


def _message(message: Body) -> None:
    need(message.get("role") in {"system", "user", "assistant", "tool"}, f"invalid role: {message.get('role')!r}")
    need(isinstance(message.get("content", ""), str), _type("messages.content", "string", message.get("content")))
    need(isinstance(message.get("thinking", ""), str), _type("messages.thinking", "string", message.get("thinking")))
    for image in message.get("images") or []:
        try:
            base64.b64decode(image, validate=True)
        except binascii.Error:
            need(False, "illegal base64 data at input byte 4")
    for call in message.get("tool_calls") or []:
        function = call["function"]
        need(isinstance(function["name"], str) and function["name"], "tool call without a name")
        arguments = function.get("arguments", {})
        need(isinstance(arguments, dict), _type("messages.tool_calls.function.arguments", "map", arguments))
