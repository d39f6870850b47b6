/// Lets calls that are written whole leave in the order in which they were made, whichever is complete first.
struct CallOrder {
    /// The blocks of the calls, in the order in which they were opened.
    private var blocks: [Int] = []
    private var written = 0
    private var complete: Set<Int> = []

    mutating func open(_ block: Int) { blocks.append(block) }

    /// The calls that may be written once this one is complete.
    mutating func close(_ block: Int) -> ArraySlice<Int> {
        complete.insert(block)
        let start = written
        while written < blocks.count, complete.remove(blocks[written]) != nil { written += 1 }
        return blocks[start..<written]
    }

    /// The calls that have not been written when the answer ends.
    mutating func finish() -> ArraySlice<Int> {
        defer { written = blocks.count }
        return blocks[written...]
    }
}
