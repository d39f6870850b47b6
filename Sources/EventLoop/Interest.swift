private import CLinux

/// What a watched descriptor is waited for.
public struct Interest: OptionSet, Sendable {
    /// The bits, as epoll names them.
    public let rawValue: UInt32

    /// Takes epoll's bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes, or the end of the stream, can be read.
    public static let read = Interest(rawValue: UInt32(OMNI_EPOLL_IN))
    /// Bytes can be written.
    public static let write = Interest(rawValue: UInt32(OMNI_EPOLL_OUT))
    /// The peer closed its side, or the whole connection.
    public static let peerClosed = Interest(rawValue: UInt32(OMNI_EPOLL_RDHUP))
}

/// What happened on a watched descriptor; errors and hang-ups are always reported.
public struct Readiness: Sendable {
    let events: UInt32

    /// Bytes, or the end of the stream, can be read.
    public var isReadable: Bool { events & UInt32(OMNI_EPOLL_IN) != 0 }
    /// Bytes can be written.
    public var isWritable: Bool { events & UInt32(OMNI_EPOLL_OUT) != 0 }
    /// The peer closed its side, or the connection is gone.
    public var isPeerClosed: Bool {
        events & UInt32(OMNI_EPOLL_RDHUP | OMNI_EPOLL_HUP | OMNI_EPOLL_ERR) != 0
    }
    /// The descriptor is in an error state.
    public var isError: Bool { events & UInt32(OMNI_EPOLL_ERR) != 0 }
}
