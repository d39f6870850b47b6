private import COpenSSL
private import Glibc

/// Bytes that must not leak: kept out of swap where the system allows it, wiped when released, never printed.
///
///     let key = Secret("sk-…")
///     let digest = key.withBytes { SHA256.hash($0) }
///
/// Copies of the reference share one buffer. There is no conversion to text that happens by accident:
/// `exposedText()` is the only way, and its name shows in a review.
public final class Secret: Sendable {
    // Written only while initialising, read-only afterwards, so any thread may look.
    private nonisolated(unsafe) let buffer: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller's own copy is its own affair.
    public convenience init(_ bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { target in
            target.copyBytes(from: bytes)
        }
    }

    /// Copies the UTF-8 bytes of `text`.
    public convenience init(_ text: String) {
        self.init(text.utf8)
    }

    /// Lets `fill` write `count` zeroed bytes in place, so that no other copy ever exists.
    public init<Failure: Error>(
        count: Int,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        buffer = .allocate(byteCount: max(count, 1), alignment: 16)
        _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
        // Best effort: the limit on locked memory may be small. Never unlocked, because the page is shared with
        // other allocations, which may be secrets too.
        if let start = buffer.baseAddress { mlock(start, buffer.count) }
        self.count = count
        try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    }

    deinit {
        if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
        buffer.deallocate()
    }

    /// How many bytes the secret has.
    public let count: Int

    /// True when there is nothing in it.
    public var isEmpty: Bool { count == 0 }

    /// Lends the bytes for the duration of `body`, which must not keep the pointer.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// A plain `String` of the bytes, for the one place that must send or show it.
    ///
    /// The text is not wiped afterwards.
    public func exposedText() -> String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension Secret: Equatable {
    /// Compares in a time that depends on the lengths only.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.withBytes { first in
            right.withBytes { second in
                constantTimeEqual(first, second)
            }
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<secret>`.
    public var description: String { "<secret>" }
    /// Always `<secret>`.
    public var debugDescription: String { "<secret>" }
    /// Hides the storage from `dump` and from test failure messages.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
