import Screen

/// Which rows of a screen a frame carries: all that changed, or on a slow line those that matter most.
struct FramePlan: Equatable {
    /// From the top.
    let rows: [Int]
    /// No row that changed is left for the next frame.
    let isComplete: Bool
    /// The row whose turn it is in the next frame.
    let next: Int

    /// What it costs to go to a row, in bytes.
    private static let rowBytes = 8
    /// What is wrong may change all the time: once drawn it has this share of a frame, so that the rest comes too.
    private static let urgentShare = 3

    /// - Parameters:
    ///   - shown: the cells that the terminal shows; empty when nobody knows
    ///   - budget: how many bytes are enough; nil for no limit. The row that reaches it still goes.
    ///   - isAnswer: it answers a key: what the key can have changed goes first
    ///   - turn: the row whose turn it is: rows that change all the time keep no other waiting for ever
    init(_ screen: Screen, shown: [Cell], budget: Int?, isAnswer: Bool = false, turn: Int = 0) {
        let (width, height) = (screen.size.width, screen.size.height)
        let isKnown = shown.count == screen.cells.count
        let changed = (0..<height).filter { y in
            !isKnown || screen.cells[y * width..<(y + 1) * width] != shown[y * width..<(y + 1) * width]
        }
        guard let budget else {
            rows = changed
            isComplete = true
            next = 0
            return
        }
        var choice = RowChoice(screen: screen, shown: isKnown ? shown : [], left: Set(changed))
        if isAnswer { choice.take(Self.answers(changed, screen, isKnown ? shown : []), upTo: budget) }
        let urgent = screen.urgentRows.filter { changed.contains($0) }
        choice.take(urgent, upTo: isKnown ? budget / Self.urgentShare : budget)
        let waiting = changed.sorted { ($0 < turn ? 1 : 0, $0) < ($1 < turn ? 1 : 0, $1) }
        let last = choice.take(waiting, upTo: budget)
        rows = choice.rows.sorted()
        isComplete = choice.left.isEmpty
        next = last.map { ($0 + 1) % max(1, height) } ?? turn
    }

    /// The rows that a key can have changed: where is typed, then where a question is, then where the cursor is or was.
    private static func answers(_ rows: [Int], _ screen: Screen, _ shown: [Cell]) -> [Int] {
        let typed = rows.filter { $0 == screen.caret?.y }
        let asked = rows.filter { changes($0, screen, shown) { $0.ground == .dialog || $0.ground == .input } }
        return typed + asked + rows.filter { changes($0, screen, shown) { $0.ground == .cursor } }
    }

    /// Whether such a cell changed in a row, not only what is beside it.
    private static func changes(_ y: Int, _ screen: Screen, _ shown: [Cell], _ isSuch: (Cell) -> Bool) -> Bool {
        (y * screen.size.width..<(y + 1) * screen.size.width).contains { index in
            let cell = screen.cells[index]
            guard !shown.isEmpty else { return isSuch(cell) }
            return cell != shown[index] && (isSuch(cell) || isSuch(shown[index]))
        }
    }

    /// Rows that were chosen, and what they cost.
    private struct RowChoice {
        let screen: Screen
        let shown: [Cell]
        var left: Set<Int>
        var rows: [Int] = []
        var spent = 0

        /// Takes rows until so much is spent; returns the last of them.
        @discardableResult
        mutating func take(_ some: [Int], upTo budget: Int) -> Int? {
            var last: Int?
            for y in some where left.contains(y) {
                if spent >= budget { break }
                left.remove(y)
                rows.append(y)
                spent += FramePlan.rowBytes + cost(y)
                last = y
            }
            return last
        }

        /// About how many bytes a row's changes have: its cells, and a sequence wherever the look changes.
        private func cost(_ y: Int) -> Int {
            let width = screen.size.width
            var bytes = 0
            var last: (Face, Face)?
            for index in y * width..<(y + 1) * width {
                let cell = screen.cells[index]
                if shown.isEmpty ? cell == .blank : shown[index] == cell { continue }
                bytes += cell.scalar < 0x80 ? 1 : 3
                if let last, last == (cell.face, cell.ground) { continue }
                bytes += 8
                last = (cell.face, cell.ground)
            }
            return bytes
        }
    }
}
