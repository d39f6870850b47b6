"""Refuses what the real services refuse, so that a translation that would fail there fails here too."""

from __future__ import annotations

import json
import re
from typing import Any

from .answers import signature_of

Body = dict[str, Any]

OPENAI_FIELDS = frozenset(
    """model messages stream stream_options max_completion_tokens max_tokens temperature top_p presence_penalty
    frequency_penalty seed logit_bias n logprobs top_logprobs stop response_format tools tool_choice parallel_tool_calls
    reasoning_effort verbosity modalities audio prediction web_search_options service_tier store metadata user
    safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options moderation functions
    function_call""".split()
)

ANTHROPIC_FIELDS = frozenset(
    """model max_tokens messages system stop_sequences temperature top_p top_k stream tools tool_choice thinking
    output_config output_format metadata service_tier cache_control container inference_geo mcp_servers
    context_management""".split()
)

ANTHROPIC_VERSIONS = {"2023-06-01", "2026-10-21"}
SAMPLING = {"temperature", "top_p", "top_k"}
"""Gone since version 2026-10-21."""

TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
IMAGE_TYPES = {"image/jpeg", "image/png", "image/gif", "image/webp"}


class RefusedError(Exception):
    """The request would get a 400 with this message."""


def _need(condition: Any, message: str) -> None:
    if not condition:
        raise RefusedError(message)


def check_openai(body: Body) -> None:
    unknown = sorted(set(body) - OPENAI_FIELDS)
    _need(not unknown, f"Unrecognized request argument supplied: {', '.join(unknown)}")
    _need(isinstance(body.get("model"), str), "you must provide a model parameter")
    messages = body.get("messages")
    _need(isinstance(messages, list) and messages, "Invalid 'messages': empty array.")
    _need("stream_options" not in body or body.get("stream"), "'stream_options' is only allowed when 'stream' is true.")
    _need(
        not {"max_tokens", "max_completion_tokens"} <= set(body),
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    )
    stop = body.get("stop")
    _need(stop is None or isinstance(stop, str) or 1 <= len(stop) <= 4, "Invalid 'stop': array too long.")
    _openai_tools(body)
    _openai_messages(messages)


def _openai_tools(body: Body) -> None:
    tools = body.get("tools")
    if tools is None:
        _need("tool_choice" not in body, "'tool_choice' is only allowed when 'tools' are specified.")
        _need("parallel_tool_calls" not in body, "'parallel_tool_calls' is only allowed when 'tools' are specified.")
        return
    _need(tools, "Invalid 'tools': empty array.")
    names = set()
    for index, tool in enumerate(tools):
        _need(tool.get("type") == "function", f"Invalid value for tools[{index}].type")
        function = tool.get("function", {})
        _need(TOOL_NAME.fullmatch(function.get("name", "")), f"Invalid 'tools[{index}].function.name'")
        _need(set(function) <= {"name", "description", "parameters", "strict"}, f"Unknown field in tools[{index}]")
        parameters = function.get("parameters", {"type": "object"})
        _need(parameters.get("type") == "object", f"Invalid schema for function '{function['name']}'")
        names.add(function["name"])
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        _need(choice["function"]["name"] in names, "Tool choice names a function that is not in 'tools'.")
    else:
        _need(choice in (None, "none", "auto", "required"), f"Invalid value: '{choice}' for tool_choice")


def _openai_messages(messages: list[Body]) -> None:
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        where = f"messages[{index}]"
        if role == "tool":
            _need(
                message.get("tool_call_id") in waiting,
                f"Invalid parameter: role 'tool' must be a response to a preceding 'tool_calls' ({where})",
            )
            waiting.remove(message["tool_call_id"])
            _need(isinstance(message.get("content"), str | list), f"Invalid type for '{where}.content'")
            continue
        _need(
            not waiting,
            f"An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. These did not have response messages: {', '.join(waiting)}",
        )
        _need(role in {"system", "developer", "user", "assistant"}, f"Invalid value: '{role}' ({where}.role)")
        _openai_content(message, where)
        for call in message.get("tool_calls") or []:
            _need(role == "assistant", f"'tool_calls' in a {role} message")
            _need(call.get("id") and call.get("type") == "function", f"Missing parameter in {where}.tool_calls")
            function = call["function"]
            _need(TOOL_NAME.fullmatch(function["name"]), f"Invalid '{where}.tool_calls.function.name'")
            _need(isinstance(function["arguments"], str), f"Invalid type for '{where}.tool_calls.function.arguments'")
            json.loads(function["arguments"])
            waiting.append(call["id"])
    _need(not waiting, f"These tool calls did not have response messages: {', '.join(waiting)}")


def _openai_content(message: Body, where: str) -> None:
    content = message.get("content")
    if message["role"] == "assistant" and content is None:
        _need(message.get("tool_calls") or message.get("refusal"), f"Invalid value for '{where}.content': null")
        return
    if isinstance(content, str):
        return
    _need(isinstance(content, list) and content, f"Invalid type for '{where}.content'")
    allowed = {"user": {"text", "image_url", "input_audio", "file"}, "assistant": {"text", "refusal"}}
    for part in content:
        kind = part.get("type")
        _need(kind in allowed.get(message["role"], {"text"}), f"Invalid value: '{kind}' ({where}.content)")
        if kind == "image_url":
            _need(re.match(r"data:image/|https?://", part["image_url"]["url"]), f"Invalid image url in {where}")
        if kind == "file":
            file = part["file"]
            _need("file_id" in file or {"file_data", "filename"} <= set(file), f"Missing parameter in {where} file")
            _need(file.get("file_data", "data:").startswith("data:"), f"Invalid file_data in {where}")


def check_anthropic(body: Body, version: str | None) -> None:
    _need(version in ANTHROPIC_VERSIONS, f"anthropic-version: {version!r} is not a valid version")
    known = ANTHROPIC_FIELDS - SAMPLING if version == "2026-10-21" else ANTHROPIC_FIELDS
    for name in sorted(set(body) - known):
        raise RefusedError(f"{name}: Extra inputs are not permitted")
    _need(isinstance(body.get("model"), str), "model: Field required")
    _need(isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0, "max_tokens: Field required")
    messages = body.get("messages")
    _need(isinstance(messages, list) and messages, "messages: at least one message is required")
    _need(0 <= body.get("temperature", 1) <= 1, "temperature: range: 0..1")
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens", 0)
        _need(budget >= 1024, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        _need(budget < body["max_tokens"], "`max_tokens` must be greater than `thinking.budget_tokens`")
    for text in body.get("stop_sequences") or []:
        _need(text.strip(), "stop_sequences: each stop sequence must contain non-whitespace")
    marks = json.dumps(body).count('"cache_control"')
    _need(marks <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
    _anthropic_tools(body, thinking)
    _anthropic_messages(messages, thinking.get("type") in {"enabled", "adaptive"})


def _anthropic_tools(body: Body, thinking: Body) -> None:
    names = set()
    for index, tool in enumerate(body.get("tools") or []):
        _need(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name", "")), f"tools.{index}.name: invalid")
        if tool.get("type", "custom") == "custom":
            schema = tool.get("input_schema")
            _need(isinstance(schema, dict) and schema.get("type") == "object", f"tools.{index}.input_schema: invalid")
            _need("function" not in tool, f"tools.{index}.function: Extra inputs are not permitted")
        names.add(tool["name"])
    choice = body.get("tool_choice")
    if choice is None:
        return
    _need(choice["type"] in {"auto", "any", "tool", "none"}, "tool_choice.type: invalid")
    _need(names, "tool_choice: may only be specified while providing tools")
    _need(choice["type"] != "tool" or choice["name"] in names, "tool_choice: tool not found")
    forced = choice["type"] in {"any", "tool"}
    _need(
        not (forced and thinking.get("type") in {"enabled", "adaptive"}),
        "Thinking may not be enabled when tool_choice forces tool use.",
    )


def _blocks(message: Body) -> list[Body]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _anthropic_messages(messages: list[Body], thinks: bool) -> None:
    _need(messages[0].get("role") == "user", "messages: first message must use the user role")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        _need(role in {"user", "assistant"}, f'messages.{index}.role: Input should be "user" or "assistant"')
        blocks = _blocks(message)
        _need(isinstance(blocks, list) and blocks, f"messages.{index}: all messages must have non-empty content")
        results = [block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"]
        missing = [name for name in waiting if name not in results]
        _need(
            not missing,
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}",
        )
        for result in results:
            _need(
                result in waiting, f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {result}"
            )
        kinds = [block.get("type") for block in blocks]
        _need(
            "tool_result" not in kinds[len(results) :],
            f"messages.{index}: `tool_result` blocks must come first in the content",
        )
        waiting = [block["id"] for block in blocks if block.get("type") == "tool_use"]
        for position, block in enumerate(blocks):
            _anthropic_block(block, f"messages.{index}.content.{position}", role)
        answered = index + 1 < len(messages)
        if thinks and waiting and answered and index + 2 == len(messages):
            _need(
                kinds[0] in {"thinking", "redacted_thinking"},
                f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kinds[0]}`.",
            )
    _need(not waiting, "messages: final assistant message has `tool_use` without `tool_result`")


def _anthropic_block(block: Body, where: str, role: str) -> None:
    kind = block.get("type")
    allowed = {
        "user": {"text", "image", "document", "tool_result", "search_result"},
        "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
    }
    _need(kind in allowed[role], f"{where}: Input tag '{kind}' found using 'type' does not match any expected tag")
    match kind:
        case "text":
            _need(block.get("text"), f"{where}: text content blocks must be non-empty")
        case "thinking":
            _need(block.get("signature"), f"{where}.signature: Field required")
            _need(
                block["signature"] == signature_of(block["thinking"]),
                f"{where}: Invalid `signature` in `thinking` block",
            )
        case "tool_use":
            _need(re.fullmatch(r"[a-zA-Z0-9_-]+", block.get("id", "")), f"{where}.id: String should match pattern")
            _need(isinstance(block.get("input"), dict), f"{where}.input: Input should be a valid dictionary")
        case "image":
            source = block["source"]
            if source["type"] == "base64":
                _need(source["media_type"] in IMAGE_TYPES, f"{where}.source.media_type: invalid")
                _need(not source["data"].startswith("data:"), f"{where}.source.data: invalid base64")
        case "tool_result" if isinstance(block.get("content"), list):
            for part in block["content"]:
                _need(part["type"] in {"text", "image", "document", "search_result"}, f"{where}.content: invalid")
                _need(part["type"] != "text" or part["text"], f"{where}: text content blocks must be non-empty")
