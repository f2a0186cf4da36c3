import Model
import Screen

/// A column of a pane that is shown, and where.
struct ChosenColumn: Hashable, Sendable {
    let index: Int
    let x: Int
    let width: Int
    /// Its names go without their ending.
    let isShort: Bool
}

extension Console {
    /// The columns that fit, the least important left out first. Names have their room before the rest shrinks, and
    /// what is left over goes to the reasons.
    func chosenColumns(_ pane: PaneID, width: Int) -> [ChosenColumn] {
        let available = width - 2
        var choice = ColumnChoice(
            columns: Pane.of(pane).columns, names: panes[pane.rawValue].names, gap: width > 130 ? 2 : 1,
            isZoomed: isZoomed)
        choice.fit(into: available)
        var x = 2
        return choice.shown.map { index in
            let column = ChosenColumn(
                index: index, x: x, width: min(choice.widths[index], max(0, available + 2 - x)),
                isShort: choice.isShort)
            x += choice.widths[index] + choice.gap
            return column
        }
    }
}

/// Decides which columns are shown and how wide.
private struct ColumnChoice {
    let columns: [Pane.Column]
    let names: [(whole: Int, short: Int)]
    let gap: Int
    var shown: [Int]
    var widths: [Int]
    /// Names go without their endings.
    var isShort = false

    init(columns: [Pane.Column], names: [(whole: Int, short: Int)], gap: Int, isZoomed: Bool) {
        self.columns = columns
        self.names = names
        self.gap = gap
        shown = columns.indices.filter { isZoomed || !columns[$0].isForZoom }
        widths = Array(repeating: 0, count: columns.count)
    }

    mutating func fit(into available: Int) {
        drop(while: { $0.total($0.usual) > available }, downTo: Pane.Column.priorityThatShrinks)
        isShort = total(usual) > available
        drop(while: { $0.total($0.least) > available }, downTo: 0)
        for index in shown { widths[index] = least(index) }
        var spare = max(0, available - total(least))
        for measure in [usual, wanted, most] {
            for index in shown.sorted(by: { (columns[$0].priority, $0) < (columns[$1].priority, $1) }) {
                let more = min(spare, max(0, measure(index) - widths[index]))
                widths[index] += more
                spare -= more
            }
        }
    }

    private mutating func drop(while isTooWide: (ColumnChoice) -> Bool, downTo kept: Int) {
        while isTooWide(self), shown.count > 1,
            let last = shown.max(by: { columns[$0].priority < columns[$1].priority }), columns[last].priority > kept
        {
            shown.removeAll { $0 == last }
        }
    }

    private func total(_ width: (Int) -> Int) -> Int {
        shown.reduce(-gap) { $0 + width($1) + gap }
    }

    private func wanted(_ index: Int) -> Int {
        let column = columns[index]
        guard column.isNames, names.indices.contains(index) else { return column.width }
        let longest = isShort ? names[index].short : names[index].whole
        return min(max(longest, column.title.utf8.count, 1), column.width + column.growth)
    }

    /// Where one name is much longer than usual it waits until all columns have what they usually want.
    private func usual(_ index: Int) -> Int { min(wanted(index), columns[index].width) }

    /// Names take no more than the longest needs; reasons take all there is.
    private func most(_ index: Int) -> Int {
        columns[index].isNames ? wanted(index) : columns[index].width + columns[index].growth
    }

    private func least(_ index: Int) -> Int {
        columns[index].least == 0 ? usual(index) : min(columns[index].least, usual(index))
    }
}
