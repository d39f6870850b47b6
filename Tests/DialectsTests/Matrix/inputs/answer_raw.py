"""Answers that only one dialect can spell; a name with an extension is a file's whole content."""

from answers_in import (ALL_USAGE, anthropic_event, anthropic_start, chat_call_delta, chat_chunk, chat_head,
                        gemini_object, numbered, ollama_line, responses_object)
from parts import GEMINI, PNG

PLAIN = {"blocks": [], "usage": ALL_USAGE}
NONE = {"blocks": [], "usage": None}


def chat_open(index, id, name, arguments=""):
    return {"tool_calls": [{"index": index, "id": id, "type": "function",
                            "function": {"name": name, "arguments": arguments}}]}


CHAT_USAGE = {"prompt_tokens": 200, "completion_tokens": 30, "total_tokens": 230}
CHAT_ROLE = chat_chunk({"role": "assistant", "content": ""})
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.25, "bytes": [72, 105], "top_logprobs": [
    {"token": "Hi", "logprob": -0.25, "bytes": [72, 105]}, {"token": "Yo", "logprob": -2.5, "bytes": [89, 111]}]}],
    "refusal": None}

CHAT = {
    "60-interleaved-calls": [
        CHAT_ROLE, chat_chunk(chat_open(0, "call_a", "one")), chat_chunk(chat_open(1, "call_b", "two")),
        chat_chunk(chat_call_delta(0, arguments="{\"a\":")), chat_chunk(chat_call_delta(1, arguments="{\"b\":")),
        chat_chunk(chat_call_delta(0, arguments="1}")), chat_chunk(chat_call_delta(1, arguments="2}")),
        chat_chunk({}, "tool_calls"), "[DONE]"],
    "61-index-always-zero": [
        CHAT_ROLE, chat_chunk(chat_open(0, "call_a", "one", "{\"a\":1}")),
        chat_chunk(chat_open(0, "call_b", "two", "{\"b\":2}")), chat_chunk({}, "tool_calls"), "[DONE]"],
    "62-no-index": [
        CHAT_ROLE, chat_chunk({"tool_calls": [{"id": "call_a", "function": {"name": "one", "arguments": "{\"a\""}}]}),
        chat_chunk({"tool_calls": [{"id": "call_a", "function": {"arguments": ":1}"}}]}),
        chat_chunk({}, "tool_calls"), "[DONE]"],
    "63-arguments-as-object": [
        CHAT_ROLE, chat_chunk({"tool_calls": [{"index": 0, "id": "call_a", "type": "function",
                                               "function": {"name": "one", "arguments": {"a": 1.50}}}]}),
        chat_chunk({}, "tool_calls"), "[DONE]"],
    "64-late-name": [
        CHAT_ROLE, chat_chunk({"tool_calls": [{"index": 0, "id": "call_a", "function": {"arguments": "{\"a\""}}]}),
        chat_chunk(chat_call_delta(0, name="one")), chat_chunk(chat_call_delta(0, arguments=":1}")),
        chat_chunk({}, "tool_calls"), "[DONE]"],
    "65-empty-call-lists": [
        CHAT_ROLE, chat_chunk({"content": "a", "tool_calls": []}), chat_chunk({"content": "b", "tool_calls": None}),
        chat_chunk({}, "stop"), "[DONE]"],
    "66-late-usage": [
        CHAT_ROLE, chat_chunk({"content": "a"}), chat_chunk({}, "stop"),
        {**chat_head("chat.completion.chunk"), "choices": [], "usage": None},
        {**chat_head("chat.completion.chunk"), "choices": [], "usage": CHAT_USAGE}, "[DONE]"],
    "67-usage-in-every-chunk": [
        {**CHAT_ROLE, "usage": {**CHAT_USAGE, "completion_tokens": 1}},
        {**chat_chunk({"content": "a"}, "stop"), "usage": CHAT_USAGE}, "[DONE]"],
    "68-content-in-the-last-chunk": [CHAT_ROLE, chat_chunk({"content": "All at once."}, "stop"), "[DONE]"],
    "69-two-choices": [
        CHAT_ROLE, chat_chunk({"role": "assistant", "content": ""}, index=1), chat_chunk({"content": "first"}),
        chat_chunk({"content": "second"}, index=1), chat_chunk({}, "stop", index=1), chat_chunk({}, "length"),
        "[DONE]"],
    "70-logprobs": [
        CHAT_ROLE, chat_chunk({"content": "Hi"}, logprobs=LOGPROBS), chat_chunk({}, "stop"), "[DONE]"],
    "71-annotations": [
        CHAT_ROLE, chat_chunk({"content": "Found."}), chat_chunk({"annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "E", "start_index": 0,
                                                      "end_index": 6}}]}), chat_chunk({}, "stop"), "[DONE]"],
    "72-stop-text-of-server": [
        CHAT_ROLE, chat_chunk({"content": "Until"}), chat_chunk({}, "stop", stop_reason="</block>"), "[DONE]"],
    "73-null-frames.sse": "data: null\n\ndata: \n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
                          "\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},"
                          "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\ndata: null\n\n",
    "74-no-blank-lines.sse": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n"
                             "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}]}\n"
                             "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n"
                             "data: [DONE]\n",
    "75-error-of-limit": [{"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": "429"}}],
    "76-call-finish-stop": [
        CHAT_ROLE, chat_chunk(chat_open(0, "call_a", "one", "{}")), chat_chunk({}, "stop"), "[DONE]"],
    "77-numeric-ids": [
        CHAT_ROLE, chat_chunk(chat_open(0, 7, "one", "{}")), chat_chunk({}, "tool_calls"), "[DONE]"],
    "78-calls-without-finish": [CHAT_ROLE, chat_chunk(chat_open(0, "call_a", "one", "{\"a\":1}")), "[DONE]"],
    "79-signature-on-call": [
        CHAT_ROLE, chat_chunk({"tool_calls": [{
            "index": 0, "id": "call_a", "type": "function", "function": {"name": "one", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": GEMINI}}}]}), chat_chunk({}, "tool_calls"), "[DONE]"],
    "whole-90-error-in-200.json": {"error": {"message": "No capacity", "type": "server_error", "code": 503}},
    "whole-91-not-json.json": "<html><title>Bad gateway</title></html>",
    "whole-92-two-choices.json": {**chat_head("chat.completion"), "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "b"}, "finish_reason": "length"}],
        "usage": CHAT_USAGE},
    "whole-93-cut.json": "{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"a",
}


def responses_call(status, index, name, arguments):
    return {"id": f"fc_{index}", "type": "function_call", "status": status, "call_id": f"call_{index}", "name": name,
            "arguments": arguments}


def responses_message(index, text, annotations=(), **rest):
    return {"id": f"msg_{index}", "type": "message", "status": "completed", "role": "assistant", "content": [
        {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}], **rest}


def begun():
    return [("created", {"response": responses_object(PLAIN, "in_progress", [])}),
            ("in_progress", {"response": responses_object(PLAIN, "in_progress", [])})]


def message_events(index, text, **rest):
    item = responses_message(index, text, **rest)
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    return [("output_item.added", {"output_index": index, "item": {**item, "status": "in_progress", "content": []}}),
            ("content_part.added", {**place, "part": {"type": "output_text", "text": "", "annotations": []}}),
            ("output_text.delta", {**place, "delta": text}), ("output_text.done", {**place, "text": text}),
            ("content_part.done", {**place, "part": item["content"][0]}),
            ("output_item.done", {"output_index": index, "item": item})]


def ended(items, status="completed", answer=PLAIN):
    return [(status, {"response": responses_object(answer, status, items)})]


CITED = [{"type": "url_citation", "url": "https://example.org", "title": "E", "start_index": 0, "end_index": 6}]
SEARCH = {"id": "ws_0", "type": "web_search_call", "status": "completed",
          "action": {"type": "search", "query": "news", "sources": [{"type": "url", "url": "https://example.org"}]}}
FAILED = {**responses_object(PLAIN, "failed", []), "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}
TWO = [responses_call("completed", 0, "one", "{\"a\":1}"), responses_call("completed", 1, "two", "{\"b\":2}")]

RESPONSES = {
    "60-interleaved-calls": list(numbered([
        *begun(),
        ("output_item.added", {"output_index": 0, "item": responses_call("in_progress", 0, "one", "")}),
        ("output_item.added", {"output_index": 1, "item": responses_call("in_progress", 1, "two", "")}),
        ("function_call_arguments.delta", {"item_id": "fc_0", "output_index": 0, "delta": "{\"a\":"}),
        ("function_call_arguments.delta", {"item_id": "fc_1", "output_index": 1, "delta": "{\"b\":"}),
        ("function_call_arguments.delta", {"item_id": "fc_0", "output_index": 0, "delta": "1}"}),
        ("function_call_arguments.delta", {"item_id": "fc_1", "output_index": 1, "delta": "2}"}),
        ("function_call_arguments.done", {"item_id": "fc_1", "output_index": 1, "arguments": "{\"b\":2}"}),
        ("output_item.done", {"output_index": 1, "item": TWO[1]}),
        ("function_call_arguments.done", {"item_id": "fc_0", "output_index": 0, "arguments": "{\"a\":1}"}),
        ("output_item.done", {"output_index": 0, "item": TWO[0]}), *ended(TWO)])),
    "61-only-done-events": list(numbered([
        *begun(), ("output_item.done", {"output_index": 0, "item": responses_message(0, "Hello.")}),
        ("output_item.done", {"output_index": 1, "item": responses_call("completed", 1, "one", "{}")}),
        *ended([responses_message(0, "Hello."), responses_call("completed", 1, "one", "{}")])])),
    "62-only-completed": list(numbered([*begun(), *ended([responses_message(0, "Hello.")])])),
    "63-output-text-only": list(numbered([
        *begun(), ("completed", {"response": {**responses_object(PLAIN, "completed", []), "output_text": "Hello."}})])),
    "64-annotations": list(numbered([
        *begun(),
        ("output_item.added", {"output_index": 0, "item": {**responses_message(0, ""), "content": []}}),
        ("content_part.added", {"item_id": "msg_0", "output_index": 0, "content_index": 0,
                                "part": {"type": "output_text", "text": "", "annotations": []}}),
        ("output_text.delta", {"item_id": "msg_0", "output_index": 0, "content_index": 0, "delta": "Found."}),
        ("output_text.annotation.added", {"item_id": "msg_0", "output_index": 0, "content_index": 0,
                                          "annotation_index": 0, "annotation": CITED[0]}),
        ("output_text.done", {"item_id": "msg_0", "output_index": 0, "content_index": 0, "text": "Found."}),
        ("content_part.done", {"item_id": "msg_0", "output_index": 0, "content_index": 0,
                               "part": responses_message(0, "Found.", CITED)["content"][0]}),
        ("output_item.done", {"output_index": 0, "item": responses_message(0, "Found.", CITED)}),
        *ended([responses_message(0, "Found.", CITED)])])),
    "65-web-search": list(numbered([
        *begun(), ("output_item.added", {"output_index": 0, "item": {**SEARCH, "status": "in_progress"}}),
        ("web_search_call.in_progress", {"output_index": 0, "item_id": "ws_0"}),
        ("web_search_call.searching", {"output_index": 0, "item_id": "ws_0"}),
        ("web_search_call.completed", {"output_index": 0, "item_id": "ws_0"}),
        ("output_item.done", {"output_index": 0, "item": SEARCH}), *message_events(1, "Found.", annotations=CITED),
        *ended([SEARCH, responses_message(1, "Found.", CITED)])])),
    "66-failed-first": list(numbered([*begun(), ("failed", {"response": FAILED})])),
    "67-failed-after-text": list(numbered([*begun(), *message_events(0, "Hello."), ("failed", {"response": FAILED})])),
    "68-commentary": list(numbered([
        *begun(), *message_events(0, "I look.", phase="commentary"), *message_events(1, "Found."),
        *ended([responses_message(0, "I look.", phase="commentary"), responses_message(1, "Found.")])])),
    "69-two-summaries": list(numbered([
        *begun(), ("output_item.added", {"output_index": 0, "item": {"id": "rs_0", "type": "reasoning", "summary": []}}),
        *[(f"reasoning_summary_{kind}", {"item_id": "rs_0", "output_index": 0, "summary_index": n, **data})
          for n, part in enumerate(["First.", "Second."])
          for kind, data in [("part.added", {"part": {"type": "summary_text", "text": ""}}),
                             ("text.delta", {"delta": part}), ("text.done", {"text": part}),
                             ("part.done", {"part": {"type": "summary_text", "text": part}})]],
        ("output_item.done", {"output_index": 0, "item": {"id": "rs_0", "type": "reasoning", "summary": [
            {"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Second."}]}}),
        *message_events(1, "Hello."), *ended([
            {"id": "rs_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": "First."},
                                                            {"type": "summary_text", "text": "Second."}]},
            responses_message(1, "Hello.")])])),
    "70-raw-reasoning": list(numbered([
        *begun(), ("output_item.added", {"output_index": 0, "item": {"id": "rs_0", "type": "reasoning", "summary": []}}),
        ("reasoning_text.delta", {"item_id": "rs_0", "output_index": 0, "content_index": 0, "delta": "Hm."}),
        ("reasoning_text.done", {"item_id": "rs_0", "output_index": 0, "content_index": 0, "text": "Hm."}),
        ("output_item.done", {"output_index": 0, "item": {"id": "rs_0", "type": "reasoning", "summary": [], "content": [
            {"type": "reasoning_text", "text": "Hm."}]}}), *message_events(1, "Hello."),
        *ended([responses_message(1, "Hello.")])])),
    "71-custom-call": list(numbered([
        *begun(), ("output_item.added", {"output_index": 0, "item": {
            "id": "ctc_0", "type": "custom_tool_call", "call_id": "call_0", "name": "apply", "input": ""}}),
        ("custom_tool_call_input.delta", {"item_id": "ctc_0", "output_index": 0, "delta": "*** \"Begin\"\n"}),
        ("custom_tool_call_input.done", {"item_id": "ctc_0", "output_index": 0, "input": "*** \"Begin\"\n"}),
        ("output_item.done", {"output_index": 0, "item": {
            "id": "ctc_0", "type": "custom_tool_call", "call_id": "call_0", "name": "apply", "input": "*** \"Begin\"\n"}}),
        *ended([{"id": "ctc_0", "type": "custom_tool_call", "call_id": "call_0", "name": "apply",
                 "input": "*** \"Begin\"\n"}])])),
    "72-done-mark": [*numbered([*begun(), *message_events(0, "Hello."), *ended([responses_message(0, "Hello.")])]),
                     "[DONE]"],
    "73-no-event-names": [data for _, data in numbered([
        *begun(), *message_events(0, "Hello."), *ended([responses_message(0, "Hello.")])])],
    "74-cancelled": list(numbered([*begun(), *message_events(0, "Hello."), (
        "cancelled", {"response": responses_object(PLAIN, "cancelled", [responses_message(0, "Hello.")])})])),
    "whole-90-error-in-200.json": {"error": {"message": "No capacity", "type": "server_error", "code": "server_error"}},
    "whole-91-failed.json": FAILED,
    "whole-92-output-text-only.json": {**responses_object(PLAIN, "completed", []), "output_text": "Hello."},
    "whole-93-web-search.json": responses_object(PLAIN, "completed", [SEARCH, responses_message(1, "Found.", CITED)]),
}


def block(index, start, *deltas):
    yield anthropic_event("content_block_start", index=index, content_block=start)
    for delta in deltas:
        yield anthropic_event("content_block_delta", index=index, delta=delta)
    yield anthropic_event("content_block_stop", index=index)


def message_end(reason="end_turn", **usage):
    yield anthropic_event("message_delta", delta={"stop_reason": reason, "stop_sequence": None},
                          usage={"output_tokens": 30, **usage})
    yield anthropic_event("message_stop")


TEXT_BLOCK = {"type": "text", "text": ""}
USE = {"type": "tool_use", "id": "toolu_a", "name": "one", "input": {}}

ANTHROPIC = {
    "60-input-in-the-start": [
        anthropic_start(PLAIN), *block(0, {**USE, "input": {"a": 1.50}}), *message_end("tool_use")],
    "61-web-search": [
        anthropic_start(PLAIN),
        *block(0, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
               {"type": "input_json_delta", "partial_json": "{\"query\": \"news\"}"}),
        *block(1, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
            {"type": "web_search_result", "url": "https://example.org", "title": "E", "encrypted_content": "Eenc",
             "page_age": None}]}),
        *block(2, TEXT_BLOCK, {"type": "citations_delta", "citation": {
            "type": "web_search_result_location", "url": "https://example.org", "title": "E", "cited_text": "n",
            "encrypted_index": "Eidx"}}, {"type": "text_delta", "text": "Found."}),
        *message_end(server_tool_use={"web_search_requests": 1})],
    "62-late-usage": [
        anthropic_start({"blocks": [], "usage": {"input": 0, "output": 0}}), *block(0, TEXT_BLOCK, {
            "type": "text_delta", "text": "Hi"}),
        *message_end(input_tokens=1200, cache_read_input_tokens=900, cache_creation_input_tokens=0)],
    "63-missing-block-start": [
        anthropic_start(PLAIN), anthropic_event("content_block_delta", index=0, delta={
            "type": "text_delta", "text": "Hi"}), anthropic_event("content_block_stop", index=0), *message_end()],
    "64-no-event-names": [data for _, data in [
        anthropic_start(PLAIN), *block(0, TEXT_BLOCK, {"type": "text_delta", "text": "Hi"}), *message_end()]],
    "65-empty-text-first": [
        anthropic_start(PLAIN), *block(0, TEXT_BLOCK), *block(1, USE, {
            "type": "input_json_delta", "partial_json": ""}, {
            "type": "input_json_delta", "partial_json": "{\"a\": 1}"}), *message_end("tool_use")],
    "66-unknown-block": [
        anthropic_start(PLAIN), *block(0, {"type": "hologram", "x": 1}, {"type": "hologram_delta", "y": 2}),
        *block(1, TEXT_BLOCK, {"type": "text_delta", "text": "Hi"}), *message_end()],
    "67-refused-at-once": [anthropic_start(PLAIN), *message_end("refusal")],
    "68-no-message-stop": [
        anthropic_start(PLAIN), *block(0, TEXT_BLOCK, {"type": "text_delta", "text": "Hi"}),
        next(message_end())],
    "69-document-citations": [
        anthropic_start(PLAIN), *block(0, TEXT_BLOCK, {"type": "text_delta", "text": "Grass is green."}, {
            "type": "citations_delta", "citation": {
                "type": "char_location", "cited_text": "green", "document_index": 0, "document_title": "Notes",
                "start_char_index": 0, "end_char_index": 5}}), *message_end()],
    "70-unsigned-thinking": [
        anthropic_start(PLAIN), *block(0, {"type": "thinking", "thinking": "", "signature": ""}, {
            "type": "thinking_delta", "thinking": "Hm."}), *block(1, TEXT_BLOCK, {
                "type": "text_delta", "text": "Hi"}), *message_end()],
    "71-signature-only": [
        anthropic_start(PLAIN), *block(0, {"type": "thinking", "thinking": "", "signature": ""}, {
            "type": "signature_delta", "signature": "EonlySignature12"}), *block(1, USE, {
                "type": "input_json_delta", "partial_json": "{}"}), *message_end("tool_use")],
    "72-cache-creation": [
        anthropic_start(PLAIN), *block(0, TEXT_BLOCK, {"type": "text_delta", "text": "Hi"}), *message_end(
            input_tokens=10, cache_creation_input_tokens=100, cache_read_input_tokens=50,
            cache_creation={"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40})],
    "whole-90-error-in-200.json": {"type": "error", "error": {"type": "overloaded_error", "message": "No capacity"}},
    "whole-91-web-search.json": {
        "id": "msg_up", "type": "message", "role": "assistant", "model": "up-model", "content": [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "news"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
                {"type": "web_search_result", "url": "https://example.org", "title": "E", "encrypted_content": "Eenc"}]},
            {"type": "text", "text": "Found.", "citations": [
                {"type": "web_search_result_location", "url": "https://example.org", "title": "E", "cited_text": "n",
                 "encrypted_index": "Eidx"}]}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {
            "input_tokens": 200, "output_tokens": 30, "server_tool_use": {"web_search_requests": 1}}},
}


def gemini_error(code, status):
    return {"error": {"code": code, "message": "Not now.", "status": status, "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}]}}


GROUNDING = {"webSearchQueries": ["news"], "groundingChunks": [{"web": {"uri": "https://example.org", "title": "E"}}],
             "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 6, "text": "Found."},
                                    "groundingChunkIndices": [0]}]}

GEMINI_RAW = {
    "60-calls-in-one-chunk": [gemini_object(PLAIN, [
        {"text": "Looking."}, {"functionCall": {"id": "fc1", "name": "one", "args": {"a": 1}},
                               "thoughtSignature": GEMINI},
        {"functionCall": {"id": "fc2", "name": "two", "args": {"b": [1.50]}}}], "calls")],
    "61-late-usage": [gemini_object(NONE, [{"text": "Hi"}]), gemini_object(NONE, [{"text": ""}], "stop"),
                      {"usageMetadata": {"promptTokenCount": 200, "candidatesTokenCount": 30, "totalTokenCount": 230}}],
    "62-grounding": [gemini_object(PLAIN, [{"text": "Found."}]),
                     gemini_object(PLAIN, [{"text": ""}], "stop", groundingMetadata=GROUNDING)],
    "63-two-candidates": [
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "first"}]}},
                        {"index": 1, "content": {"role": "model", "parts": [{"text": "second"}]}}]},
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": []}, "finishReason": "STOP"},
                        {"index": 1, "finishReason": "MAX_TOKENS"}]}],
    "64-prompt-blocked": [{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}],
    "65-no-finish": [gemini_object(PLAIN, [{"text": "Hi"}])],
    "66-code-execution": [gemini_object(PLAIN, [
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}, {"text": "One."}], "stop")],
    "67-enveloped": [{"response": gemini_object(PLAIN, [{"text": "Hi"}], "stop"), "traceId": "t"}],
    "68-limit": [gemini_error(429, "RESOURCE_EXHAUSTED")],
    "69-repeated-call": [
        gemini_object(PLAIN, [{"functionCall": {"id": "fc1", "name": "one", "args": {"a": 1}}}]),
        gemini_object(PLAIN, [{"functionCall": {"id": "fc1", "name": "one", "args": {"a": 1}}}], "calls")],
    "70-logprobs": [gemini_object(PLAIN, [{"text": "Hi"}], "stop", logprobsResult={
        "chosenCandidates": [{"token": "Hi", "logProbability": -0.25}],
        "topCandidates": [{"candidates": [{"token": "Hi", "logProbability": -0.25}]}]})],
    "71-signed-text": [gemini_object(PLAIN, [{"text": "Hi", "thoughtSignature": GEMINI}], "stop")],
    "72-safety-ratings": [gemini_object(PLAIN, [{"text": "Hi"}], "stop", safetyRatings=[
        {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}])],
    "73-as-array.json": [gemini_object(PLAIN, [{"text": "Hel"}]), gemini_object(PLAIN, [{"text": "lo"}], "stop")],
    "74-error-in-array.json": [gemini_error(503, "UNAVAILABLE")],
    "whole-90-error-in-200.json": gemini_error(503, "UNAVAILABLE"),
    "whole-91-prompt-blocked.json": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
    "whole-92-image.json": gemini_object(PLAIN, [{"text": "Here."}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
                                         "stop"),
    "whole-93-no-parts.json": {"candidates": [{"index": 0, "finishReason": "MAX_TOKENS", "content": {"role": "model"}}],
                               "usageMetadata": {"promptTokenCount": 9, "thoughtsTokenCount": 50, "totalTokenCount": 59}},
}

DONE = {"done": True, "done_reason": "stop", "total_duration": 5, "eval_count": 30, "prompt_eval_count": 200}

OLLAMA = {
    "60-calls-in-one-line": [ollama_line({"tool_calls": [
        {"id": "call_a", "function": {"index": 0, "name": "one", "arguments": {"a": 1}}},
        {"id": "call_b", "function": {"index": 1, "name": "two", "arguments": {"b": 1.50}}}]}), ollama_line({}, **DONE)],
    "61-several-done-lines": [ollama_line({"content": "Hi"}), ollama_line({}, **DONE), ollama_line({}, **DONE)],
    "62-content-in-the-last-line": [ollama_line({"content": "Hi"}, **DONE)],
    "63-load": [ollama_line({}, done=True, done_reason="load")],
    "64-no-reason": [ollama_line({"content": "Hi"}), ollama_line({}, done=True)],
    "65-no-last-newline.ndjson": "{\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n"
                                 "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}",
    "66-logprobs": [ollama_line({"content": "Hi"}, logprobs=[{
        "token": "Hi", "logprob": -0.25, "bytes": [72, 105], "top_logprobs": [{"token": "Hi", "logprob": -0.25}]}]),
        ollama_line({}, **DONE)],
    "67-string-arguments": [ollama_line({"tool_calls": [{"function": {"name": "one", "arguments": "{\"a\":1}"}}]}),
                            ollama_line({}, **DONE)],
    "68-thinking-and-content-in-one-line": [ollama_line({"thinking": "Hm.", "content": "Hi"}), ollama_line({}, **DONE)],
    "69-everything-in-one-line": [ollama_line({"thinking": "Hm.", "content": "Hi", "tool_calls": [
        {"function": {"name": "one", "arguments": {}}}]}, **DONE)],
    "whole-90-error-in-200.json": {"error": "No capacity"},
    "whole-91-load.json": ollama_line({}, done=True, done_reason="load"),
}

RAW = {"chat": CHAT, "responses": RESPONSES, "anthropic": ANTHROPIC, "gemini": GEMINI_RAW, "ollama": OLLAMA}
