private import CBrotli
private import CZlib

/// Undoes the content codings of a response, piece by piece.
///
/// Codings may be stacked (`gzip, br`); the last one named was applied last and is undone first.
final class ContentDecoder {
    /// What became of a piece.
    enum Outcome {
        case decoded
        /// The bytes are not what the coding says.
        case malformed
        /// The receiver wants no more.
        case refused
    }

    /// How many codings a response may stack.
    private static let mostStages = 3
    /// How much is handed on at a time.
    private static let pieceSize = 16 << 10

    private let stages: [any DecodingStage]
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize * mostStages, alignment: 8)

    /// Takes the value of `Content-Encoding`; nil when one of the codings is not known, or there are too many.
    init?(_ value: String) {
        let codings = value.listedTokens.filter { $0 != "identity" && $0 != "none" }
        // Counted first: each stage is a few kilobytes.
        let stages = codings.count <= Self.mostStages ? codings.reversed().compactMap(Self.stage) : []
        guard stages.count == codings.count else {
            piece.deallocate()
            return nil
        }
        self.stages = stages
    }

    deinit {
        piece.deallocate()
    }

    private static func stage(_ coding: String) -> (any DecodingStage)? {
        switch coding {
        case "gzip", "x-gzip": InflateStage(format: .gzip)
        case "deflate": InflateStage(format: .deflate)
        case "br": BrotliStage()
        default: nil
        }
    }

    /// Whether every coding has come to its end.
    var isFinished: Bool { stages.allSatisfy(\.isFinished) }

    /// Decodes bytes and hands what becomes of them to `receive`, which returns false when it wants no more.
    func decode(_ bytes: UnsafeRawBufferPointer, _ receive: (UnsafeRawBufferPointer) -> Bool) -> Outcome {
        pass(bytes, to: 0, receive)
    }

    private func pass(
        _ bytes: UnsafeRawBufferPointer,
        to index: Int,
        _ receive: (UnsafeRawBufferPointer) -> Bool
    ) -> Outcome {
        guard index < stages.count else { return receive(bytes) ? .decoded : .refused }
        let start = index * Self.pieceSize
        let output = UnsafeMutableRawBufferPointer(rebasing: piece[start..<start + Self.pieceSize])
        var rest = bytes
        while true {
            guard let step = stages[index].step(rest, into: output) else { return .malformed }
            rest = UnsafeRawBufferPointer(rebasing: rest[step.taken...])
            if step.made > 0 {
                let made = UnsafeRawBufferPointer(rebasing: output[..<step.made])
                let outcome = pass(made, to: index + 1, receive)
                guard outcome == .decoded else { return outcome }
            }
            // A full piece means that more may follow from what was taken already.
            guard step.made < output.count else { continue }
            if rest.isEmpty { return .decoded }
            if step.taken == 0, step.made == 0 { return .malformed }
        }
    }
}

/// One coding.
private protocol DecodingStage: AnyObject {
    /// The coded text has come to its end.
    var isFinished: Bool { get }

    /// Decodes as much of the input as the output has room for; nil when it makes no sense.
    ///
    /// Bytes behind the end are taken and ignored.
    func step(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, made: Int)?
}

/// gzip (RFC 1952) and deflate, which servers send with and without zlib's header (RFC 9110 §8.4.1.2).
private final class InflateStage: DecodingStage {
    enum Format {
        case gzip, deflate
    }

    /// zlib keeps its address, so it may not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let format: Format
    private var isStarted = false
    /// The first byte of a deflate text, until the second tells what the two are.
    private var held: UInt8?
    private(set) var isFinished = false

    init(format: Format) {
        self.format = format
        stream.initialize(to: z_stream())
    }

    deinit {
        if isStarted { inflateEnd(stream) }
        stream.deallocate()
    }

    func step(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, made: Int)? {
        if isFinished {
            // A gzip text may have several members (RFC 1952 §2.2); whatever else follows is ignored.
            guard format == .gzip, input.first == 0x1F, inflateReset(stream) == Z_OK else { return (input.count, 0) }
            isFinished = false
        }
        guard isStarted || begin(input) else { return nil }
        // One byte does not tell the format yet.
        guard isStarted else { return (input.count, 0) }
        guard let first = held else { return inflate(input, into: output) }
        held = nil
        // No format yields anything from its first byte.
        guard withUnsafeBytes(of: first, { inflate($0, into: output) }) != nil else { return nil }
        return inflate(input, into: output)
    }

    /// Finds out the format and starts zlib, unless more has to be known; false when zlib fails.
    private func begin(_ input: UnsafeRawBufferPointer) -> Bool {
        guard format == .deflate else { return start(windowBits: 15 + 16) }
        // The first byte may have come alone, before; if not, the second is looked for behind it.
        let second = held == nil ? input.dropFirst().first : input.first
        guard let first = held ?? input.first, let second else {
            held = held ?? input.first
            return true
        }
        // RFC 1950 §2.2: method 8, and a multiple of 31.
        let hasHeader = first & 0x0F == 8 && (UInt16(first) << 8 | UInt16(second)) % 31 == 0
        return start(windowBits: hasHeader ? 15 : -15)
    }

    private func start(windowBits: Int32) -> Bool {
        isStarted = omni_inflate_init(stream, windowBits) == Z_OK
        return isStarted
    }

    private func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, made: Int)? {
        // zlib does not write to its input; the type only lacks a const.
        let start = UnsafeMutableRawPointer(mutating: input.baseAddress)
        stream.pointee.next_in = start?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: output.count)
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        switch result {
        case Z_STREAM_END: isFinished = true
        // With the second there was nothing to do: all input was taken before.
        case Z_OK, Z_BUF_ERROR: break
        default: return nil
        }
        return (input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
    }
}

/// Brotli (RFC 7932).
private final class BrotliStage: DecodingStage {
    private let state: OpaquePointer

    init?() {
        guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        self.state = state
    }

    deinit {
        BrotliDecoderDestroyInstance(state)
    }

    var isFinished: Bool { BrotliDecoderIsFinished(state) != 0 }

    func step(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, made: Int)? {
        guard !isFinished else { return (input.count, 0) }
        var (available, room) = (input.count, output.count)
        var next = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let result = BrotliDecoderDecompressStream(state, &available, &next, &room, &target, nil)
        guard result != BROTLI_DECODER_RESULT_ERROR else { return nil }
        return (isFinished ? input.count : input.count - available, output.count - room)
    }
}
