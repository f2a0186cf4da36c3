import Model

/// What is to happen, by virtual time; of two things at one moment the one asked for first comes first.
struct EventQueue<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Int64
        var number: Int
        var event: Event

        func precedes(_ other: Entry) -> Bool { at == other.at ? number < other.number : at < other.at }
    }

    private var heap: [Entry] = []
    private var pushed = 0

    mutating func push(_ event: Event, at: Timestamp) {
        heap.append(Entry(at: at.milliseconds, number: pushed, event: event))
        pushed += 1
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (at: Timestamp, event: Event)? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (Timestamp(milliseconds: top.at), top.event)
    }

    private mutating func sink() {
        var at = 0
        while true {
            var child = 2 * at + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[at]) else { return }
            heap.swapAt(child, at)
            at = child
        }
    }
}
