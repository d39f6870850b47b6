import TimeCore

/// Names a scheduled timer, for cancelling it.
public struct TimerID: Hashable, Sendable {
    let number: UInt64
}

/// Timers of one loop: a binary heap by deadline; a cancelled entry stays in the heap until it surfaces or
/// cancelled entries outnumber live ones, so cancelling costs one dictionary removal.
struct TimerQueue {
    private struct Entry {
        var deadline: MonotonicTime
        var number: UInt64
    }

    private var heap: [Entry] = []
    private var bodies: [UInt64: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    /// The number of timers that will still fire.
    var count: Int { bodies.count }

    mutating func schedule(at deadline: MonotonicTime, _ body: @escaping () -> Void) -> TimerID {
        lastNumber += 1
        bodies[lastNumber] = body
        heap.append(Entry(deadline: deadline, number: lastNumber))
        siftUp(heap.count - 1)
        return TimerID(number: lastNumber)
    }

    mutating func cancel(_ timer: TimerID) {
        guard bodies.removeValue(forKey: timer.number) != nil else { return }
        if heap.count > 64, heap.count > 2 * bodies.count { compact() }
    }

    /// The earliest deadline of a timer that was not cancelled.
    mutating func nextDeadline() -> MonotonicTime? {
        while let first = heap.first {
            if bodies[first.number] != nil { return first.deadline }
            removeFirst()
        }
        return nil
    }

    /// Removes and returns the earliest timer that is due.
    mutating func popDue(at now: MonotonicTime) -> (() -> Void)? {
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let body = bodies.removeValue(forKey: first.number) { return body }
        }
        return nil
    }

    private mutating func compact() {
        heap = heap.filter { bodies[$0.number] != nil }.sorted { precedes($0, $1) }
    }

    /// Equal deadlines fire in the order they were scheduled.
    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        left.deadline == right.deadline ? left.number < right.number : left.deadline < right.deadline
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(0)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(heap[child], heap[least])
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
