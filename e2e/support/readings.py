"""What an upstream request says, read from either dialect into one form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..upstream import Recorded
from .conversation import Call


@dataclass
class ReadResult:
    id: str
    text: str
    is_error: bool


@dataclass
class Reading:
    system: str = ""
    user_text: list[str] = field(default_factory=list)
    assistant_text: list[str] = field(default_factory=list)
    thinking: list[tuple[str, str | None]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    results: list[ReadResult] = field(default_factory=list)
    tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    choice: str | None = None
    parallel: bool | None = None
    stop: list[str] = field(default_factory=list)
    max_tokens: int | None = None
    schema: dict[str, Any] | None = None
    thinks: bool = False


def read(request: Recorded) -> Reading:
    return _anthropic(request.json) if request.path.endswith("/messages") else _openai(request.json)


def _openai(body: dict[str, Any]) -> Reading:
    out = Reading(max_tokens=body.get("max_completion_tokens", body.get("max_tokens")))
    system = []
    for message in body["messages"]:
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        texts = [part["text"] for part in parts if part["type"] == "text"]
        match message["role"]:
            case "system" | "developer":
                system += texts
            case "tool":
                text = "\n".join(texts)
                out.results.append(ReadResult(message["tool_call_id"], text, text.startswith("Error: ")))
            case "assistant":
                out.assistant_text += texts
                if message.get("reasoning_content"):
                    out.thinking.append((message["reasoning_content"], None))
                for call in message.get("tool_calls") or []:
                    function = call["function"]
                    out.calls.append(Call(function["name"], json.loads(function["arguments"]), call["id"]))
            case "user":
                out.user_text += texts
                for part in parts:
                    if part["type"] == "image_url":
                        out.images.append(part["image_url"]["url"].partition(";base64,")[2] or part["image_url"]["url"])
                    if part["type"] == "file":
                        out.documents.append(part["file"]["file_data"].partition(";base64,")[2])
    out.system = "\n\n".join(system)
    for tool in body.get("tools") or []:
        out.tools[tool["function"]["name"]] = tool["function"].get("parameters", {})
    choice = body.get("tool_choice")
    out.choice = choice["function"]["name"] if isinstance(choice, dict) else choice
    out.parallel = body.get("parallel_tool_calls")
    stop = body.get("stop") or []
    out.stop = [stop] if isinstance(stop, str) else stop
    form = body.get("response_format") or {}
    out.schema = (form.get("json_schema") or {}).get("schema")
    out.thinks = body.get("reasoning_effort") not in (None, "none")
    return out


def _anthropic(body: dict[str, Any]) -> Reading:
    out = Reading(max_tokens=body.get("max_tokens"))
    system = body.get("system") or ""
    out.system = system if isinstance(system, str) else "\n\n".join(block["text"] for block in system)
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            _anthropic_block(out, message["role"], block)
    for tool in body.get("tools") or []:
        out.tools[tool["name"]] = tool.get("input_schema", {})
    choice = body.get("tool_choice") or {}
    out.choice = {"any": "required", "tool": choice.get("name")}.get(choice.get("type"), choice.get("type"))
    if "disable_parallel_tool_use" in choice:
        out.parallel = not choice["disable_parallel_tool_use"]
    out.stop = body.get("stop_sequences") or []
    out.schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    out.thinks = (body.get("thinking") or {}).get("type") in {"enabled", "adaptive"}
    return out


def _anthropic_block(out: Reading, role: str, block: dict[str, Any]) -> None:
    match block["type"]:
        case "text":
            (out.user_text if role == "user" else out.assistant_text).append(block["text"])
        case "thinking":
            out.thinking.append((block["thinking"], block["signature"]))
        case "image":
            out.images.append(block["source"].get("data") or block["source"]["url"])
        case "document":
            out.documents.append(block["source"]["data"])
        case "tool_use":
            out.calls.append(Call(block["name"], block["input"], block["id"]))
        case "tool_result":
            content = block.get("content") or ""
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            text = "\n".join(part["text"] for part in parts if part["type"] == "text")
            out.results.append(ReadResult(block["tool_use_id"], text, bool(block.get("is_error"))))
            out.images += [part["source"]["data"] for part in parts if part["type"] == "image"]
