/// What a partial update says about one field.
enum Patch<Value: Sendable>: Sendable {
    /// Nothing: the field keeps its value.
    case absent
    /// `null`: the field loses its value.
    case cleared
    /// A new value.
    case set(Value)

    /// Whether the update mentions the field.
    var isPresent: Bool {
        if case .absent = self { false } else { true }
    }

    /// The new value, or `nil` when there is none or the field is cleared.
    var value: Value? {
        if case .set(let value) = self { value } else { nil }
    }

    /// Writes the update into an optional field.
    func apply(to field: inout Value?) {
        switch self {
        case .absent: break
        case .cleared: field = nil
        case .set(let value): field = value
        }
    }

    func map<Other: Sendable>(_ transform: (Value) -> Other) -> Patch<Other> {
        switch self {
        case .absent: .absent
        case .cleared: .cleared
        case .set(let value): .set(transform(value))
        }
    }
}
