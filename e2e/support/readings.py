"""What an upstream request says, read from either dialect into one form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..upstream import Recorded
from ..upstream.strictness.gemini_fields import check_fields
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
    return _READERS[request.dialect](request.json)


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


def _data_of(url: str) -> str:
    return url.partition(";base64,")[2] or url


def _responses(body: dict[str, Any]) -> Reading:
    out = Reading(max_tokens=body.get("max_output_tokens"), parallel=body.get("parallel_tool_calls"))
    system = [body["instructions"]] if body.get("instructions") else []
    given = body.get("input") or []
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        match item.get("type", "message"):
            case "message":
                texts = _responses_parts(out, item["content"])
                target = {"user": out.user_text, "assistant": out.assistant_text}.get(item["role"], system)
                target += texts
            case "function_call":
                out.calls.append(Call(item["name"], json.loads(item["arguments"]), item["call_id"]))
            case "function_call_output":
                text = "\n".join(_responses_parts(out, item["output"]))
                out.results.append(ReadResult(item["call_id"], text, text.startswith("Error: ")))
            case "reasoning":
                text = "\n\n".join(part["text"] for part in item["summary"])
                out.thinking.append((text, item.get("encrypted_content")))
    out.system = "\n\n".join(system)
    out.tools = {tool["name"]: tool.get("parameters", {}) for tool in body.get("tools") or []}
    choice = body.get("tool_choice")
    out.choice = choice["name"] if isinstance(choice, dict) else choice
    out.schema = ((body.get("text") or {}).get("format") or {}).get("schema")
    reasoning = body.get("reasoning") or {}
    out.thinks = bool(reasoning) and reasoning.get("effort") != "none"
    return out


def _responses_parts(out: Reading, content: Any) -> list[str]:
    """The texts; images and files go into the reading."""
    if isinstance(content, str):
        return [content]
    out.images += [_data_of(part["image_url"]) for part in content if part["type"] == "input_image"]
    out.documents += [_data_of(part["file_data"]) for part in content if part["type"] == "input_file"]
    return [part["text"] for part in content if part["type"] in {"input_text", "output_text"}]


def _gemini(body: dict[str, Any]) -> Reading:
    body = check_fields(body, "request")
    config = body.get("generationConfig") or {}
    out = Reading(max_tokens=config.get("maxOutputTokens"), stop=config.get("stopSequences") or [])
    out.system = "\n\n".join(part["text"] for part in (body.get("systemInstruction") or {}).get("parts", []))
    for content in body["contents"]:
        for part in content["parts"]:
            _gemini_part(out, content.get("role", "user"), part)
    for tool in body.get("tools") or []:
        for function in tool.get("functionDeclarations") or []:
            out.tools[function["name"]] = function.get("parametersJsonSchema") or function.get("parameters") or {}
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    named = calling.get("allowedFunctionNames") or [
        {"AUTO": "auto", "NONE": "none", "ANY": "required"}.get(calling.get("mode"))
    ]
    out.choice = named[0]
    out.schema = config.get("responseJsonSchema") or config.get("responseSchema")
    thinking = config.get("thinkingConfig") or {}
    out.thinks = bool(thinking) and thinking.get("thinkingBudget") != 0
    return out


def _plain(data: str) -> str:
    """Base64 in its usual alphabet; Google's SDK writes that of URLs."""
    return data.replace("-", "+").replace("_", "/")


def _gemini_part(out: Reading, role: str, part: dict[str, Any]) -> None:
    if call := part.get("functionCall"):
        out.calls.append(Call(call["name"], call.get("args") or {}, call.get("id", "")))
        if part.get("thoughtSignature"):
            out.thinking.append(("", part["thoughtSignature"]))
    elif result := part.get("functionResponse"):
        response = result["response"]
        text = response.get("error", response.get("result", response.get("output")))
        out.results.append(ReadResult(result.get("id", ""), text, "error" in response))
        for inner in result.get("parts") or []:
            out.images.append(_plain(inner["inlineData"]["data"]))
    elif blob := part.get("inlineData"):
        (out.documents if blob["mimeType"] == "application/pdf" else out.images).append(_plain(blob["data"]))
    elif part.get("text"):
        (out.user_text if role == "user" else out.assistant_text).append(part["text"])


def _ollama(body: dict[str, Any]) -> Reading:
    options = body.get("options") or {}
    out = Reading(max_tokens=options.get("num_predict"), stop=options.get("stop") or [])
    system = []
    for message in body["messages"]:
        text = message.get("content") or ""
        match message["role"]:
            case "tool":
                out.results.append(ReadResult(message.get("tool_call_id", ""), text, text.startswith("Error: ")))
                continue
            case "assistant" if message.get("thinking"):
                out.thinking.append((message["thinking"], None))
        target = {"user": out.user_text, "assistant": out.assistant_text}.get(message["role"], system)
        target += [text] if text else []
        out.images += message.get("images") or []
        for call in message.get("tool_calls") or []:
            out.calls.append(Call(call["function"]["name"], call["function"]["arguments"], call.get("id", "")))
    out.system = "\n\n".join(system)
    out.tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in body.get("tools") or []}
    out.schema = body["format"] if isinstance(body.get("format"), dict) else None
    out.thinks = bool(body.get("think"))
    return out


_READERS = {
    "openai": _openai,
    "responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "ollama": _ollama,
}
