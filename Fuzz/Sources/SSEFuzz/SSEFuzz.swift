import CLibFuzzer
import Glibc
import HTTPCore

@main
enum SSEFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
    }
}

/// Whatever the bytes are, events do not depend on how they are cut, and writing them again gives the same events.
///
/// The first byte chooses the chunk size and whether every line is an event (NDJSON), the second a limit for lines.
private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard bytes.count > 2 else { return 0 }
    let size = Int(bytes[0] % 37) + 1
    let limit = bytes[1] < 64 ? Int(bytes[1]) : 1 << 20
    let isLines = bytes[0] >= 128
    let stream = [UInt8](bytes[2...])
    let whole = events(of: [stream], limit, isLines: isLines)
    let chunks = stride(from: 0, to: stream.count, by: size).map { [UInt8](stream[$0..<min($0 + size, stream.count)]) }
    let cut = events(of: chunks, limit, isLines: isLines)
    precondition(whole.events == cut.events && whole.error == cut.error, "chunk borders change the events")
    checkWriting(whole.events.filter { !$0.isComment })
    return 0
}

private func events(
    of chunks: [[UInt8]],
    _ limit: Int,
    isLines: Bool = false
) -> (events: [SSEEvent], error: SSEError?) {
    var parser = SSEParser(maximumLine: limit, maximumEvent: 2 * limit)
    parser.isLineDelimited = isLines
    var events: [SSEEvent] = []
    do throws(SSEError) {
        for chunk in chunks {
            parser.append(chunk)
            while let event = try parser.next() { events.append(event) }
        }
        while let event = try parser.finish() { events.append(event) }
        return (events, nil)
    } catch {
        return (events, error)
    }
}

private func checkWriting(_ written: [SSEEvent]) {
    var stream: [UInt8] = []
    for event in written { SSEWriter.write(name: event.name, data: event.data[...], to: &stream) }
    let read = events(of: [stream], 1 << 20)
    precondition(read.error == nil && read.events.map(\.data) == written.map(\.data), "written events read differently")
}
