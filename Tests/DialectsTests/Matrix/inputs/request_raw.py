"""Requests that only one dialect can spell: name → members of the body besides the model."""

from parts import GEMINI, OPENAI, PNG

PARTS_OF_OTHERS = [
    {"type": "input_text", "text": "a"}, {"type": "image", "image": f"data:image/png;base64,{PNG}"},
    {"type": "image_url", "image_url": "https://example.org/a.png"},
    {"type": "file", "data": "JVBERi0xLjQK", "mediaType": "application/pdf", "filename": "a.pdf"}, "bare string"]

CHAT = {
    "80-parts-of-other-dialects": {"messages": [{"role": "user", "content": PARTS_OF_OTHERS}]},
    "81-odd-arguments": {"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "ping", "arguments": {"a": 1}}},
            {"id": "c2", "type": "function", "function": {"name": "ping", "arguments": ""}},
            {"id": "c3", "type": "function", "function": {"name": "ping", "arguments": "\"{\\\"a\\\":1}\""}},
            {"id": "c4", "type": "function", "function": {"name": "ping", "arguments": "{\"a\":[1,2"}},
            {"id": "c5", "type": "function", "function": {"name": "ping", "arguments": "not json"}},
            {"id": "c6", "type": "function", "function": {"name": "ping"}}]},
        *[{"role": "tool", "tool_call_id": f"c{n}", "content": "ok"} for n in range(1, 7)]],
        "tools": [{"type": "function", "function": {"name": "ping"}}]},
    "82-tools-of-other-shapes": {"messages": [{"role": "user", "content": "a"}], "tools": [
        {"function": {"name": "bare", "parameters": None}},
        {"type": "function", "name": "flat", "parameters": {"type": "object", "properties": {}}},
        {"name": "anthropic", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
        {"type": "function", "function": {"name": "odd", "description": ["not", "text"], "parameters": {}}}],
        "tool_choice": {"type": "any"}},
    "83-old-functions": {"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "function_call": {"name": "ping", "arguments": "{}"}},
        {"role": "function", "name": "ping", "content": "pong"}],
        "functions": [{"name": "ping", "parameters": {"type": "object", "properties": {}}}],
        "function_call": {"name": "ping"}},
    "84-refusal-and-names": {"messages": [
        {"role": "user", "name": "ann", "content": "a"},
        {"role": "assistant", "content": None, "refusal": "I will not."},
        {"role": "user", "name": "bob", "content": "b"}]},
    "85-developer": {"messages": [
        {"role": "developer", "content": "Be brief."}, {"role": "user", "content": "a"}]},
    "86-n-and-extras": {"messages": [{"role": "user", "content": "a"}], "n": 1, "prediction": {
        "type": "content", "content": "b"}, "modalities": ["text"], "max_tokens": 7, "max_completion_tokens": 9},
    "87-custom-tool-history": {"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "custom", "custom": {"name": "apply", "input": "*** Begin\n\"x\""}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"}],
        "tools": [{"type": "custom", "custom": {"name": "apply", "format": {"type": "text"}}}]},
    "88-unknown-role": {"messages": [{"role": "critic", "content": "a"}]},
    "89-data-urls": {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": f"data:image/jpg;name=x;base64,{PNG[:20]}\n {PNG[20:]}"}},
        {"type": "image_url", "image_url": {"url": "data:text/plain,hello%20there"}},
        {"type": "text", "text": "What?"}]}]},
}

RESPONSES = {
    "80-string-input": {"input": "Hello", "instructions": "Be brief."},
    "81-empty-input": {"input": []},
    "82-one-turn-of-several-items": {"input": [
        {"role": "user", "content": "Paris?"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "First."}],
         "encrypted_content": OPENAI, "status": None, "content": None},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "commentary",
         "content": [{"type": "output_text", "text": "Looking.", "annotations": []}]},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "get", "arguments": "{\"a\":1}",
         "status": "completed"},
        {"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "Second."}],
         "encrypted_content": OPENAI + "2"},
        {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "get", "arguments": ""},
        {"type": "function_call_output", "call_id": "c2", "output": "two"},
        {"type": "function_call_output", "call_id": "c1", "output": [
            {"type": "input_text", "text": "one"}, {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]}],
        "tools": [{"type": "function", "name": "get", "parameters": {"type": "object", "properties": {}},
                   "strict": False}],
        "reasoning": {"effort": "medium", "summary": "auto"}, "include": ["reasoning.encrypted_content"],
        "store": False},
    "83-shell-and-patch": {"input": [
        {"role": "user", "content": "Build it."},
        {"type": "local_shell_call", "call_id": "c1", "status": "completed", "action": {
            "type": "exec", "command": ["make", "all"], "env": {}, "working_directory": "/src", "timeout_ms": 1000}},
        {"type": "local_shell_call_output", "id": "c1", "output": "built"},
        {"type": "apply_patch_call", "call_id": "c2", "status": "completed", "operation": {
            "type": "update_file", "path": "a.c", "diff": "@@\n-a\n+b"}},
        {"type": "apply_patch_call_output", "call_id": "c2", "status": "failed", "output": "no such file"}],
        "tools": [{"type": "local_shell"}, {"type": "apply_patch"}]},
    "84-shell": {"input": [
        {"role": "user", "content": "List."},
        {"type": "shell_call", "call_id": "c1", "status": "completed", "action": {"commands": ["ls"], "timeout_ms": 5}},
        {"type": "shell_call_output", "call_id": "c1", "output": [
            {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]}],
        "tools": [{"type": "shell"}]},
    "85-namespace": {"input": [
        {"role": "user", "content": "Files?"},
        {"type": "function_call", "call_id": "c1", "name": "read", "namespace": "files", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "none"}],
        "tools": [{"type": "namespace", "name": "files", "description": "Files.", "tools": [
            {"type": "function", "name": "read", "parameters": {"type": "object", "properties": {}}, "strict": False},
            {"type": "function", "name": "files_write", "parameters": {"type": "object", "properties": {}},
             "strict": False}]}]},
    "86-custom-tool-history": {"input": [
        {"role": "user", "content": "a"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply", "input": "*** Begin\n\"x\""},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"}],
        "tools": [{"type": "custom", "name": "apply", "format": {"type": "text"}}],
        "tool_choice": {"type": "custom", "name": "apply"}},
    "87-hosted-items": {"input": [
        {"role": "user", "content": "a"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
        {"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": "Found.", "annotations": [
                {"type": "url_citation", "url": "https://example.org", "title": "E", "start_index": 0, "end_index": 5}]}]},
        {"type": "item_reference", "id": "msg_9"},
        {"type": "mystery_item", "x": 1},
        {"role": "user", "content": "b"}],
        "tools": [{"type": "web_search"}, {"type": "file_search", "vector_store_ids": ["vs_1"]},
                  {"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "image_generation"}]},
    "88-refusal": {"input": [
        {"role": "user", "content": "a"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        {"role": "user", "content": "b"}]},
    "89-settings": {"input": "a", "truncation": "auto", "max_tool_calls": 3, "background": False,
                    "parallel_tool_calls": True, "text": {"format": {"type": "text"}, "verbosity": "high"},
                    "service_tier": "flex", "metadata": {"k": "v"}, "safety_identifier": "u1",
                    "stream_options": {"include_obfuscation": False}},
    "90-unreadable-item": {"input": [{"role": "oracle", "content": "a"}]},
    "91-tool-search": {"input": [{"role": "user", "content": "a"}], "tools": [
        {"type": "tool_search"}, {"type": "function", "name": "get", "defer_loading": True,
                                  "parameters": {"type": "object", "properties": {}}, "strict": False}]},
}

ANTHROPIC = {
    "80-documents": {"max_tokens": 100, "messages": [{"role": "user", "content": [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Plain."}, "title": "Notes",
         "context": "Of the meeting.", "citations": {"enabled": True}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "Block."}]}},
        {"type": "search_result", "source": "https://example.org", "title": "Hit",
         "content": [{"type": "text", "text": "Found."}]},
        {"type": "text", "text": "What do they say?"}]}]},
    "81-server-tools": {"max_tokens": 100, "messages": [
        {"role": "user", "content": "What is new?"},
        {"role": "assistant", "content": [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "news"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
                {"type": "web_search_result", "url": "https://example.org", "title": "E", "encrypted_content": "Eenc"}]},
            {"type": "text", "text": "Nothing.", "citations": [
                {"type": "web_search_result_location", "url": "https://example.org", "title": "E",
                 "encrypted_index": "Eidx", "cited_text": "n"}]}]},
        {"role": "user", "content": "And now?"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search"},
                  {"type": "code_execution_20250825", "name": "code_execution"}]},
    "90-search-of-another-provider": {"max_tokens": 100, "messages": [
        {"role": "user", "content": "What is new?"},
        {"role": "assistant", "content": [
            {"type": "text", "text": "I will look."},
            {"type": "server_tool_use", "id": "srvtoolu_omr1_1", "name": "web_search", "input": {"query": "news"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_omr1_1", "content": [
                {"type": "web_search_result", "url": "https://example.org", "title": "E", "encrypted_content": "",
                 "page_age": None}]},
            {"type": "text", "text": "Nothing."}]},
        {"role": "user", "content": "And now?"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    "82-billing-line": {"max_tokens": 100, "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=1"}, {"type": "text", "text": "You are X."}],
        "messages": [{"role": "user", "content": "a"}]},
    "83-directive": {"max_tokens": 100, "messages": [
        {"role": "system", "content": [], "output_config": {"effort": "low"}}, {"role": "user", "content": "a"}]},
    "84-five-marks": {"max_tokens": 100, "system": [
        {"type": "text", "text": str(n), "cache_control": {"type": "ephemeral"}} for n in range(5)],
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}]},
    "85-string-everything": {"max_tokens": 100, "system": "Be brief.", "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "ping", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [
            {"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}]}],
        "tools": [{"name": "ping", "input_schema": {"type": "object"}}], "metadata": {"user_id": "u"}, "top_k": 5},
    "86-interleaved-thinking": {"max_tokens": 30000, "thinking": {"type": "enabled", "budget_tokens": 2048},
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "one", "signature": "EsigOne1234"},
                {"type": "text", "text": "First."},
                {"type": "thinking", "thinking": "two", "signature": "EsigTwo1234"},
                {"type": "tool_use", "id": "toolu_1", "name": "ping", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "pong"}]}],
        "tools": [{"name": "ping", "input_schema": {"type": "object", "properties": {}}}]},
    "87-unknown-blocks": {"max_tokens": 100, "messages": [
        {"role": "user", "content": [{"type": "hologram", "x": 1}, {"type": "text", "text": "a"}]},
        {"role": "assistant", "content": [{"type": "input_json_delta", "partial_json": "{"},
                                          {"type": "text", "text": "b"}]},
        {"role": "user", "content": "c"}]},
    "88-signature-of-another-family": {"max_tokens": 20000, "thinking": {"type": "enabled", "budget_tokens": 2048},
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "one", "signature": "omr1.g.-.Q3BrQmdlbWluaQ"},
                {"type": "tool_use", "id": "toolu_1", "name": "ping", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "pong"}]}],
        "tools": [{"name": "ping", "input_schema": {"type": "object", "properties": {}}}]},
    "89-no-max-tokens": {"messages": [{"role": "user", "content": "a"}]},
}

GEMINI_RAW = {
    "80-snake-case": {"system_instruction": {"parts": [{"text": "Be brief."}]}, "contents": [
        {"role": "user", "parts": [{"text": "a"}, {"inline_data": {"mime_type": "image/png", "data": PNG}}]},
        {"role": "model", "parts": [{"function_call": {"name": "get", "args": {"a": 1}}}]},
        {"role": "function", "parts": [{"function_response": {"name": "get", "response": {"x": 1}}}]}],
        "tools": [{"function_declarations": [{"name": "get", "parameters": {"type": "OBJECT", "properties": {
            "a": {"type": "INTEGER", "nullable": True}}}}]}],
        "generation_config": {"max_output_tokens": 9, "stop_sequences": ["x"]}},
    "81-structured-schema-of-gemini": {"contents": [{"role": "user", "parts": [{"text": "a"}]}], "generationConfig": {
        "responseMimeType": "application/json", "responseSchema": {
            "type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}, "b": {"type": "ARRAY", "items": {
                "type": "NUMBER"}}}, "required": ["a"], "propertyOrdering": ["b", "a"]}}},
    "82-enum-format": {"contents": [{"role": "user", "parts": [{"text": "a"}]}], "generationConfig": {
        "responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["yes", "no"]}}},
    "83-results-beside-text-and-calls": {"contents": [
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{"text": "b"}, {"functionCall": {"name": "get", "args": {}}}]},
        {"role": "user", "parts": [{"text": "before"}, {"functionResponse": {"name": "get", "response": {"result": "x"}}},
                                   {"text": "after"}]}],
        "tools": [{"functionDeclarations": [{"name": "get"}]}]},
    "84-safety-and-images": {"contents": [{"role": "user", "parts": [{"text": "Draw."}]}],
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "1:1"}}},
    "85-signed-text": {"contents": [
        {"role": "user", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{"text": "b"}, {"text": "", "thoughtSignature": GEMINI}]},
        {"role": "user", "parts": [{"text": "c"}]}]},
    "86-code-and-media": {"contents": [
        {"role": "user", "parts": [{"text": "a"}, {"fileData": {"mimeType": "video/mp4", "fileUri": "https://youtu.be/x"}}]},
        {"role": "model", "parts": [{"executableCode": {"language": "PYTHON", "code": "1+1"}},
                                    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}]},
        {"role": "user", "parts": [{"text": "b"}]}], "tools": [{"codeExecution": {}}, {"urlContext": {}}]},
    "87-model-image": {"contents": [
        {"role": "user", "parts": [{"text": "Draw."}]},
        {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": GEMINI}]},
        {"role": "user", "parts": [{"text": "Larger."}]}]},
    "88-no-roles-and-strings": {"systemInstruction": "Be brief.", "contents": [{"parts": [{"text": "a"}]}],
        "cachedContent": "cachedContents/x"},
    "89-level": {"contents": [{"role": "user", "parts": [{"text": "a"}]}], "generationConfig": {
        "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": False}}},
    "90-unknown-part": {"contents": [{"role": "user", "parts": [{"hologram": {}}, {"text": "a"}]}]},
}

OLLAMA = {
    "80-streams-by-default": {"messages": [{"role": "user", "content": "a"}]},
    "81-options": {"stream": False, "keep_alive": "5m", "messages": [{"role": "user", "content": "a"}], "options": {
        "num_ctx": 8192, "num_predict": -1, "repeat_last_n": 64, "typical_p": 0.9, "mirostat": 1}},
    "82-results-by-name": {"stream": False, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "one", "arguments": {}}}, {"function": {"name": "two", "arguments": {}}}]},
        {"role": "tool", "tool_name": "two", "content": "second"},
        {"role": "tool", "tool_name": "one", "content": "first"}],
        "tools": [{"type": "function", "function": {"name": "one", "parameters": {"type": "object"}}},
                  {"type": "function", "function": {"name": "two", "parameters": {"type": "object"}}}]},
    "83-string-arguments": {"stream": False, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"function": {"name": "one", "arguments": "{\"a\":1}"}}]},
        {"role": "tool", "name": "one", "content": "first"}],
        "tools": [{"type": "function", "function": {"name": "one", "parameters": {"type": "object"}}}]},
    "84-think-level": {"stream": False, "think": "low", "messages": [{"role": "user", "content": "a"}]},
    "85-data-url-image": {"stream": False, "messages": [
        {"role": "user", "content": "a", "images": [f"data:image/png;base64,{PNG}"]}]},
    "86-unknown-role": {"stream": False, "messages": [{"role": "critic", "content": "a"}]},
}

RAW = {"chat": CHAT, "responses": RESPONSES, "anthropic": ANTHROPIC, "gemini": GEMINI_RAW, "ollama": OLLAMA}
