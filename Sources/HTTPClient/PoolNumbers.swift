/// Gives each pool key, together with the proxy, a number under which libcurl keeps its connections.
///
/// A number is never given twice, so the table may be emptied when it grows large: connections under forgotten numbers
/// are not found any more and grow old.
struct PoolNumbers {
    private struct Key: Hashable {
        var pool: String
        var proxy: ProxyURL?
    }

    private var numbers: [Key: UInt32] = [:]
    private var last: UInt32 = 0

    /// The key's number; never 0, which to libcurl means none.
    mutating func number(of pool: String, _ proxy: ProxyURL?) -> UInt32 {
        let key = Key(pool: pool, proxy: proxy)
        if let known = numbers[key] { return known }
        if numbers.count >= 16_384 { numbers.removeAll() }
        last = last == .max ? 1 : last + 1
        numbers[key] = last
        return last
    }
}
