"""Writes the answers of the matrix as each provider would send them: as streams and as whole bodies."""

import json

from parts import ANTHROPIC, GEMINI, OPENAI, PNG, Skip

ALL_USAGE = USAGE = {"input": 200, "cached": 0, "output": 30, "reasoning": 0}


def text(*deltas):
    return {"is": "text", "deltas": deltas}


def thinking(*deltas, signed=True):
    return {"is": "thinking", "deltas": deltas, "signed": signed}


def redacted():
    return {"is": "redacted"}


def refusal(*deltas):
    return {"is": "refusal", "deltas": deltas}


def call(id, name, *fragments):
    return {"is": "call", "id": id, "name": name, "deltas": fragments, "arguments": "".join(fragments)}


def image():
    return {"is": "image"}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def arguments(block):
    try:
        return json.loads(block["arguments"] or "{}")
    except ValueError:
        raise Skip from None


def finish_of(answer):
    return answer.get("finish") or ("calls" if any(b["is"] == "call" for b in answer["blocks"]) else "stop")


def usage_of(answer):
    given = answer.get("usage", USAGE)
    return given and {**USAGE, **given}


def whole_text(block):
    return "".join(block["deltas"])


def only(answer, *kinds):
    if any(block["is"] not in kinds for block in answer["blocks"]):
        raise Skip


# MARK: Chat

CHAT_FINISH = {"stop": "stop", "calls": "tool_calls", "length": "length", "filter": "content_filter"}


def chat_usage(answer):
    u = usage_of(answer)
    return u and {
        "prompt_tokens": u["input"] + u["cached"], "completion_tokens": u["output"],
        "total_tokens": u["input"] + u["cached"] + u["output"],
        "prompt_tokens_details": {"cached_tokens": u["cached"]},
        "completion_tokens_details": {"reasoning_tokens": u["reasoning"]}}


def chat_head(kind):
    return {"id": "chatcmpl-up", "object": kind, "created": 1754000000, "model": "up-model"}


def chat_chunk(delta, finish=None, index=0, **rest):
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**chat_head("chat.completion.chunk"), "choices": [{**choice, **rest}]}


def chat_call_delta(index, **function):
    return {"tool_calls": [{"index": index, "function": function}]}


def chat_stream(answer):
    only(answer, "text", "thinking", "refusal", "call", "image", "redacted")
    if finish_of(answer) not in CHAT_FINISH:
        raise Skip
    yield chat_chunk({"role": "assistant", "content": ""})
    calls = 0
    for block in answer["blocks"]:
        if block["is"] in ("text", "thinking", "refusal"):
            key = {"text": "content", "thinking": "reasoning_content", "refusal": "refusal"}[block["is"]]
            for delta in block["deltas"]:
                yield chat_chunk({key: delta})
            if block["is"] == "thinking" and block["signed"]:
                yield chat_chunk({"reasoning_details": [{
                    "type": "reasoning.text", "signature": ANTHROPIC, "format": "anthropic-claude-v1", "index": 0}]})
        elif block["is"] == "redacted":
            yield chat_chunk({"reasoning_details": [{
                "type": "reasoning.encrypted", "data": OPENAI, "format": "openai-responses-v1", "index": 0}]})
        elif block["is"] == "image":
            yield chat_chunk({"images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]})
        else:
            yield chat_chunk({"tool_calls": [{"index": calls, "id": block["id"], "type": "function",
                                              "function": {"name": block["name"], "arguments": ""}}]})
            for delta in block["deltas"]:
                yield chat_chunk(chat_call_delta(calls, arguments=delta))
            calls += 1
    yield chat_chunk({}, CHAT_FINISH[finish_of(answer)])
    if chat_usage(answer):
        yield {**chat_head("chat.completion.chunk"), "choices": [], "usage": chat_usage(answer)}
    yield "[DONE]"


def chat_body(answer):
    only(answer, "text", "thinking", "refusal", "call", "image")
    if finish_of(answer) not in CHAT_FINISH:
        raise Skip
    message = {"role": "assistant", "content": None, "refusal": None}
    for block in answer["blocks"]:
        if block["is"] == "text":
            message["content"] = (message["content"] or "") + whole_text(block)
        elif block["is"] == "thinking":
            message["reasoning_content"] = message.get("reasoning_content", "") + whole_text(block)
        elif block["is"] == "refusal":
            message["refusal"] = whole_text(block)
        elif block["is"] == "image":
            message["images"] = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]
        else:
            message.setdefault("tool_calls", []).append({"id": block["id"], "type": "function", "function": {
                "name": block["name"], "arguments": block["arguments"]}})
    body = {**chat_head("chat.completion"), "choices": [
        {"index": 0, "message": message, "logprobs": None, "finish_reason": CHAT_FINISH[finish_of(answer)]}]}
    if chat_usage(answer):
        body["usage"] = chat_usage(answer)
    return body


# MARK: Responses

RESPONSES_STATUS = {"stop": "completed", "calls": "completed", "length": "incomplete", "filter": "incomplete"}


def responses_item(block, index):
    if block["is"] == "text":
        return {"id": f"msg_{index}", "type": "message", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": whole_text(block), "annotations": [], "logprobs": []}]}
    if block["is"] == "refusal":
        return {"id": f"msg_{index}", "type": "message", "status": "completed", "role": "assistant", "content": [
            {"type": "refusal", "refusal": whole_text(block)}]}
    if block["is"] == "thinking":
        item = {"id": f"rs_{index}", "type": "reasoning", "summary": [
            {"type": "summary_text", "text": whole_text(block)}]}
        if block["signed"]:
            item["encrypted_content"] = OPENAI
        return item
    if block["is"] == "redacted":
        return {"id": f"rs_{index}", "type": "reasoning", "summary": [], "encrypted_content": OPENAI}
    if block["is"] == "call":
        return {"id": f"fc_{index}", "type": "function_call", "status": "completed", "call_id": block["id"],
                "name": block["name"], "arguments": block["arguments"]}
    raise Skip


def responses_object(answer, status, items):
    u = usage_of(answer)
    reason = {"length": "max_output_tokens", "filter": "content_filter"}.get(finish_of(answer))
    return {
        "id": "resp_up", "object": "response", "created_at": 1754000000, "status": status, "background": False,
        "error": None, "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": None, "max_output_tokens": None, "model": "up-model", "output": items,
        "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
        "service_tier": "default", "store": False, "temperature": 1.0, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "truncation": "disabled",
        "usage": u and status in ("completed", "incomplete") and {
            "input_tokens": u["input"] + u["cached"], "input_tokens_details": {"cached_tokens": u["cached"]},
            "output_tokens": u["output"], "output_tokens_details": {"reasoning_tokens": u["reasoning"]},
            "total_tokens": u["input"] + u["cached"] + u["output"]} or None,
        "user": None, "metadata": {}}


def responses_block_events(block, index):
    item = responses_item(block, index)
    place = {"item_id": item["id"], "output_index": index}
    if block["is"] == "call":
        yield "output_item.added", {"output_index": index, "item": {**item, "status": "in_progress", "arguments": ""}}
        for delta in block["deltas"]:
            yield "function_call_arguments.delta", {**place, "delta": delta}
        yield "function_call_arguments.done", {**place, "arguments": block["arguments"]}
    elif block["is"] in ("thinking", "redacted"):
        yield "output_item.added", {"output_index": index, "item": {"id": item["id"], "type": "reasoning", "summary": []}}
        if block["is"] == "thinking":
            place["summary_index"] = 0
            part = {"type": "summary_text", "text": ""}
            yield "reasoning_summary_part.added", {**place, "part": part}
            for delta in block["deltas"]:
                yield "reasoning_summary_text.delta", {**place, "delta": delta}
            yield "reasoning_summary_text.done", {**place, "text": whole_text(block)}
            yield "reasoning_summary_part.done", {**place, "part": {**part, "text": whole_text(block)}}
    else:
        yield "output_item.added", {"output_index": index, "item": {**item, "status": "in_progress", "content": []}}
        place["content_index"] = 0
        full = item["content"][0]
        key = "refusal" if block["is"] == "refusal" else "text"
        name = "refusal" if block["is"] == "refusal" else "output_text"
        yield "content_part.added", {**place, "part": {**full, key: ""}}
        for delta in block["deltas"]:
            yield f"{name}.delta", {**place, "delta": delta, **({} if key == "refusal" else {"logprobs": []})}
        yield f"{name}.done", {**place, key: whole_text(block), **({} if key == "refusal" else {"logprobs": []})}
        yield "content_part.done", {**place, "part": full}
    yield "output_item.done", {"output_index": index, "item": item}


def numbered(events):
    for number, (name, data) in enumerate(events):
        yield f"response.{name}", {"type": f"response.{name}", "sequence_number": number, **data}


def responses_events(answer):
    if finish_of(answer) not in RESPONSES_STATUS:
        raise Skip
    items = [responses_item(block, index) for index, block in enumerate(answer["blocks"])]
    begun = responses_object(answer, "in_progress", [])
    yield "created", {"response": begun}
    yield "in_progress", {"response": begun}
    for index, block in enumerate(answer["blocks"]):
        yield from responses_block_events(block, index)
    status = RESPONSES_STATUS[finish_of(answer)]
    yield status, {"response": responses_object(answer, status, items)}


def responses_stream(answer):
    return numbered(responses_events(answer))


def responses_body(answer):
    if finish_of(answer) not in RESPONSES_STATUS:
        raise Skip
    items = [responses_item(block, index) for index, block in enumerate(answer["blocks"])]
    return responses_object(answer, RESPONSES_STATUS[finish_of(answer)], items)


# MARK: Anthropic

ANTHROPIC_FINISH = {"stop": "end_turn", "calls": "tool_use", "length": "max_tokens", "refusal": "refusal",
                    "stop_sequence": "stop_sequence", "pause": "pause_turn",
                    "context": "model_context_window_exceeded"}


def anthropic_usage(answer, output):
    u = usage_of(answer) or USAGE
    return {"input_tokens": u["input"], "cache_creation_input_tokens": 0, "cache_read_input_tokens": u["cached"],
            "output_tokens": output}


def anthropic_event(type, **data):
    return type, {"type": type, **data}


def anthropic_block_events(block, index):
    starts = {"text": {"type": "text", "text": ""}, "thinking": {"type": "thinking", "thinking": "", "signature": ""},
              "redacted": {"type": "redacted_thinking", "data": "EredactedDataOfAnthropic0123456789"}}
    if block["is"] == "call":
        start = {"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}
    elif block["is"] in starts:
        start = starts[block["is"]]
    else:
        raise Skip
    yield anthropic_event("content_block_start", index=index, content_block=start)
    for delta in block.get("deltas", ()):
        made = {"text": {"type": "text_delta", "text": delta},
                "thinking": {"type": "thinking_delta", "thinking": delta},
                "call": {"type": "input_json_delta", "partial_json": delta}}[block["is"]]
        yield anthropic_event("content_block_delta", index=index, delta=made)
    if block["is"] == "thinking" and block["signed"]:
        yield anthropic_event("content_block_delta", index=index,
                              delta={"type": "signature_delta", "signature": ANTHROPIC})
    yield anthropic_event("content_block_stop", index=index)


def anthropic_start(answer):
    message = {"id": "msg_up", "type": "message", "role": "assistant", "model": "up-model", "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": anthropic_usage(answer, 1)}
    return anthropic_event("message_start", message=message)


def anthropic_end(answer):
    kind = finish_of(answer)
    if kind not in ANTHROPIC_FINISH:
        raise Skip
    delta = {"stop_reason": ANTHROPIC_FINISH[kind], "stop_sequence": "</end>" if kind == "stop_sequence" else None}
    u = usage_of(answer) or USAGE
    return anthropic_event("message_delta", delta=delta, usage={"output_tokens": u["output"]})


def anthropic_stream(answer):
    if answer.get("usage", USAGE) is None:
        raise Skip
    yield anthropic_start(answer)
    yield anthropic_event("ping")
    for index, block in enumerate(answer["blocks"]):
        yield from anthropic_block_events(block, index)
    yield anthropic_end(answer)
    yield anthropic_event("message_stop")


def anthropic_body(answer):
    content = []
    for block in answer["blocks"]:
        if block["is"] == "text":
            content.append({"type": "text", "text": whole_text(block)})
        elif block["is"] == "thinking":
            content.append({"type": "thinking", "thinking": whole_text(block), "signature": ANTHROPIC})
        elif block["is"] == "redacted":
            content.append({"type": "redacted_thinking", "data": "EredactedDataOfAnthropic0123456789"})
        elif block["is"] == "call":
            content.append({"type": "tool_use", "id": block["id"], "name": block["name"], "input": arguments(block)})
        else:
            raise Skip
    delta = anthropic_end(answer)[1]["delta"]
    return {"id": "msg_up", "type": "message", "role": "assistant", "model": "up-model", "content": content, **delta,
            "usage": anthropic_usage(answer, usage_of(answer)["output"])}


# MARK: Gemini

GEMINI_FINISH = {"stop": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY",
                 "malformed": "MALFORMED_FUNCTION_CALL", "language": "LANGUAGE"}


def gemini_usage(answer):
    u = usage_of(answer)
    if not u:
        return {}
    made = {"promptTokenCount": u["input"] + u["cached"], "candidatesTokenCount": u["output"] - u["reasoning"],
            "totalTokenCount": u["input"] + u["cached"] + u["output"]}
    if u["cached"]:
        made["cachedContentTokenCount"] = u["cached"]
    if u["reasoning"]:
        made["thoughtsTokenCount"] = u["reasoning"]
    return {"usageMetadata": made}


def gemini_object(answer, parts, finish=None, **rest):
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **rest}
    if finish:
        candidate["finishReason"] = GEMINI_FINISH[finish]
    return {"candidates": [candidate], **gemini_usage(answer), "modelVersion": "up-model", "responseId": "resp-up"}


def gemini_parts(answer):
    """The parts that arrive together, a chunk each."""
    signature = None
    for block in answer["blocks"]:
        if block["is"] == "text":
            for delta in block["deltas"]:
                yield [{"text": delta}]
        elif block["is"] == "thinking":
            for delta in block["deltas"]:
                yield [{"text": delta, "thought": True}]
            signature = GEMINI if block["signed"] else None
        elif block["is"] == "image":
            yield [{"inlineData": {"mimeType": "image/png", "data": PNG}}]
        elif block["is"] == "call":
            made = {"functionCall": {"name": block["name"], "args": arguments(block)}}
            if not block["arguments"]:
                del made["functionCall"]["args"]
            if signature:
                made["thoughtSignature"] = signature
                signature = None
            yield [made]
        else:
            raise Skip
    if signature:
        yield [{"text": "", "thoughtSignature": signature}]


def gemini_stream(answer):
    if finish_of(answer) not in GEMINI_FINISH:
        raise Skip
    chunks = list(gemini_parts(answer))
    for parts in chunks[:-1]:
        yield gemini_object(answer, parts)
    yield gemini_object(answer, chunks[-1] if chunks else [{"text": ""}], finish_of(answer))


def gemini_body(answer):
    if finish_of(answer) not in GEMINI_FINISH:
        raise Skip
    return gemini_object(answer, [part for parts in gemini_parts(answer) for part in parts], finish_of(answer))


# MARK: Ollama


def ollama_line(message, **rest):
    return {"model": "up-model", "created_at": "2026-08-01T10:00:00.123456Z",
            "message": {"role": "assistant", "content": "", **message}, "done": False, **rest}


def ollama_messages(answer):
    only(answer, "text", "thinking", "call")
    for block in answer["blocks"]:
        if block["is"] == "call":
            function = {"index": 0, "name": block["name"], "arguments": arguments(block)}
            yield {"tool_calls": [{"function": function}]}
            continue
        for delta in block["deltas"]:
            yield {"content": delta} if block["is"] == "text" else {"thinking": delta}


def ollama_end(answer):
    kind = finish_of(answer)
    if kind not in ("stop", "calls", "length"):
        raise Skip
    made = {"done": True, "done_reason": "length" if kind == "length" else "stop", "total_duration": 4883583458,
            "load_duration": 1334875, "prompt_eval_duration": 342546000, "eval_duration": 4535599000}
    u = usage_of(answer)
    return {**made, "prompt_eval_count": u["input"], "eval_count": u["output"]} if u else made


def ollama_stream(answer):
    for message in ollama_messages(answer):
        yield ollama_line(message)
    yield ollama_line({}, **ollama_end(answer))


def ollama_body(answer):
    only(answer, "text", "thinking", "call")
    message = {}
    for made in ollama_messages(answer):
        for key, value in made.items():
            message[key] = message[key] + value if key in message else value
    return ollama_line(message, **ollama_end(answer))


# MARK: Framing

STREAMS = {"chat": chat_stream, "responses": responses_stream, "anthropic": anthropic_stream,
           "gemini": gemini_stream, "ollama": ollama_stream}
BODIES = {"chat": chat_body, "responses": responses_body, "anthropic": anthropic_body, "gemini": gemini_body,
          "ollama": ollama_body}


def frames(dialect, pieces):
    """The frames of a stream as text, each with its end."""
    for piece in pieces:
        name, data = piece if isinstance(piece, tuple) else (None, piece)
        data = data if isinstance(data, str) else compact(data)
        if dialect == "ollama":
            yield data + "\n"
        else:
            end = "\r\n\r\n" if dialect == "gemini" else "\n\n"
            yield (f"event: {name}\n" if name else "") + f"data: {data}{end}"


def extension(dialect):
    return "ndjson" if dialect == "ollama" else "sse"


def answers():
    from answer_raw import RAW
    from answer_scenarios import SCENARIOS, VARIANTS

    files = {}
    for dialect in STREAMS:
        made = files[dialect] = {}
        for answer in SCENARIOS:
            try:
                pieces = list(STREAMS[dialect](answer))
                made[f"{answer['name']}.{extension(dialect)}"] = "".join(frames(dialect, pieces))
            except Skip:
                pass
            try:
                if answer.get("whole"):
                    made[f"whole-{answer['name']}.json"] = json.dumps(
                        BODIES[dialect](answer), ensure_ascii=False, indent=2) + "\n"
            except Skip:
                pass
        for name, answer, change in VARIANTS:
            try:
                made[f"{name}.{extension(dialect)}"] = change(dialect, list(frames(dialect, STREAMS[dialect](answer))))
            except Skip:
                pass
        for name, content in RAW[dialect].items():
            if "." in name:
                made[name] = content if isinstance(content, str) else compact(content) + "\n"
            else:
                made[f"{name}.{extension(dialect)}"] = "".join(frames(dialect, content))
        files[dialect] = {name: data.encode() for name, data in made.items()}
    return files
