"""Requests as coding agents send them: long system texts, forty tools, parallel calls, pictures, signed thinking."""

from __future__ import annotations

import json
from typing import Any

from ..upstream.answers import ToolUse, encrypted_of, signature_of, thought_signature_of
from .conversation import PNG

THOUGHT = "The failing test names parser.py; read it and its test together."
READ_A = {"path": "/home/dev/project/src/parser.py", "offset": 0, "limit": 200}
READ_B = {"path": "/home/dev/project/tests/test_parser.py"}
SCREEN = {"command": "xwd -root | convert xwd:- png:-", "description": "Take a screenshot"}
PATCH = "*** Begin Patch\n*** Update File: src/parser.py\n@@\n-    return None\n+    return tree\n*** End Patch\n"
SYSTEM = "You are a coding agent.\n\n# Rules\n- Prefer small changes.\n- “Quote” exactly, e.g. `\\d+` or \ttabs.\n" * 40
RESULT_A = "\n".join(f"{line:5}→def f{line}(x):  # ünïcode “{line}”" for line in range(200))
RESULT_B = "FAILED tests/test_parser.py::test_tree - AssertionError: assert None == {'a': [1, 2]}"


def _schema(number: int) -> dict[str, Any]:
    """Schemas as tool servers produce them, with most of what JSON Schema has."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": f"Arguments{number}",
        "additionalProperties": False,
        "properties": {
            "path": {"type": "string", "description": "Absolute path.", "minLength": 1},
            "offset": {"type": "integer", "minimum": 0, "default": 0},
            "limit": {"type": ["integer", "null"], "exclusiveMinimum": 0},
            "mode": {"enum": ["fast", "exact"], "type": "string"},
            "level": {"type": "integer", "enum": [1, 2, 3]},
            "edits": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {"old": {"type": "string"}, "new": {"$ref": "#/$defs/text"}},
                    "required": ["old", "new"],
                },
            },
            "target": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]},
            "when": {"type": "string", "format": "date-time"},
            "pattern": {"type": "string", "pattern": "^(?!undefined$).*"},
            "title": {"type": "string"},
        },
        "required": ["path"],
        "$defs": {"text": {"type": "string", "maxLength": 100000}},
    }


NAMES = ["Read", "Bash", "Edit", "mcp__tracker__create_issue", *(f"mcp__server__tool_{number}" for number in range(36))]
TOOLS = [(name, f"What {name} does. " * 20, _schema(number)) for number, name in enumerate(NAMES)]


def claude_code(model: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    mark = {"type": "ephemeral"}
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.9; cc_entrypoint=cli;"},
        {"type": "text", "text": "You are Claude Code.", "cache_control": mark},
        {"type": "text", "text": SYSTEM, "cache_control": mark},
    ]
    tools: list[dict[str, Any]] = [
        {"name": name, "description": text, "input_schema": schema} for name, text, schema in TOOLS
    ]
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>\nToday is Friday.\n</system-reminder>"},
                {"type": "text", "text": "Fix the failing test."},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": THOUGHT, "signature": signature_of(THOUGHT)},
                {"type": "text", "text": "I look at both files."},
                {"type": "tool_use", "id": "toolu_01A", "name": "Read", "input": READ_A},
                {"type": "tool_use", "id": "toolu_01B", "name": "Read", "input": READ_B},
                {"type": "tool_use", "id": "toolu_01C", "name": "Bash", "input": SCREEN},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_01A", "content": RESULT_A},
                {"type": "tool_result", "tool_use_id": "toolu_01B", "content": RESULT_B, "is_error": True},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_01C",
                    "content": [{"type": "text", "text": "A screenshot"}, picture],
                    "cache_control": mark,
                },
            ],
        },
    ]
    body = {
        "model": model,
        "max_tokens": 32000,
        "system": system,
        "tools": tools,
        "messages": messages,
        "thinking": {"type": "enabled", "budget_tokens": 31999},
        "metadata": {"user_id": "user_0a1b_account__session_5f6e"},
        "stream": True,
    }
    betas = "claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14"
    return "/v1/messages?beta=true", body, {"anthropic-version": "2023-06-01", "anthropic-beta": betas}


def codex(model: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    def message(role: str, text: str) -> dict[str, Any]:
        kind = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}

    def call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
        return {"type": "function_call", "call_id": call_id, "name": name, "arguments": json.dumps(arguments)}

    def output(call_id: str, value: Any) -> dict[str, Any]:
        return {"type": "function_call_output", "call_id": call_id, "output": value}

    summary = [{"type": "summary_text", "text": f"**Reading**\n\n{THOUGHT}"}]
    encrypted = encrypted_of(THOUGHT, "sk-upstream")
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"}
    tools: list[dict[str, Any]] = [
        {"type": "function", "name": name, "description": text, "strict": False, "parameters": schema}
        for name, text, schema in TOOLS
    ]
    grammar = {"type": "grammar", "syntax": "lark", "definition": 'start: "*** Begin Patch" LF'}
    tools.append({"type": "custom", "name": "apply_patch", "description": "Edits files.", "format": grammar})
    body = {
        "model": model,
        "instructions": SYSTEM,
        "input": [
            message("developer", "<permissions>read-only</permissions>"),
            message("user", "<environment_context><cwd>/work</cwd></environment_context>"),
            message("user", "Fix the failing test."),
            {"type": "reasoning", "summary": summary, "encrypted_content": encrypted},
            message("assistant", "I look at both files."),
            call("call_a", "Read", READ_A),
            call("call_b", "Read", READ_B),
            call("call_c", "Bash", SCREEN),
            output("call_a", RESULT_A),
            output("call_b", RESULT_B),
            output("call_c", [{"type": "input_text", "text": "A screenshot"}, picture]),
            {"type": "custom_tool_call", "call_id": "call_d", "name": "apply_patch", "input": PATCH},
            {"type": "custom_tool_call_output", "call_id": "call_d", "output": "Done!"},
        ],
        "tools": tools,
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "0199aa11-2233-7444-8555-666677778888",
    }
    return "/v1/responses", body, {"originator": "codex_cli_rs", "session_id": "0199aa11-2233-7444-8555-666677778888"}


def gemini_cli(model: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    def call(name: str, args: dict[str, Any], signature: str | None = None) -> dict[str, Any]:
        part: dict[str, Any] = {"functionCall": {"name": name, "args": args}}
        return {**part, "thoughtSignature": signature} if signature else part

    def response(name: str, text: str) -> dict[str, Any]:
        return {"functionResponse": {"name": name, "response": {"output": text}}}

    declarations = [{"name": name, "description": text, "parametersJsonSchema": schema} for name, text, schema in TOOLS]
    signature = thought_signature_of(ToolUse("", "Read", READ_A))
    body = {
        "systemInstruction": {"role": "user", "parts": [{"text": SYSTEM}]},
        "contents": [
            {"role": "user", "parts": [{"text": "This is the Gemini CLI."}, {"text": "Fix the failing test."}]},
            {
                "role": "model",
                "parts": [
                    {"text": "I look at both files."},
                    call("Read", READ_A, signature),
                    call("Read", READ_B),
                    call("Bash", SCREEN),
                ],
            },
            {
                "role": "user",
                "parts": [
                    response("Read", RESULT_A),
                    response("Read", RESULT_B),
                    response("Bash", "A screenshot"),
                    {"inlineData": {"mimeType": "image/png", "data": PNG}},
                ],
            },
        ],
        "tools": [{"functionDeclarations": declarations}],
        "generationConfig": {
            "temperature": 1,
            "topP": 0.95,
            "topK": 64,
            "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
        },
    }
    return f"/v1beta/models/{model}:streamGenerateContent?alt=sse", body, {"x-goog-api-key": "sk-client"}


AGENTS = {
    "claude-code": ("anthropic", claude_code),
    "codex": ("responses", codex),
    "gemini-cli": ("gemini", gemini_cli),
}
"""Each agent's dialect, and what makes its request."""
