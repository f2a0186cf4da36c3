import Model
import Screen

/// How many VMs a cluster is to get or to lose, and of what kind.
struct ScaleDialog: Sendable {
    enum Field: Int, CaseIterable, Sendable { case count, flavor, image }

    let cluster: ID<Cluster>
    /// Machines wanted now.
    let current: Int
    /// VMs more; negative for fewer.
    var delta: Int
    let flavors: [String]
    let images: [String]
    var flavor: Int?
    var image: Int?
    var field = Field.count
    private var isTyping = false

    init(cluster: ID<Cluster>, current: Int, delta: Int, flavors: [String], images: [String]) {
        self.cluster = cluster
        self.current = current
        self.delta = delta
        self.flavors = flavors
        self.images = images
    }

    var target: Int { max(0, current + delta) }

    mutating func change(by step: Int) {
        isTyping = false
        switch field {
        case .count: delta = min(max(-current, delta + step), Self.deltaMax)
        case .flavor: flavor = Self.next(flavor, step, flavors.count)
        case .image: image = Self.next(image, step, images.count)
        }
    }

    /// Digits are the number of VMs; the sign stays.
    mutating func type(_ character: Character) {
        guard let digit = character.wholeNumberValue, field == .count else { return }
        let sign = delta < 0 ? -1 : 1
        let magnitude = isTyping ? abs(delta) * 10 + digit : digit
        delta = max(-current, sign * min(magnitude, Self.deltaMax))
        isTyping = true
    }

    mutating func erase() {
        guard field == .count else { return }
        delta /= 10
        isTyping = true
    }

    mutating func turn(by step: Int) {
        let fields = Field.allCases
        field = fields[(field.rawValue + step + fields.count) % fields.count]
    }

    /// More at once is a mistake of typing.
    static let deltaMax = 999

    private static func next(_ index: Int?, _ step: Int, _ count: Int) -> Int? {
        guard count > 0 else { return nil }
        let position = (index.map { $0 + 1 } ?? 0) + step
        let turned = (position + count + 1) % (count + 1)
        return turned == 0 ? nil : turned - 1
    }
}

extension Console {
    mutating func askScale(_ delta: Int) -> [Effect] {
        guard let cluster, let part = facts.inventory.clusters[cluster] else { return [] }
        let clouds = Set((facts.vmsOf[cluster] ?? []).compactMap { facts.inventory.cloudOfVM[$0] })
        let known = clouds.isEmpty ? Set(facts.inventory.clouds.keys) : clouds
        let parts = known.sorted().compactMap { facts.inventory.clouds[$0] }
        dialog = .scale(
            ScaleDialog(
                cluster: cluster, current: part.cluster.wanted ?? part.machines.count, delta: delta,
                flavors: parts.flatMap(\.flavors).map(\.name), images: parts.flatMap(\.images)))
        return []
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
        let order = Order.scale(
            scale.cluster, to: scale.target,
            VMChoice(
                flavor: scale.flavor.map { scale.flavors[$0] }, image: scale.image.map { scale.images[$0] }))
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
                        ? [Word("the VMs with the fewest units go; those move first", .warning)]
                        : [Word("each is asked of the cloud, boots, joins and takes units", .dim)],
                ],
                orders: [order], verb: isLess ? "scale in" : "scale out",
                required: isProtected ? cluster.name : isMany ? "\(count)" : nil,
                requiredWhat: isProtected ? "the name of the protected cluster" : "the number of VMs"))
        return []
    }
}
