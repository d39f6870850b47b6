"""Writes a scenario as a request of each dialect, from the vendors' documentation and not from our encoders."""

import json

from parts import ANTHROPIC, GEMINI, OPENAI, Skip


def put(body, key, value):
    if value is not None:
        body[key] = value


def refuse(scene, *keys):
    if any(scene.get(key) is not None for key in keys):
        raise Skip


def media_url(part):
    return part.get("url") or f"data:{part['mime']};base64,{part['data']}"


def plain(parts):
    if any(p["is"] != "text" for p in parts):
        raise Skip
    return "\n".join(p["text"] for p in parts)


def limits(body, scene, spelling):
    sampling = scene.get("sampling", {})
    for key, value in sampling.items():
        if key not in spelling:
            continue
        body[spelling[key]] = value
    if set(sampling) - set(spelling) and scene.get("exact"):
        raise Skip


# MARK: Chat


def chat_parts(parts):
    out = []
    for p in parts:
        if p["is"] == "text":
            out.append({"type": "text", "text": p["text"]})
            if p["cache"]:
                out[-1]["cache_control"] = p["cache"]
        elif p["is"] == "image":
            out.append({"type": "image_url", "image_url": {"url": media_url(p)}})
            put(out[-1]["image_url"], "detail", p["detail"])
        elif p["is"] == "pdf" and "data" in p:
            out.append({"type": "file", "file": {
                "filename": p["name"], "file_data": f"data:application/pdf;base64,{p['data']}"}})
        elif p["is"] == "audio":
            out.append({"type": "input_audio", "input_audio": {"data": p["data"], "format": "wav"}})
        else:
            raise Skip
    if len(out) == 1 and set(out[0]) == {"type", "text"}:
        return out[0]["text"]
    return out


def chat_assistant(parts):
    message = {"role": "assistant", "content": None}
    texts = [p for p in parts if p["is"] == "text"]
    if texts:
        message["content"] = chat_parts(texts)
    seen_call = False
    details = []
    for p in parts:
        if p["is"] == "thinking":
            message["reasoning_content"] = message.get("reasoning_content", "") + p["text"]
            if p["signed"]:
                details.append({"type": "reasoning.text", "text": p["text"], "signature": ANTHROPIC,
                                "format": "anthropic-claude-v1", "index": len(details)})
        elif p["is"] == "redacted":
            details.append({"type": "reasoning.encrypted", "data": p["data"],
                            "format": "anthropic-claude-v1", "index": len(details)})
        elif p["is"] == "call":
            seen_call = True
            made = {"id": p["id"], "type": "function",
                    "function": {"name": p["name"], "arguments": json.dumps(p["arguments"], ensure_ascii=False)}}
            if p["signature"]:
                made["extra_content"] = {"google": {"thought_signature": p["signature"]}}
            message.setdefault("tool_calls", []).append(made)
        elif p["is"] == "text" and seen_call:
            raise Skip
        elif p["is"] != "text":
            raise Skip
    if details:
        message["reasoning_details"] = details
    return message


def chat(scene):
    refuse(scene, "gemini", "safety")
    messages = []
    for p in scene.get("system", []):
        messages.append({"role": "system", "content": chat_parts([p])})
    for turn in scene["turns"]:
        if turn["role"] == "model":
            messages.append(chat_assistant(turn["parts"]))
            continue
        rest = []
        for p in turn["parts"]:
            if p["is"] == "result":
                if rest:
                    messages.append({"role": "user", "content": chat_parts(rest)})
                    rest = []
                prefix = "Error: " if p["error"] else ""
                messages.append({"role": "tool", "tool_call_id": p["id"], "content": prefix + plain(p["parts"])})
            else:
                rest.append(p)
        if rest or not turn["parts"]:
            messages.append({"role": turn["role"], "content": chat_parts(rest)})
    body = {"model": "my-model", "messages": messages}
    put(body, "stream", scene.get("stream"))
    put(body, "max_completion_tokens", scene.get("max"))
    limits(body, scene, {
        "temperature": "temperature", "top_p": "top_p", "seed": "seed", "presence": "presence_penalty",
        "frequency": "frequency_penalty", "stop": "stop", "logit_bias": "logit_bias", "logprobs": "logprobs",
        "top_logprobs": "top_logprobs", "n": "n"})
    tools = []
    for t in scene.get("tools", []):
        function = {"name": t["name"]}
        put(function, "description", t["description"])
        function["parameters"] = t["schema"]
        put(function, "strict", t["strict"])
        tools.append({"type": "function", "function": function})
    for name, grammar in scene.get("custom_tools", []):
        custom = {"name": name, "description": f"Free text for {name}."}
        if grammar:
            custom["format"] = {"type": "grammar", "grammar": {"syntax": "lark", "definition": grammar}}
        tools.append({"type": "custom", "custom": custom})
    if tools:
        body["tools"] = tools
    if scene.get("search") is not None:
        body["web_search_options"] = {"search_context_size": "low", "user_location": {
            "type": "approximate", "approximate": {"city": "Berlin", "country": "DE"}}}
    choice = scene.get("choice")
    if isinstance(choice, tuple) and choice[0] == "named":
        choice = {"type": "function", "function": {"name": choice[1]}}
    elif isinstance(choice, tuple):
        choice = {"type": "allowed_tools", "allowed_tools": {"mode": choice[1], "tools": [
            {"type": "function", "function": {"name": n}} for n in choice[2]]}}
    put(body, "tool_choice", choice)
    put(body, "parallel_tool_calls", scene.get("parallel"))
    how = scene.get("reasoning")
    if how is not None:
        kind, value = how
        if kind == "effort":
            body["reasoning_effort"] = value
        elif kind == "off":
            body["reasoning_effort"] = "none"
        elif kind == "budget":
            body["reasoning"] = {"max_tokens": value}
        else:
            raise Skip
    form = scene.get("format")
    if form == "json":
        body["response_format"] = {"type": "json_object"}
    elif form:
        body["response_format"] = {"type": "json_schema", "json_schema": {
            "name": form["name"], "schema": form["schema"], "strict": True}}
    meta = scene.get("meta", {})
    for key in ("user", "metadata", "service_tier", "prompt_cache_key", "store", "verbosity", "safety_identifier"):
        put(body, key, meta.get(key))
    body.update(scene.get("extra", {}))
    return body


# MARK: Responses


def responses_parts(parts, role="user"):
    out = []
    for p in parts:
        if p["is"] == "text":
            out.append({"type": "output_text", "text": p["text"], "annotations": []} if role == "model"
                       else {"type": "input_text", "text": p["text"]})
        elif p["is"] == "image":
            out.append({"type": "input_image", "image_url": media_url(p), "detail": p["detail"] or "auto"})
        elif p["is"] == "pdf" and "data" in p:
            out.append({"type": "input_file", "filename": p["name"],
                        "file_data": f"data:application/pdf;base64,{p['data']}"})
        elif p["is"] == "pdf":
            out.append({"type": "input_file", "file_url": p["url"]})
        elif p["is"] == "audio":
            out.append({"type": "input_audio", "input_audio": {"data": p["data"], "format": "wav"}})
        else:
            raise Skip
    return out


def responses_turn(turn):
    role = turn["role"]
    waiting = []

    def flush():
        if waiting:
            yield {"type": "message", "role": {"user": "user", "model": "assistant", "system": "developer"}[role],
                   "content": responses_parts(waiting, role)}
            waiting.clear()

    for p in turn["parts"]:
        if p["is"] in ("text", "image", "pdf", "audio"):
            waiting.append(p)
            continue
        yield from flush()
        if p["is"] == "call":
            yield {"type": "function_call", "call_id": p["id"], "name": p["name"],
                   "arguments": json.dumps(p["arguments"], ensure_ascii=False)}
        elif p["is"] == "result":
            prefix = "Error: " if p["error"] else ""
            simple = all(q["is"] == "text" for q in p["parts"])
            yield {"type": "function_call_output", "call_id": p["id"],
                   "output": prefix + plain(p["parts"]) if simple else responses_parts(p["parts"])}
        elif p["is"] == "thinking":
            item = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": p["text"]}]}
            if p["signed"]:
                item["encrypted_content"] = OPENAI
            yield item
        elif p["is"] == "redacted":
            yield {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": OPENAI}
    yield from flush()
    if not turn["parts"]:
        yield {"type": "message", "role": "user", "content": []}


def responses(scene):
    refuse(scene, "gemini")
    if "stop" in scene.get("sampling", {}) and scene.get("exact"):
        raise Skip
    body = {"model": "my-model"}
    systems = [p["text"] for p in scene.get("system", [])]
    if systems:
        body["instructions"] = systems[0]
    items = [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": s}]}
             for s in systems[1:]]
    for turn in scene["turns"]:
        items += responses_turn(turn)
    body["input"] = items
    put(body, "stream", scene.get("stream"))
    put(body, "max_output_tokens", scene.get("max"))
    limits(body, scene, {"temperature": "temperature", "top_p": "top_p", "top_logprobs": "top_logprobs"})
    if scene.get("sampling", {}).get("logprobs"):
        body["include"] = ["message.output_text.logprobs"]
    tools = []
    for t in scene.get("tools", []):
        made = {"type": "function", "name": t["name"]}
        put(made, "description", t["description"])
        made["parameters"] = t["schema"]
        made["strict"] = bool(t["strict"])
        tools.append(made)
    for name, grammar in scene.get("custom_tools", []):
        custom = {"type": "custom", "name": name, "description": f"Free text for {name}."}
        if grammar:
            custom["format"] = {"type": "grammar", "syntax": "lark", "definition": grammar}
        tools.append(custom)
    if scene.get("search") is not None:
        tools.append({"type": "web_search", "filters": {"allowed_domains": ["example.org"]},
                      "search_context_size": "low",
                      "user_location": {"type": "approximate", "city": "Berlin", "country": "DE"}})
    if tools:
        body["tools"] = tools
    choice = scene.get("choice")
    if isinstance(choice, tuple) and choice[0] == "named":
        choice = {"type": "function", "name": choice[1]}
    elif isinstance(choice, tuple):
        choice = {"type": "allowed_tools", "mode": choice[1],
                  "tools": [{"type": "function", "name": n} for n in choice[2]]}
    put(body, "tool_choice", choice)
    put(body, "parallel_tool_calls", scene.get("parallel"))
    how = scene.get("reasoning")
    if how is not None:
        kind, value = how
        if kind == "effort":
            body["reasoning"] = {"effort": value, "summary": "auto"}
        elif kind == "off":
            body["reasoning"] = {"effort": "none"}
        else:
            raise Skip
    form = scene.get("format")
    if form == "json":
        body["text"] = {"format": {"type": "json_object"}}
    elif form:
        body["text"] = {"format": {"type": "json_schema", "name": form["name"], "schema": form["schema"],
                                   "strict": True}}
    meta = scene.get("meta", {})
    for key in ("user", "metadata", "service_tier", "prompt_cache_key", "store", "safety_identifier"):
        put(body, key, meta.get(key))
    if "verbosity" in meta:
        body.setdefault("text", {})["verbosity"] = meta["verbosity"]
    body.update(scene.get("extra", {}))
    return body


# MARK: Anthropic


def anthropic_block(p):
    if p["is"] == "text":
        block = {"type": "text", "text": p["text"]}
        put(block, "cache_control", p["cache"])
        return block
    if p["is"] == "image":
        source = ({"type": "url", "url": p["url"]} if "url" in p
                  else {"type": "base64", "media_type": p["mime"], "data": p["data"]})
        return {"type": "image", "source": source}
    if p["is"] == "pdf":
        source = ({"type": "url", "url": p["url"]} if "url" in p
                  else {"type": "base64", "media_type": "application/pdf", "data": p["data"]})
        block = {"type": "document", "source": source}
        put(block, "title", p.get("name"))
        return block
    if p["is"] == "call":
        return {"type": "tool_use", "id": p["id"], "name": p["name"], "input": p["arguments"]}
    if p["is"] == "thinking":
        return {"type": "thinking", "thinking": p["text"], "signature": ANTHROPIC if p["signed"] else ""}
    if p["is"] == "redacted":
        return {"type": "redacted_thinking", "data": p["data"]}
    if p["is"] == "result":
        block = {"type": "tool_result", "tool_use_id": p["id"]}
        if len(p["parts"]) == 1 and p["parts"][0]["is"] == "text":
            block["content"] = p["parts"][0]["text"]
        elif p["parts"]:
            block["content"] = [anthropic_block(q) for q in p["parts"]]
        if p["error"]:
            block["is_error"] = True
        return block
    raise Skip


def anthropic(scene):
    refuse(scene, "gemini", "custom_tools")
    body = {"model": "my-model", "max_tokens": scene.get("max", 4096)}
    if scene.get("system"):
        body["system"] = [anthropic_block(p) for p in scene["system"]]
    body["messages"] = []
    for turn in scene["turns"]:
        content = [anthropic_block(p) for p in turn["parts"]]
        if len(content) == 1 and set(content[0]) == {"type", "text"}:
            content = content[0]["text"]
        role = {"user": "user", "model": "assistant", "system": "system"}[turn["role"]]
        body["messages"].append({"role": role, "content": content})
    put(body, "stream", scene.get("stream"))
    if scene.get("exact") and set(scene.get("sampling", {})) - {"temperature", "top_p", "top_k", "stop"}:
        raise Skip
    limits(body, scene, {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k"})
    stop = scene.get("sampling", {}).get("stop")
    if stop:
        body["stop_sequences"] = stop
    if "temperature" in body:
        body["temperature"] = min(1, body["temperature"])
    tools = []
    for t in scene.get("tools", []):
        made = {"name": t["name"]}
        put(made, "description", t["description"])
        made["input_schema"] = t["schema"]
        put(made, "strict", t["strict"])
        tools.append(made)
    if tools and scene.get("cache_tools"):
        tools[-1]["cache_control"] = {"type": "ephemeral"}
    if scene.get("search") is not None:
        tools.append({"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
                      "allowed_domains": ["example.org"],
                      "user_location": {"type": "approximate", "city": "Berlin", "country": "DE"}})
    if tools:
        body["tools"] = tools
    choice = scene.get("choice")
    if isinstance(choice, tuple) and choice[0] == "named":
        choice = {"type": "tool", "name": choice[1]}
    elif isinstance(choice, tuple):
        raise Skip
    elif choice is not None:
        choice = {"type": {"required": "any"}.get(choice, choice)}
    if scene.get("parallel") is False:
        choice = choice or {"type": "auto"}
        choice["disable_parallel_tool_use"] = True
    put(body, "tool_choice", choice)
    how = scene.get("reasoning")
    if how is not None:
        kind, value = how
        if kind == "effort":
            body["thinking"] = {"type": "adaptive"}
            body["output_config"] = {"effort": value}
        elif kind == "budget":
            body["thinking"] = {"type": "enabled", "budget_tokens": value}
            body["max_tokens"] = max(body["max_tokens"], value + 4096)
        elif kind == "off":
            body["thinking"] = {"type": "disabled"}
    form = scene.get("format")
    if form == "json":
        raise Skip
    if form:
        body.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": form["schema"]}
    meta = scene.get("meta", {})
    if "user" in meta:
        body["metadata"] = {"user_id": meta["user"]}
    if "service_tier" in meta:
        body["service_tier"] = "standard_only"
    body.update(scene.get("extra", {}))
    return body


# MARK: Gemini


def gemini_parts(parts):
    out = []
    signature = None
    for p in parts:
        if p["is"] == "text":
            out.append({"text": p["text"]})
        elif p["is"] == "image" and "url" in p:
            out.append({"fileData": {"mimeType": "image/png", "fileUri": p["url"]}})
        elif p["is"] == "image":
            out.append({"inlineData": {"mimeType": p["mime"], "data": p["data"]}})
        elif p["is"] == "pdf" and "url" in p:
            out.append({"fileData": {"mimeType": "application/pdf", "fileUri": p["url"]}})
        elif p["is"] == "pdf":
            out.append({"inlineData": {"mimeType": "application/pdf", "data": p["data"]}})
        elif p["is"] == "audio":
            out.append({"inlineData": {"mimeType": "audio/wav", "data": p["data"]}})
        elif p["is"] == "thinking":
            out.append({"text": p["text"], "thought": True})
            signature = GEMINI if p["signed"] else None
            continue
        elif p["is"] == "call":
            made = {"name": p["name"], "args": p["arguments"]}
            if p["id"]:
                made = {"id": p["id"], **made}
            out.append({"functionCall": made})
            if p["signature"]:
                signature = p["signature"]
        elif p["is"] == "result":
            texts = plain([q for q in p["parts"] if q["is"] == "text"])
            made = {"name": p["name"], "response": {"error" if p["error"] else "result": texts}}
            if p["id"]:
                made = {"id": p["id"], **made}
            media = [q for q in p["parts"] if q["is"] != "text"]
            if media:
                made["parts"] = gemini_parts(media)
            out.append({"functionResponse": made})
        else:
            raise Skip
        if signature:
            out[-1]["thoughtSignature"] = signature
            signature = None
    return out


def gemini(scene):
    refuse(scene, "custom_tools", "parallel", "stream")
    body = {}
    if scene.get("system"):
        body["systemInstruction"] = {"parts": gemini_parts(scene["system"])}
    body["contents"] = []
    for turn in scene["turns"]:
        if turn["role"] == "system":
            raise Skip
        body["contents"].append({"role": turn["role"], "parts": gemini_parts(turn["parts"])})
    tools = []
    if scene.get("tools"):
        made = []
        for t in scene["tools"]:
            function = {"name": t["name"]}
            put(function, "description", t["description"])
            function["parametersJsonSchema"] = t["schema"]
            made.append(function)
        tools.append({"functionDeclarations": made})
    if scene.get("search") is not None:
        tools.append({"googleSearch": {}})
    if tools:
        body["tools"] = tools
    choice = scene.get("choice")
    if choice is not None:
        config = {"auto": {"mode": "AUTO"}, "none": {"mode": "NONE"}, "required": {"mode": "ANY"}}
        if isinstance(choice, tuple) and choice[0] == "named":
            made = {"mode": "ANY", "allowedFunctionNames": [choice[1]]}
        elif isinstance(choice, tuple):
            made = {"mode": "ANY" if choice[1] == "required" else "VALIDATED", "allowedFunctionNames": choice[2]}
        else:
            made = config[choice]
        body["toolConfig"] = {"functionCallingConfig": made}
    config = {}
    put(config, "maxOutputTokens", scene.get("max"))
    limits(config, scene, {
        "temperature": "temperature", "top_p": "topP", "top_k": "topK", "seed": "seed", "presence": "presencePenalty",
        "frequency": "frequencyPenalty", "stop": "stopSequences", "n": "candidateCount",
        "logprobs": "responseLogprobs", "top_logprobs": "logprobs"})
    how = scene.get("reasoning")
    if how is not None:
        kind, value = how
        if kind == "effort":
            config["thinkingConfig"] = {"includeThoughts": True, "thinkingLevel": value.upper()}
        elif kind == "budget":
            config["thinkingConfig"] = {"includeThoughts": True, "thinkingBudget": value}
        elif kind == "off":
            config["thinkingConfig"] = {"thinkingBudget": 0}
    form = scene.get("format")
    if form:
        config["responseMimeType"] = "application/json"
        if form != "json":
            config["responseJsonSchema"] = form["schema"]
    if config:
        body["generationConfig"] = config
    if scene.get("meta") is not None:
        body["labels"] = {"user": scene["meta"]["user"]}
    body.update(scene.get("extra", {}))
    return body


# MARK: Ollama


def ollama_message(role, parts):
    texts, images = [], []
    for p in parts:
        if p["is"] == "text":
            texts.append(p["text"])
        elif p["is"] == "image" and "data" in p:
            images.append(p["data"])
        else:
            raise Skip
    message = {"role": role, "content": "\n".join(texts)}
    if images:
        message["images"] = images
    return message


def ollama(scene):
    refuse(scene, "custom_tools", "choice", "parallel", "search", "meta", "gemini", "cache")
    messages = [ollama_message("system", [p]) for p in scene.get("system", [])]
    for turn in scene["turns"]:
        if turn["role"] != "model":
            rest = []
            for p in turn["parts"]:
                if p["is"] == "result":
                    prefix = "Error: " if p["error"] else ""
                    made = {"role": "tool", "tool_name": p["name"], "content": prefix + plain(p["parts"])}
                    put(made, "tool_call_id", p["id"] or None)
                    messages.append(made)
                else:
                    rest.append(p)
            if rest or not turn["parts"]:
                messages.append(ollama_message(turn["role"], rest))
            continue
        message = ollama_message("assistant", [p for p in turn["parts"] if p["is"] == "text"])
        for p in turn["parts"]:
            if p["is"] == "thinking":
                message["thinking"] = p["text"]
            elif p["is"] == "call":
                calls = message.setdefault("tool_calls", [])
                made = {"function": {"index": len(calls), "name": p["name"], "arguments": p["arguments"]}}
                calls.append({"id": p["id"], **made} if p["id"] else made)
            elif p["is"] != "text":
                raise Skip
        messages.append(message)
    body = {"model": "my-model", "messages": messages}
    put(body, "stream", scene.get("stream", False))
    options = {}
    put(options, "num_predict", scene.get("max"))
    limits(options, scene, {
        "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p", "seed": "seed",
        "presence": "presence_penalty", "frequency": "frequency_penalty", "stop": "stop",
        "repeat": "repeat_penalty"})
    limits(body, scene, {"logprobs": "logprobs", "top_logprobs": "top_logprobs"})
    if options:
        body["options"] = options
    tools = []
    for t in scene.get("tools", []):
        function = {"name": t["name"]}
        put(function, "description", t["description"])
        function["parameters"] = t["schema"]
        tools.append({"type": "function", "function": function})
    if tools:
        body["tools"] = tools
    how = scene.get("reasoning")
    if how is not None:
        kind, value = how
        if kind == "budget":
            raise Skip
        body["think"] = {"effort": value, "off": False, "auto": True}[kind]
    form = scene.get("format")
    if form:
        body["format"] = "json" if form == "json" else form["schema"]
    body.update(scene.get("extra", {}))
    return body


WRITERS = {"chat": chat, "responses": responses, "anthropic": anthropic, "gemini": gemini, "ollama": ollama}
