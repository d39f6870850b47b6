"""What Anthropic Messages refuses."""

from __future__ import annotations

import json
import re

from ..answers import signature_of
from ..record import Recorded
from .refusal import IMAGE_TYPES, Body, RefusedError, need

FIELDS = frozenset(
    """model max_tokens messages system stop_sequences temperature top_p top_k stream tools tool_choice thinking
    output_config output_format metadata service_tier cache_control container inference_geo mcp_servers
    context_management thread""".split()
)

VERSIONS = {"2023-06-01", "2026-10-21"}
SAMPLING = {"temperature", "top_p", "top_k"}
"""Gone since version 2026-10-21."""


def check(request: Recorded) -> None:
    need(request.credential, "x-api-key header is required", 401)
    body: Body = request.json
    version = request.header("anthropic-version")
    need(version in VERSIONS, f"anthropic-version: {version!r} is not a valid version")
    known = FIELDS - SAMPLING if version == "2026-10-21" else FIELDS
    for name in sorted(set(body) - known):
        raise RefusedError(f"{name}: Extra inputs are not permitted")
    if "thread" in body:
        details = {"error_code": "thread_unsupported_request", "unsupported": ["model"]}
        raise RefusedError("thread: not supported with this model", details=details)
    need(isinstance(body.get("model"), str), "model: Field required")
    need(isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0, "max_tokens: Field required")
    messages = body.get("messages")
    need(isinstance(messages, list) and messages, "messages: at least one message is required")
    need(0 <= body.get("temperature", 1) <= 1, "temperature: range: 0..1")
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens", 0)
        need(budget >= 1024, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        need(budget < body["max_tokens"], "`max_tokens` must be greater than `thinking.budget_tokens`")
    for text in body.get("stop_sequences") or []:
        need(text.strip(), "stop_sequences: each stop sequence must contain non-whitespace")
    marks = json.dumps(body).count('"cache_control"')
    need(marks <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
    _tools(body, thinking)
    _messages(messages, thinking.get("type") in {"enabled", "adaptive"})


def _tools(body: Body, thinking: Body) -> None:
    names = set()
    for index, tool in enumerate(body.get("tools") or []):
        need(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name", "")), f"tools.{index}.name: invalid")
        if tool.get("type", "custom") == "custom":
            schema = tool.get("input_schema")
            need(isinstance(schema, dict) and schema.get("type") == "object", f"tools.{index}.input_schema: invalid")
            need("function" not in tool, f"tools.{index}.function: Extra inputs are not permitted")
        names.add(tool["name"])
    choice = body.get("tool_choice")
    if choice is None:
        return
    need(choice["type"] in {"auto", "any", "tool", "none"}, "tool_choice.type: invalid")
    need(names, "tool_choice: may only be specified while providing tools")
    need(choice["type"] != "tool" or choice["name"] in names, "tool_choice: tool not found")
    forced = choice["type"] in {"any", "tool"}
    need(
        not (forced and thinking.get("type") in {"enabled", "adaptive"}),
        "Thinking may not be enabled when tool_choice forces tool use.",
    )


def _blocks(message: Body) -> list[Body]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _messages(messages: list[Body], thinks: bool) -> None:
    need(messages[0].get("role") == "user", "messages: first message must use the user role")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        need(role in {"user", "assistant"}, f'messages.{index}.role: Input should be "user" or "assistant"')
        blocks = _blocks(message)
        need(isinstance(blocks, list) and blocks, f"messages.{index}: all messages must have non-empty content")
        results = [block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"]
        missing = [name for name in waiting if name not in results]
        need(
            not missing,
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}",
        )
        for result in results:
            need(
                result in waiting, f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {result}"
            )
        kinds = [block.get("type") for block in blocks]
        need(
            "tool_result" not in kinds[len(results) :],
            f"messages.{index}: `tool_result` blocks must come first in the content",
        )
        waiting = [block["id"] for block in blocks if block.get("type") == "tool_use"]
        for position, block in enumerate(blocks):
            _block(block, f"messages.{index}.content.{position}", role)
        answered = index + 1 < len(messages)
        if thinks and waiting and answered and index + 2 == len(messages):
            need(
                kinds[0] in {"thinking", "redacted_thinking"},
                f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kinds[0]}`.",
            )
    need(not waiting, "messages: final assistant message has `tool_use` without `tool_result`")


def _block(block: Body, where: str, role: str) -> None:
    kind = block.get("type")
    allowed = {
        "user": {"text", "image", "document", "tool_result", "search_result"},
        "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
    }
    need(kind in allowed[role], f"{where}: Input tag '{kind}' found using 'type' does not match any expected tag")
    match kind:
        case "text":
            need(block.get("text"), f"{where}: text content blocks must be non-empty")
        case "thinking":
            need(block.get("signature"), f"{where}.signature: Field required")
            need(
                block["signature"] == signature_of(block["thinking"]),
                f"{where}: Invalid `signature` in `thinking` block",
            )
        case "tool_use":
            need(re.fullmatch(r"[a-zA-Z0-9_-]+", block.get("id", "")), f"{where}.id: String should match pattern")
            need(isinstance(block.get("input"), dict), f"{where}.input: Input should be a valid dictionary")
        case "image":
            source = block["source"]
            if source["type"] == "base64":
                need(source["media_type"] in IMAGE_TYPES, f"{where}.source.media_type: invalid")
                need(not source["data"].startswith("data:"), f"{where}.source.data: invalid base64")
        case "tool_result" if isinstance(block.get("content"), list):
            for part in block["content"]:
                need(part["type"] in {"text", "image", "document", "search_result"}, f"{where}.content: invalid")
                need(part["type"] != "text" or part["text"], f"{where}: text content blocks must be non-empty")
