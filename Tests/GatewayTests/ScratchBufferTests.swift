import Testing

@testable import Gateway

struct ScratchBufferTests {
    @Test func `storage is lent to one after the other`() {
        let scratch = ScratchBuffer()
        var first: [UInt8] = []
        first.reserveCapacity(1000)
        first.append(1)
        scratch.takeBack(&first)
        #expect(first.capacity == 0)
        var second: [UInt8] = []
        scratch.lend(to: &second)
        #expect(second.isEmpty && second.capacity >= 1000)
        // What is lent already is not there for a third.
        var third: [UInt8] = []
        scratch.lend(to: &third)
        #expect(third.capacity == 0)
        scratch.takeBack(&third)
        scratch.takeBack(&second)
        scratch.lend(to: &third)
        #expect(third.capacity >= 1000)
    }

    @Test func `what has storage, or content, is left alone`() {
        let scratch = ScratchBuffer()
        var spare = [UInt8](repeating: 0, count: 100)
        scratch.takeBack(&spare)
        var busy: [UInt8] = [7]
        scratch.lend(to: &busy)
        #expect(busy == [7])
    }

    @Test func `huge storage is not kept`() {
        let scratch = ScratchBuffer()
        var huge = [UInt8](repeating: 0, count: 1 << 20)
        scratch.takeBack(&huge)
        scratch.lend(to: &huge)
        #expect(huge.capacity == 0)
    }
}
