import Model
import Simulation

/// A farm of simulated machines by the wall clock: a cloud of VMs that are not there, and the real roles in clusters
/// of them.
actor SimulatedFarm {
    /// Machines that make one cluster; in larger ones every machine would watch what happens on all others.
    private static let clusterSize = 25
    private static let cloud = SimulatedCloud.id
    /// What has nothing new to tell says at least that it is there.
    private static let quiet = Duration.seconds(5)
    private static let figuresEvery = Duration.seconds(30)

    private var cloud: SimulatedCloud
    private var clusters: [ID<Cluster>: SimulatedCluster] = [:]
    private var toldAt: [SourceID: Timestamp] = [:]
    private var isCloudChanged = true
    /// Clusters that are not founded yet, the next one last.
    private var waiting: [Founding] = []

    private struct Founding {
        let id: ID<Cluster>
        let machines: Int
        let units: Int
        let seed: UInt64
    }

    private var pending: [Report] = []
    private var figured = 0
    private var figuredAt: Timestamp
    private var now: Timestamp

    /// - Parameter units: how many there are in all clusters together
    init(machines count: Int, units: Int, seed: UInt64, at start: Timestamp) {
        now = start
        figuredAt = start
        let clusterCount = max(1, (count + Self.clusterSize - 1) / Self.clusterSize)
        cloud = SimulatedCloud(vms: count)
        for index in 0..<clusterCount {
            let id = ID<Cluster>("c-\(SimulatedCloud.number(index, 3))")
            let share = (count * (index + 1)) / clusterCount - (count * index) / clusterCount
            let unitShare = (units * (index + 1)) / clusterCount - (units * index) / clusterCount
            waiting.append(Founding(id: id, machines: share, units: unitShare, seed: seed &+ UInt64(index)))
        }
        waiting.reverse()
    }

    /// Founds the next clusters: all at once would keep the first ones from going on.
    func found(_ count: Int) {
        for _ in 0..<min(count, waiting.count) {
            let next = waiting.removeLast()
            let members = (0..<next.machines).map { cloud.add(next.id, $0, at: now) }
            clusters[next.id] = SimulatedCluster(
                next.id, seed: next.seed, machines: members, units: next.units, at: now)
            isCloudChanged = true
        }
    }

    // MARK: Time

    /// Goes on to a moment, and says what every source tells; in parts, so that orders get their turn.
    func goOn(to moment: Timestamp, _ tell: @Sendable ([Report]) async -> Void) async {
        now = moment
        var reports = pending
        pending = []
        // While clusters are founded the VMs change all the time; telling all of them is work.
        let isNews = isCloudChanged && toldAt[.cloud(Self.cloud)].map { now.since($0) >= .seconds(1) } ?? true
        if isNews || isDue(.cloud(Self.cloud)) {
            let body: Report.Body = isCloudChanged ? .cloud(cloud.contents) : .quiet
            reports.append(report(.cloud(Self.cloud), body))
            isCloudChanged = false
        }
        for id in clusters.keys.sorted() {
            if let told = goOn(id) { reports.append(told) }
            if reports.count >= 16 {
                await tell(reports)
                reports = []
                await Task.yield()
            }
        }
        await tell(reports + figures())
    }

    private func goOn(_ id: ID<Cluster>) -> Report? {
        let isFirst = toldAt[.cluster(id)] == nil
        let changes = clusters[id]?.run(to: now)
        if isFirst || changes == nil, let contents = clusters[id]?.contents() {
            return report(.cluster(id), .cluster(contents), clusters[id]?.revision ?? 0)
        }
        if let changes, !changes.isEmpty {
            return report(.cluster(id), .changes(id, changes), clusters[id]?.revision ?? 0)
        }
        return isDue(.cluster(id)) ? report(.cluster(id), .quiet) : nil
    }

    private func isDue(_ source: SourceID) -> Bool { toldAt[source].map { now.since($0) >= Self.quiet } ?? true }

    private func report(_ source: SourceID, _ body: Report.Body, _ revision: Int64 = 0) -> Report {
        toldAt[source] = now
        return Report(source: source, revision: revision, observedAt: now, body: body)
    }

    /// Figures of the machines whose turn it is: each has one in half a minute.
    private func figures() -> [Report] {
        let all = cloud.contents.vms
        let share = Double(now.since(figuredAt).milliseconds) / Double(Self.figuresEvery.milliseconds)
        let count = min(all.count, Int(Double(all.count) * share))
        guard count > 0 else { return [] }
        figuredAt = now
        return (0..<count).compactMap { offset in
            let index = (figured + offset) % all.count
            if offset == count - 1 { figured = index + 1 }
            guard let cluster = all[index].cluster, let machine = cloud.machines[all[index].id] else { return nil }
            let wave = Double((UInt64(now.milliseconds / 1_000) &* 31 &+ UInt64(index) &* 2_654_435_761) % 97)
            let used = MachineFigures(cpuPercent: wave, memoryBytes: Int64(256 + index % 1_024) << 20)
            return Report(
                source: .cluster(cluster), observedAt: now, body: .figures(cluster, machine.id, used, [:]))
        }
    }

    // MARK: Orders

    /// Carries out an order where the simulation can, and else says why not.
    func carryOut(_ order: Order) -> Outcome {
        switch order {
        case .scale(let id, let count, _): return scale(id, count)
        case .act(_, let vm, let action): return act(vm, action)
        case .createVM: return .refused("simulated VMs come by scaling a cluster out")
        case .submit, .want, .destroy, .restart, .move, .drain, .undrain, .roll, .endRoll:
            guard let id = order.cluster, clusters[id] != nil else { return .refused("there is no such cluster") }
            return clusters[id]?.carryOut(order) ?? .refused("there is no such cluster")
        }
    }

    private func scale(_ id: ID<Cluster>, _ count: Int) -> Outcome {
        guard clusters[id] != nil, (1...1_000).contains(count) else {
            return .refused("a simulated cluster has 1 to 1000 machines")
        }
        let there = cloud.contents.vms.filter { $0.cluster == id }.map(\.id)
        for index in there.count..<max(there.count, count) {
            var number = index
            while cloud.machines[ID("vm-\(id)-\(SimulatedCloud.number(number, 2))")] != nil { number += 1 }
            clusters[id]?.start(cloud.add(id, number, at: now))
        }
        for vm in there.dropFirst(count) {
            if let machine = cloud.machines[vm] { clusters[id]?.stop(machine.id) }
            cloud.contents.vms.removeAll { $0.id == vm }
        }
        if let change = clusters[id]?.want(count) { pending.append(report(.cluster(id), .changes(id, [change]))) }
        isCloudChanged = true
        return .done("\(id) has \(count) VMs")
    }

    private func act(_ vm: ID<VM>, _ action: VMAction) -> Outcome {
        guard let index = cloud.contents.vms.firstIndex(where: { $0.id == vm }), let machine = cloud.machines[vm],
            let cluster = cloud.contents.vms[index].cluster
        else { return .refused("there is no such VM") }
        switch action {
        case .stop:
            cloud.contents.vms[index].state = .stopped
            clusters[cluster]?.stop(machine.id)
        case .start:
            cloud.contents.vms[index].state = .active
            clusters[cluster]?.start(machine)
        case .reboot:
            clusters[cluster]?.stop(machine.id)
            clusters[cluster]?.start(machine)
        case .delete:
            clusters[cluster]?.stop(machine.id)
            cloud.contents.vms.remove(at: index)
        case .pause, .unpause, .suspend, .resume, .shelve, .unshelve, .migrate, .evacuate, .confirm:
            return .refused("a simulated cloud cannot \(action.verb) VMs")
        }
        isCloudChanged = true
        return .done("VM \(action.verb): done")
    }
}
