import Model
import Scheduling
import Screen

/// What the details of one object remember.
struct DetailsState: Sendable {
    /// One part of the details.
    enum Tab: String, Hashable, Sendable {
        case log = "Log"
        case file = "Unit file"
        case placement = "Placement"
        case machines = "Machines"
        case members = "Store"
        case vms = "VMs"
        case units = "Units"
        case history = "History"
        case console = "Console"
        case actions = "Actions"
        case networks = "Networks"
    }

    var tab = Tab.history
    var top = 0
    var height = 10
    var lineCount = 0
    /// The part fills the screen, without the facts above it.
    var isFull = false
    /// How every machine stands to the unit; made anew every two seconds, for it plans.
    var explanation: [Line] = []
    var explainedAt: Timestamp?
    /// What the VM's cloud told when it was asked; made anew every few seconds while it is looked at.
    var vm: VMDetails?
    var askedAt: Timestamp?

    static func tabs(of subject: Subject) -> [Tab] {
        switch subject {
        case .unit: [.log, .file, .placement, .history]
        case .server: [.vms, .units, .history]
        case .vm: [.units, .console, .actions, .networks, .history]
        case .machine: [.units, .history]
        case .cluster: [.machines, .members, .networks, .units, .history]
        case .cloud, .source: [.history]
        }
    }
}

extension Console {
    mutating func showDetails() -> [Effect] {
        guard let subject, facts.exists(subject) else { return [] }
        let canLog = canFollowLog == .yes
        let tabs = DetailsState.tabs(of: subject)
        details = DetailsState()
        details.tab = !canLog && tabs.first == .log ? (tabs.count > 2 ? tabs[2] : .history) : tabs.first ?? .history
        leave()
        places.append(.details(subject))
        return details.tab == .log ? follow(subject) : look()
    }

    /// Asks the cloud about the VM that is looked at, when it is time to.
    mutating func look() -> [Effect] {
        guard past == nil, case .details(.vm(let id)) = place, let vm = facts.inventory.vm(id) else { return [] }
        if let at = details.askedAt, facts.now.since(at) < Limits.look { return [] }
        details.askedAt = facts.now
        return [.look(vm.cloud, id)]
    }

    mutating func take(_ found: VMDetails, of vm: ID<VM>) {
        guard past == nil, case .details(.vm(vm)) = place else { return }
        let isAtEnd = details.tab == .console && details.top + details.height >= (details.vm?.console?.count ?? 0)
        details.vm = found
        if isAtEnd { details.top = max(0, (found.console?.count ?? 0) - details.height) }
    }

    mutating func showLog() -> [Effect] {
        guard let subject else { return [] }
        if place != .details(subject) {
            leave()
            places.append(.details(subject))
            details = DetailsState()
        }
        details.tab = .log
        details.isFull = true
        return follow(subject)
    }

    mutating func turnDetails(by delta: Int) -> [Effect] {
        guard case .details(let subject) = place else { return [] }
        let tabs = DetailsState.tabs(of: subject)
        let current = tabs.firstIndex(of: details.tab) ?? 0
        details.tab = tabs[(current + delta + tabs.count) % tabs.count]
        details.top = 0
        if details.tab == .console { details.top = max(0, (details.vm?.console?.count ?? 0) - details.height) }
        guard details.tab == .log, log == nil, canFollowLog == .yes else { return [] }
        return follow(subject)
    }

    private mutating func follow(_ subject: Subject) -> [Effect] {
        guard case .unit(let key) = subject else { return [] }
        if let log, log.request.unit == key { return [] }
        let request = LogRequest(unit: key, machine: facts.machines(of: key).first, last: 500)
        log = LogState(request)
        return [.followLog(request)]
    }

    /// Plans anew why the unit is where it is, when that is looked at.
    mutating func explain() {
        guard case .details(.unit(let key)) = place, details.tab == .placement else { return }
        if let at = details.explainedAt, facts.now.since(at) < .seconds(2) { return }
        details.explainedAt = facts.now
        guard let part = facts.inventory.clusters[key.cluster], let unit = part.units[key.name] else { return }
        details.explanation = placement(of: unit, in: part)
    }

    private func placement(of unit: Unit, in part: Inventory.ClusterPart) -> [Line] {
        guard part.units.count <= Limits.plannedUnits else {
            return [[Word("too many units here to look at every machine; 'quarterdeck explain' does", .dim)]]
        }
        guard let story = UnitStory(of: unit.name, in: part) else { return [] }
        let unread = unit.unread(by: part.cluster.kind).map { (FarmEvent.Weight.warning, $0) }
        let sentences = story.sentences.map { ($0.weight, $0.text) } + [unread].compactMap(\.self)
        var lines: [Line] = sentences.map { weight, text in
            [Word("\(weight.mark) ", weight.face), Word(text, weight.face)]
        }
        if !story.machines.isEmpty { lines.append([]) }
        let names = min(max(10, story.machines.reduce(0) { max($0, Screen.columns(of: $1.name)) }), 24)
        for line in story.machines {
            let (mark, face) = line.standing.look
            var words = [
                Word("\(mark) ", face), Word(padded(Self.shortened(line.name, names), names + 1)),
                Word(padded("\(line.units) units", 10), .dim), Word(line.text, face),
            ]
            if let remedy = line.remedy { words.append(Word("  → \(remedy)", .dim)) }
            lines.append(words)
        }
        return lines
    }

    /// Text filled up with blanks to so many columns.
    func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - Screen.columns(of: text)))
    }
}

extension UnitStory.MachineLine.Standing {
    /// The mark and the face of a machine's line.
    fileprivate var look: (mark: String, face: Face) {
        switch self {
        case .here: ("▌", .accent)
        case .next: ("›", .good)
        case .fits: (" ", .good)
        case .barred: ("✖", .warning)
        }
    }
}
