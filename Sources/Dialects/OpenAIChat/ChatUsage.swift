import JSONCore

/// Usage as OpenAI Chat writes it.
enum ChatUsage {
    static func read(_ object: JSONValue) -> Usage {
        let json = JSONLookup(object)
        var usage = Usage()
        let promptDetails = json.present("prompt_tokens_details").map(JSONLookup.init)
        let outputDetails = json.present("completion_tokens_details").map(JSONLookup.init)
        let prompt = count(json["prompt_tokens"])
        // DeepSeek and Moonshot have their own places for cached tokens.
        usage.cacheRead =
            count(promptDetails?["cached_tokens"]) ?? count(json["prompt_cache_hit_tokens"])
            ?? count(json["cached_tokens"])
        usage.cacheWrite5m =
            count(promptDetails?["cache_write_tokens"]) ?? count(json["cache_creation_input_tokens"])
        if let prompt {
            // Some wrappers of Claude leave the cached tokens out of prompt_tokens.
            let cached = (usage.cacheRead ?? 0) &+ (usage.cacheWrite5m ?? 0)
            usage.input = (usage.cacheRead ?? 0) > prompt ? prompt : max(0, prompt &- cached)
        }
        usage.reasoning = count(outputDetails?["reasoning_tokens"])
        usage.output = count(json["completion_tokens"])
        if let output = usage.output, let prompt, let reasoning = usage.reasoning, reasoning > 0,
            let total = count(json["total_tokens"]), total == prompt &+ output &+ reasoning
        {
            usage.output = output &+ reasoning  // xAI counts reasoning beside the completion
        }
        usage.audioInput = count(promptDetails?["audio_tokens"])
        usage.audioOutput = count(outputDetails?["audio_tokens"])
        usage.acceptedPrediction = count(outputDetails?["accepted_prediction_tokens"])
        usage.rejectedPrediction = count(outputDetails?["rejected_prediction_tokens"])
        if let cost = json["cost"]?.double, cost >= 0 { usage.reportedCost = cost }  // OpenRouter, in US dollars
        return usage
    }

    private static func count(_ json: JSONValue?) -> Int? {
        guard let json, json.isNumber else { return nil }
        if let whole = json.int { return max(0, whole) }
        guard let value = json.double, value.isFinite, abs(value) < 1e15 else { return nil }
        return max(0, Int(value))
    }

    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        let prompt = usage.totalInput
        let output = usage.output ?? 0
        writer.beginObject()
        writer.member("prompt_tokens", prompt)
        writer.member("completion_tokens", output)
        writer.member("total_tokens", prompt &+ output)
        if usage.cacheRead != nil || usage.cacheWrite != nil || usage.audioInput != nil {
            writer.key("prompt_tokens_details")
            writer.beginObject()
            writer.member("cached_tokens", usage.cacheRead ?? 0)
            if let written = usage.cacheWrite, written > 0 { writer.member("cache_write_tokens", written) }
            if let audio = usage.audioInput { writer.member("audio_tokens", audio) }
            writer.endObject()
        }
        if usage.reasoning != nil || usage.audioOutput != nil || usage.acceptedPrediction != nil {
            writer.key("completion_tokens_details")
            writer.beginObject()
            writer.member("reasoning_tokens", usage.reasoning ?? 0)
            if let audio = usage.audioOutput { writer.member("audio_tokens", audio) }
            if let accepted = usage.acceptedPrediction { writer.member("accepted_prediction_tokens", accepted) }
            if let rejected = usage.rejectedPrediction { writer.member("rejected_prediction_tokens", rejected) }
            writer.endObject()
        }
        if usage.estimated { writer.member("estimated", true) }
        writer.endObject()
    }
}
