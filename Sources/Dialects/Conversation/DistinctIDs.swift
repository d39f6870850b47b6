/// Makes the ids of an answer's calls differ where a provider gave one twice.
struct DistinctIDs {
    private var used: Set<String> = []
    /// The next number to try, by the ids that came more than once.
    private var copies: [String: Int] = [:]

    var isEmpty: Bool { used.isEmpty }

    /// The id itself, or with a number behind it if it has been taken before.
    mutating func take(_ given: String) -> String {
        var id = given
        while !used.insert(id).inserted {
            let copy = copies[given, default: 2]
            copies[given] = copy + 1
            id = "\(given)_\(copy)"
        }
        return id
    }
}
