/// Lets a bounded number through at a time; the others wait in the order they came. Belongs to one actor.
final class Gate {
    private let most: Int
    private var inside = 0
    private var waiting: [Awaited<Void>] = []

    init(most: Int) {
        self.most = most
    }

    /// Waits until there is room; ``leave()`` makes some.
    /// - Throws: `CancellationError`; there is nothing to leave then.
    func enter() async throws {
        if inside < most {
            inside += 1
            return
        }
        let turn = Awaited<Void>()
        waiting.append(turn)
        do {
            try await turn.value()
        } catch {
            // Room may have been handed over in the moment of giving up.
            if let index = waiting.firstIndex(where: { $0 === turn }) { waiting.remove(at: index) } else { leave() }
            throw error
        }
    }

    /// Makes room for the next.
    func leave() {
        if waiting.isEmpty { inside -= 1 } else { waiting.removeFirst().finish(.success(())) }
    }
}
