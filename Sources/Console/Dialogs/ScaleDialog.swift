import Model
import Screen

/// How many VMs a cluster is to get or to lose, and of what kind.
struct ScaleDialog: Sendable {
    /// One thing that may be chosen; nothing chosen is the cluster's own.
    struct Row: Sendable {
        enum What: String, Sendable { case flavor, image, network, key = "key pair", spread }

        let what: What
        let options: [String]
        var chosen: Int?

        var value: String? { chosen.map { options[$0] } }
    }

    let cluster: ID<Cluster>
    /// Machines wanted now.
    let current: Int
    /// VMs more; negative for fewer.
    var delta: Int
    /// What the cloud offers; what it has nothing of is left out.
    var rows: [Row]
    /// The row the keys go to; nil for the number.
    var row: Int?
    private var isTyping = false
    /// Fewer are asked for, also while the number is being typed and is none.
    private var isLess: Bool

    init(cluster: ID<Cluster>, current: Int, delta: Int, offers: [(Row.What, [String])]) {
        self.cluster = cluster
        self.current = current
        self.delta = delta
        isLess = delta < 0
        rows = offers.filter { !$0.1.isEmpty }.map { Row(what: $0.0, options: $0.1) }
    }

    var target: Int { max(0, current + delta) }

    /// What was chosen.
    var choice: VMChoice {
        VMChoice(
            flavor: value(.flavor), image: value(.image), networks: value(.network).map { [$0] }, key: value(.key),
            spread: value(.spread))
    }

    private func value(_ what: Row.What) -> String? { rows.first { $0.what == what }?.value }

    mutating func change(by step: Int) {
        isTyping = false
        guard let row else {
            delta = min(max(-current, delta + step), Self.deltaMax)
            if delta != 0 { isLess = delta < 0 }
            return
        }
        rows[row].chosen = Self.next(rows[row].chosen, step, rows[row].options.count)
    }

    /// Digits are the number of VMs; the sign stays.
    mutating func type(_ character: Character) {
        guard let digit = character.wholeNumberValue, row == nil else { return }
        let sign = isLess ? -1 : 1
        let magnitude = isTyping ? abs(delta) * 10 + digit : digit
        delta = max(-current, sign * min(magnitude, Self.deltaMax))
        isTyping = true
    }

    mutating func erase() {
        guard row == nil else { return }
        delta /= 10
        isTyping = true
    }

    mutating func turn(by step: Int) {
        let count = rows.count + 1
        let next = ((row.map { $0 + 1 } ?? 0) + step + count) % count
        row = next == 0 ? nil : next - 1
    }

    /// More at once is a mistake of typing.
    static let deltaMax = 999

    private static func next(_ index: Int?, _ step: Int, _ count: Int) -> Int? {
        let position = (index.map { $0 + 1 } ?? 0) + step
        let turned = (position + count + 1) % (count + 1)
        return turned == 0 ? nil : turned - 1
    }
}

extension Console {
    /// Which VMs a cluster that gets smaller loses.
    static let whichGo = "those that never joined, then those with the fewest units, which move first"

    mutating func askScale(_ delta: Int) -> [Effect] { cluster.map { askScale(delta, of: $0) } ?? [] }

    mutating func askScale(_ delta: Int, of cluster: ID<Cluster>) -> [Effect] {
        guard let part = facts.inventory.clusters[cluster] else { return [] }
        let parts = clouds(of: cluster)
        let networks = parts.flatMap(\.networks).filter { !$0.isExternal }.map(\.name)
        dialog = .scale(
            ScaleDialog(
                cluster: cluster, current: part.cluster.wanted ?? part.machines.count, delta: delta,
                offers: [
                    (.flavor, parts.flatMap(\.flavors).map(\.name)), (.image, parts.flatMap(\.images)),
                    (.network, networks), (.key, parts.flatMap(\.keys)),
                    (.spread, networks.isEmpty ? [] : VMChoice.spreads),
                ]))
        return []
    }

    /// The clouds a cluster's VMs are in; all, while it has none.
    func clouds(of cluster: ID<Cluster>) -> [Inventory.CloudPart] {
        let own = Set((facts.vmsOf[cluster] ?? []).compactMap { facts.inventory.cloudOfVM[$0] })
        let known = own.isEmpty ? Set(facts.inventory.clouds.keys) : own
        return known.sorted().compactMap { facts.inventory.clouds[$0] }
    }

    mutating func changeScale(_ change: (inout ScaleDialog) -> Void) {
        guard case .scale(var scale) = dialog else { return }
        change(&scale)
        dialog = .scale(scale)
    }

    mutating func choose(by step: Int) -> [Effect] {
        changeScale { $0.turn(by: step) }
        changePalette { $0.select(by: step) }
        return []
    }

    /// Asks once more, now with what will happen.
    mutating func accept(_ scale: ScaleDialog) -> [Effect] {
        guard scale.delta != 0, let cluster = facts.inventory.clusters[scale.cluster]?.cluster else {
            dialog = nil
            return []
        }
        let order = Order.scale(scale.cluster, to: scale.target, scale.choice)
        let count = abs(scale.delta)
        let what = "\(count) VM\(count == 1 ? "" : "s")"
        let isLess = scale.delta < 0
        let isMany = isLess && count > Limits.handful
        let isProtected = isLess && cluster.isProtected
        dialog = .confirmation(
            Confirmation(
                question: isLess ? "Take \(what) from \(cluster.name)?" : "Add \(what) to \(cluster.name)?",
                lines: [
                    [Word("wanted machines  \(scale.current) → "), Word("\(scale.target)", .accent)],
                    isLess
                        ? [Word(Self.whichGo, .warning)]
                        : [Word("each is asked of the cloud, boots, joins and takes units", .dim)],
                ],
                orders: [order], verb: isLess ? "scale in" : "scale out",
                required: isProtected ? cluster.name : isMany ? "\(count)" : nil,
                requiredWhat: isProtected ? "the name of the protected cluster" : "the number of VMs"))
        return []
    }
}
