/// An object in which many keys are looked for and few are there: what is absent is told at a glance.
///
///     let usage = JSONLookup(json)
///     let cached = usage["cached_tokens"] ?? usage["prompt_cache_hit_tokens"]
public struct JSONLookup: Sendable {
    private let object: JSONValue
    private let keys: UInt64

    /// Looks at the keys once; a value of another kind has none.
    public init(_ value: JSONValue) {
        object = value
        keys = value.isObject ? SimdJSON.keys(of: value) : 0
    }

    /// The member with this key; of duplicates the last.
    public subscript(_ key: StaticString) -> JSONValue? {
        SimdJSON.lacks(key, keys) ? nil : object[key]
    }

    /// The member with this key unless it is `null`.
    public func present(_ key: StaticString) -> JSONValue? {
        SimdJSON.lacks(key, keys) ? nil : object.present(key)
    }
}
