import HTTPCore
import JSONCore

/// Parts of names on the command line choose what is measured.
let wanted = CommandLine.arguments.dropFirst()

let chunk = [UInt8](
    (#"{"id":"chatcmpl-9aB3","object":"chat.completion.chunk","created":1750000000,"model":"gpt-5-mini","#
        + #""choices":[{"index":0,"delta":{"content":" hello world, how are"},"logprobs":null,"finish_reason":null}]}"#)
        .utf8
)
let event = [UInt8]("data: ".utf8) + chunk + [UInt8]("\n\n".utf8)
let named = [UInt8]("event: content_block_delta\ndata: ".utf8) + chunk + [UInt8]("\n\n".utf8)

/// The best of several rounds, in nanoseconds per call.
@inline(never)
func measure(_ name: String, rounds: Int = 7, calls: Int = 200_000, _ body: () throws -> Int) rethrows {
    guard wanted.isEmpty || wanted.contains(where: name.contains) else { return }
    let clock = ContinuousClock()
    var best = Double.infinity
    var guardValue = 0
    for _ in 0..<rounds {
        let start = clock.now
        for _ in 0..<calls { guardValue &+= try body() }
        let elapsed = start.duration(to: clock.now).components
        best = min(best, (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(calls))
    }
    let padding = String(repeating: " ", count: max(1, 52 - name.utf8.count))
    print("\(name)\(padding)\((best * 10).rounded() / 10) ns\(guardValue == 42 ? "!" : "")")
}

print("chunk of \(chunk.count) bytes")
try measure("parse a chunk") { try JSONDocument.parse(chunk).root.count }
let document = try JSONDocument.parse(chunk)
try measure("look up choices[0].delta.content") {
    document.root["choices"]?.first?["delta"]?["content"]?.text?.utf8Count ?? 0
}
measure("decode the content as String") {
    document.root["choices"]?.first?["delta"]?["content"]?.string?.utf8.count ?? 0
}
try measure("parse, look up, write an Anthropic delta") {
    let document = try JSONDocument.parse(chunk)
    var writer = JSONWriter(capacity: 160)
    writer.beginObject()
    writer.member("type", literal: "content_block_delta")
    writer.member("index", 0)
    writer.key("delta")
    writer.beginObject()
    writer.member("type", literal: "text_delta")
    if let text = document.root["choices"]?.first?["delta"]?["content"]?.text { writer.member("text", text) }
    writer.endObject()
    writer.endObject()
    return writer.bytes.count
}
measure("set the model of a request") {
    var editor = JSONEditor(document)
    editor.setMember("model", of: document.root, to: JSONLiteral.string("other"))
    return editor.finish().count
}
for (name, bytes) in [("an SSE event", event), ("a named SSE event", named)] {
    var parser = SSEParser()
    try measure("read \(name), one per chunk") {
        parser.append(bytes)
        var size = 0
        while let event = try parser.next() { size += event.data.count }
        return size
    }
    let fifty = [UInt8](repeatElement(bytes, count: 50).joined())
    try measure("read \(name), of 50 in a chunk (x 50)", calls: 4000) {
        parser.append(fifty)
        var size = 0
        while let event = try parser.next() { size += event.data.count }
        return size
    }
}
var out: [UInt8] = []
out.reserveCapacity(1024)
measure("write an SSE event") {
    out.removeAll(keepingCapacity: true)
    SSEWriter.write(event: "content_block_delta", data: chunk, to: &out)
    return out.count
}
let prose = String(repeating: "A line of prose with \"quotes\" and\nline ends. ", count: 5)
measure("write a string of \(prose.utf8.count) bytes") {
    var writer = JSONWriter(capacity: 512)
    writer.string(prose)
    return writer.bytes.count
}
let tool =
    #"{"type":"function","function":{"name":"read_file","description":"Reads a file\nand returns it.","parameters":{"type":"object","properties":{"path":{"type":"string","description":"The path"},"limit":{"type":"integer"}},"required":["path"]}}}"#
let message =
    #"{"role":"user","content":[{"type":"text","text":"\#(String(repeating: "func main() {\\n    print(\\\"x\\\")\\n}\\n", count: 120))"}]}"#
let large = [UInt8](
    "{\"model\":\"m\",\"messages\":[\(Array(repeating: message, count: 40).joined(separator: ","))],\"tools\":[\(Array(repeating: tool, count: 40).joined(separator: ","))]}"
        .utf8
)
try measure("parse a request of \(large.count / 1000) KB", calls: 500) { try JSONDocument.parse(large).root.count }
