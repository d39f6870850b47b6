/// Blocks of an answer that cannot be written yet, each with its events, in the order of their appearance.
struct WaitingBlocks {
    struct Block {
        var number: Int
        var kind: BlockKind
        var events: [AnswerEvent] = []
        var isClosed = false
    }

    private var blocks: [Block?] = []
    /// How many of `blocks` have been taken out.
    private var taken = 0
    /// Where the blocks stand in `blocks`, by their numbers.
    private var places: [Int: Int] = [:]

    var isEmpty: Bool { places.isEmpty }

    mutating func append(_ number: Int, _ kind: BlockKind) {
        guard places[number] == nil else { return }
        places[number] = blocks.count
        blocks.append(Block(number: number, kind: kind))
    }

    /// Adds an event to its block; false if that does not wait.
    mutating func add(_ event: AnswerEvent, to number: Int) -> Bool {
        guard let place = places[number] else { return false }
        blocks[place]?.events.append(event)
        return true
    }

    mutating func close(_ number: Int) {
        if let place = places[number] { blocks[place]?.isClosed = true }
    }

    mutating func takeFirst() -> Block? {
        guard taken < blocks.count else { return nil }
        let block = blocks[taken]
        blocks[taken] = nil
        taken += 1
        if let block { places[block.number] = nil }
        if isEmpty { (blocks, taken) = ([], 0) }
        return block
    }
}
