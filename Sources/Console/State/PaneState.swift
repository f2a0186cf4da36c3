import Model

/// What a pane remembers: its rows in order, where the cursor is, what is marked, filtered and sorted by.
///
/// **Invariant:** the cursor is tied to an object; rows may move, the object under the cursor stays.
struct PaneState: Sendable {
    var rows: [Int32] = []
    var cursor: Subject?
    var position = 0
    var top = 0
    /// Rows that are visible; from the last layout.
    var height = 10
    var sortColumn: Int?
    var isDescending = false
    var filter = Filter.none
    /// The filter that the rows were made with.
    var appliedFilter = Filter.none
    /// Only rows that need attention.
    var isOnlyBad = false
    var marks: Set<Subject> = []
    /// The filter, the scope or the sorting changed: rows are made anew at once.
    var isDirty = true
    var builtAt: Timestamp?
    /// Columns that the longest name of each column of names has, whole and without its ending; 0 for other columns.
    var names: [(whole: Int, short: Int)] = []
    /// The cursor was put where it is by somebody; until then it is on the first row, which is the worst.
    var isPlaced = false
    /// Its cursor was moved while another pane had the keys: by the wheel.
    var isScrolled = false

    /// Moves the cursor by rows.
    mutating func move(by delta: Int, _ index: PaneIndex) {
        move(to: position + delta, index)
    }

    /// Moves the cursor to a row.
    mutating func move(to row: Int, _ index: PaneIndex) {
        guard !rows.isEmpty else { return }
        position = min(max(0, row), rows.count - 1)
        isPlaced = true
        isScrolled = true
        cursor = index.subjects[Int(rows[position])]
        reveal()
    }

    /// Takes new rows; the cursor stays on its object, and its object on its line.
    mutating func take(_ rows: [Int32], _ index: PaneIndex) {
        self.rows = rows
        guard !rows.isEmpty else {
            position = 0
            top = 0
            return
        }
        let before = position
        if isPlaced, let cursor, let row = rows.firstIndex(where: { index.subjects[Int($0)] == cursor }) {
            position = row
            if top > 0 || row >= height { top = max(0, top + row - before) }
        } else {
            position = isPlaced ? min(position, rows.count - 1) : 0
            cursor = index.subjects[Int(rows[position])]
        }
        reveal()
    }

    /// Scrolls as little as shows the cursor.
    mutating func reveal() {
        let visible = max(1, height)
        if position < top { top = position }
        if position >= top + visible { top = position - visible + 1 }
        top = max(0, min(top, rows.count - visible))
    }
}

/// What reports touched since the lists were made.
struct Changed: Sendable {
    var servers = true
    var vms = true
    var clusters = true
    var allUnits = true
    var units: Set<UnitKey> = []
}

/// Where lists that are no panes are scrolled to.
struct ListStates: Sendable {
    /// The event under the cursor; nil for the newest, whichever that is.
    var event: FarmEvent?
    /// The number of the order under the cursor; nil for the newest.
    var order: Int?
    var help = 0
    var eventFilter = Filter.none
}
