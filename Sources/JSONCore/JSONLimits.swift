/// How much a text may ask of us before it is refused.
public struct JSONLimits: Sendable {
    /// How many containers may be open at once.
    public var depth: Int

    /// How many values a text may hold; keys are not counted.
    public var nodes: Int

    /// How many bytes a number may have.
    public var numberLength: Int

    /// How many bytes a key may have as it is written, escapes counted in full.
    public var keyLength: Int

    /// Creates limits; every value left out is that of the specification.
    public init(depth: Int = 128, nodes: Int = 2_000_000, numberLength: Int = 1024, keyLength: Int = 65_536) {
        self.depth = depth
        self.nodes = nodes
        self.numberLength = numberLength
        self.keyLength = keyLength
    }

    /// The limits for everything that comes from outside.
    public static let standard = JSONLimits()
}
