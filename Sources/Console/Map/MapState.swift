import Model
import Screen

/// What the map remembers.
///
/// **Invariant:** the cursor is tied to an object; boxes may move, it stays on what it was put on.
struct MapState: Sendable {
    enum Colour: String, CaseIterable, Sendable {
        case cluster, state, load
    }

    var cursor: Subject?
    var colour = Colour.cluster
    /// One form fuller than what fits.
    var isLarger = false
    /// Lights up where units of that name run.
    var search = ""
    /// How many units answer the search on each VM or machine.
    var lit: [Subject: Int] = [:]
    /// The first row shown.
    var top = 0
    var content = MapContent()
    var layout = MapLayout()
    /// Where the map itself is on the screen.
    var area = Rect(x: 0, y: 0, width: 0)
    var version: UInt64 = 0
    var builtAt: Timestamp?
    /// What the content and the layout were made for.
    var madeFor: Size?
    var litFor = ""
    var wasLarger = false

    /// The item under the cursor.
    var item: MapLayout.Item? { cursor.flatMap { layout.item(of: $0) } }

    /// Scrolls as little as shows the cursor, with its box where there is room.
    mutating func reveal() {
        guard let item else { return }
        let frame = layout.frames[item.box]
        let isWhole = frame.height <= area.height
        let (first, last) = isWhole ? (frame.y, frame.maxY) : (item.rect.y, item.rect.maxY)
        if first < top { top = first }
        if last > top + area.height { top = last - area.height }
        top = max(0, min(top, layout.height - area.height))
    }
}

extension Console {
    mutating func openMap() -> [Effect] {
        if place == .map { return goBack() }
        var state = map ?? MapState()
        if let subject, let chosen = mapped(subject) { state.cursor = chosen }
        map = state
        let effects = close()
        if places.count > 1 { places.removeLast() }
        places.append(.map)
        return effects
    }

    /// What of the map stands for a subject.
    private func mapped(_ subject: Subject) -> Subject? {
        switch subject {
        case .server, .vm: return subject
        case .machine(_, let id):
            let vm = facts.machine(of: subject)?.machine.vm.flatMap { facts.inventory.vm($0)?.id }
            return vm.map { .vm($0) } ?? (facts.exists(subject) && !id.text.isEmpty ? subject : nil)
        case .unit(let key):
            return facts.machines(of: key).first.flatMap { mapped(.machine(key.cluster, $0)) }
        case .cluster(let id):
            return facts.vmsOf[id]?.first.map { .vm($0) }
        case .cloud, .source: return nil
        }
    }

    mutating func moveOnMap(_ to: (MapLayout, MapLayout.Item) -> MapLayout.Item?) -> [Effect] {
        guard var state = map else { return [] }
        let start = state.item ?? state.layout.items.first
        if let start, let next = to(state.layout, start) { state.cursor = next.subject }
        state.reveal()
        map = state
        return []
    }

    mutating func moveOnMap(by delta: Int) -> [Effect] {
        if abs(delta) >= 1_000_000 {
            return moveOnMap { layout, _ in delta < 0 ? layout.items.first : layout.items.last }
        }
        return moveOnMap { $0.below($1, by: delta) }
    }

    mutating func turnMapColour() -> [Effect] {
        guard let state = map else { return [] }
        let all = MapState.Colour.allCases
        let next = all[((all.firstIndex(of: state.colour) ?? 0) + 1) % all.count]
        map?.colour = next
        tell("colours and figures by \(next.rawValue)")
        return []
    }

    mutating func searchMap(_ text: String) { map?.search = text }

    /// Brings the map up to date when it is looked at; big farms not more often than twice a second.
    mutating func layOutMap() {
        guard place == .map, var state = map else { return }
        let area = mapArea(size)
        let isNew = state.version != facts.inventory.version
        let isDue =
            state.content.cellCount <= 500
            || state.builtAt.map {
                facts.now < $0 || facts.now.since($0) >= .milliseconds(500)
            } ?? true
        var isRebuilt = state.builtAt == nil
        if isRebuilt || (isNew && isDue) {
            state.content = MapContent(facts, bad: badUnits)
            state.version = facts.inventory.version
            state.builtAt = facts.now
            isRebuilt = true
        }
        if isRebuilt || state.madeFor != area.size || state.isLarger != state.wasLarger {
            state.layout = MapLayout(state.content, area.size, isLarger: state.isLarger)
            state.wasLarger = state.isLarger
            state.madeFor = area.size
            state.area = area
            let isGone = state.cursor.map { state.layout.item(of: $0) == nil } ?? true
            if isGone { state.cursor = stand(in: state) }
            state.reveal()
        }
        if isRebuilt || state.litFor != state.search {
            state.lit = lit(by: state.search)
            state.litFor = state.search
        }
        state.top = max(0, min(state.top, state.layout.height - area.height))
        map = state
    }

    /// What the cursor goes to when what it was on is not shown: the server of a VM, else the first thing.
    private func stand(in state: MapState) -> Subject? {
        if case .vm(let id)? = state.cursor, let server = facts.inventory.vm(id)?.server,
            state.layout.item(of: .server(server)) != nil
        {
            return .server(server)
        }
        return state.layout.items.first?.subject
    }

    /// Units that somebody should look at, by machine.
    private var badUnits: [ID<Machine>: Int] {
        let index = indexes[PaneID.units.rawValue]
        var counts: [ID<Machine>: Int] = [:]
        for (position, condition) in index.conditions.enumerated() where condition.isBad {
            guard case .unit(let key) = index.subjects[position] else { continue }
            for machine in facts.machines(of: key) { counts[machine, default: 0] += 1 }
        }
        return counts
    }

    /// Where units run whose name holds the text, and VMs and servers that are called so.
    private func lit(by search: String) -> [Subject: Int] {
        guard !search.isEmpty, let state = map else { return [:] }
        let word = search.lowercased()
        var onMachine: [ID<Machine>: Int] = [:]
        for part in facts.inventory.clusters.values {
            for unit in part.units.values where Filter.contains(unit.name.text, word) {
                let machines = unit.placement.map { [$0.machine] } ?? Array(unit.states.keys)
                for machine in machines { onMachine[machine, default: 0] += 1 }
            }
        }
        var lit: [Subject: Int] = [:]
        for box in state.content.boxes {
            var sum = 0
            for cell in box.cells {
                let machine: ID<Machine>? =
                    switch cell.subject {
                    case .vm(let id): facts.inventory.machineOfVM[id]?.machine
                    case .machine(_, let id): id
                    case .cloud, .server, .cluster, .unit, .source: nil
                    }
                let count = machine.flatMap { onMachine[$0] } ?? 0
                if count > 0 || Filter.contains(cell.name, word) { lit[cell.subject] = count }
                sum += count
            }
            let isNamed = box.server != nil && Filter.contains(box.name, word)
            if let server = box.server, sum > 0 || isNamed { lit[.server(server)] = sum }
        }
        return lit
    }
}
