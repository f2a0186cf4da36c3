import Model
import Screen
import Testing
import Triage

@testable import Console

@Suite struct `The past` {
    @Test func `shows the same screens as they were, with a banner and without changes`() throws {
        var deck = Deck()
        let before = deck.text(80, 24)
        deck.now = Farm.start + .seconds(5)
        deck.tell(failure(deck.now))
        deck.now = Farm.start + .seconds(9)
        deck.look(Size(width: 80, height: 24))
        let now = deck.text(80, 24)

        deck.press(.character("["))
        let past = deck.text(80, 24)
        try expect(past, isFile: "past-80x24")
        #expect(past.contains("PAST"))
        // Below the banner and above the hints everything is as it was.
        #expect(inner(past) == inner(before))
        #expect(deck.console.view(Size(width: 80, height: 24)).grounds.contains("P"))

        deck.press(.character("S"))
        #expect(deck.orders.isEmpty)
        #expect(deck.lastLine().contains("this is the past"))

        deck.press(.character("0"))
        #expect(inner(deck.text(80, 24)) == inner(now))
    }

    @Test func `goes on learning meanwhile, and shows it afterwards`() {
        var deck = Deck()
        deck.now = Farm.start + .seconds(20)
        deck.press(.character("p"))
        deck.now = Farm.start + .seconds(25)
        deck.tell(failure(deck.now))

        #expect(deck.text().contains("paused") || deck.text().contains("5s ago"))
        #expect(state(deck, "database.service") == .active)
        deck.press(.character("p"))
        #expect(state(deck, "database.service") == .failed)
        #expect(deck.console.events.contains { $0.text.hasPrefix("failed") && $0.at == deck.now })
    }

    @Test func `steps back and forth to the moments between`() {
        var deck = Deck()
        for second in 1...8 {
            deck.now = Farm.start + .seconds(10 * Int64(second))
            deck.tell(second % 2 == 1 ? failure(deck.now) : recovery(deck.now))
        }
        deck.now = Farm.start + .seconds(85)

        var seen: [UnitState.Active?] = []
        for _ in 0..<3 {
            deck.press(.character("["))
            seen.append(state(deck, "database.service"))
        }
        deck.press(.character("]"))
        seen.append(state(deck, "database.service"))
        #expect(seen == [.failed, .active, .failed, .active])

        deck.press(.character("{"))
        #expect(deck.console.past?.at == Farm.start)
        #expect(deck.lastLine().contains("is not kept"))
        deck.press(.character("}"))
        #expect(deck.console.past == nil)
    }

    @Test func `takes no order that was asked before it was opened`() {
        var deck = Deck()
        deck.put(cursorOn: "database.service", in: "customer-a")
        deck.press(.character("S"), .character("p"))
        // The question has the keys; what is past is asked for after it is answered.
        #expect(deck.console.past == nil)
        deck.press(.character("n"), .character("p"))
        #expect(deck.console.past != nil)
    }

    @Test func `has the orders as they stood`() {
        var deck = Deck()
        deck.put(cursorOn: "database.service", in: "customer-a")
        deck.now = Farm.start + .seconds(30)
        deck.press(.character("S"), .character("y"))
        deck.now = Farm.start + .seconds(42)
        _ = deck.console.handle(.outcome(1, .done("stopped")), at: deck.now)
        deck.now = Farm.start + .seconds(45)
        deck.press(.character("["), .character("o"))

        #expect(deck.console.shownOrders.map(\.outcome) == [nil])
        deck.press(.character("["))
        #expect(deck.console.shownOrders.isEmpty)
        deck.press(.character("0"))
        #expect(deck.console.shownOrders.map(\.outcome) == [.done("stopped")])
    }

    @Test(arguments: 1...20)
    func `is what was known, whatever happened`(_ seed: UInt64) throws {
        var play = RandomPlay(seed: seed)
        var history = History()
        var facts = Facts()
        var truth: [(at: Timestamp, known: [String])] = []
        for _ in 0..<400 {
            let report = play.next(facts.inventory)
            history.take(report, &facts, play.now)
            truth.append((play.now, Self.described(facts.inventory)))
        }
        let start = try #require(history.start)
        // Of several reports at one moment the last one counts.
        for (index, one) in truth.enumerated() where one.at >= start {
            if index + 1 < truth.count, truth[index + 1].at == one.at { continue }
            let picture = try #require(history.picture(at: one.at))
            let seen = Self.described(picture.inventory)
            let difference = zip(seen, one.known).first { $0 != $1 }
            try #require(difference == nil && seen.count == one.known.count, "after \(index) reports")
        }
        #expect(history.chapters.count > 1)
    }

    @Test func `is bounded in time and in bytes`() throws {
        var play = RandomPlay(seed: 7, step: 5_000)
        var history = History()
        var facts = Facts()
        for _ in 0..<3_000 {
            let report = play.next(facts.inventory)
            history.take(report, &facts, play.now)
        }
        let start = try #require(history.start)

        #expect(play.now.since(start) <= Limits.history + Limits.historyChapter)
        #expect(play.now.since(start) >= Limits.history - Limits.historyChapter)
        #expect(history.bytes < Limits.historyBytes)
    }

    @Test func `gives its oldest up before it takes more than it may`() throws {
        var play = RandomPlay(seed: 11, step: 50)
        let limit = 1 << 20
        var history = History(limit: limit)
        var facts = Facts()
        var most = 0
        var starts: Set<Timestamp> = []
        for _ in 0..<30_000 {
            history.take(play.next(facts.inventory), &facts, play.now)
            most = max(most, history.bytes)
            if let start = history.start { starts.insert(start) }
        }
        let start = try #require(history.start)

        #expect(starts.count > 3)
        #expect(most > limit / 2 && most <= limit)
        #expect(start < play.now && history.chapters.count > 1)
    }

    @Test func `unlocks nothing there, and takes an unlock back`() {
        var deck = Deck(Setup(context: "demo"))
        deck.now = Farm.start + .seconds(30)
        deck.press(.character("U"), .character("["), .character("U"), .character("0"), .character("S"))
        #expect(deck.lastLine().contains("locked: U unlocks"))
        #expect(deck.console.dialog == nil)
    }

    @Test func `is judged by what it was on a large farm too`() throws {
        var deck = Deck()
        var contents = ClusterContents(
            cluster: Farm.cluster("customer-a", leader: 0), machines: (0..<3).map(Farm.machine),
            units: (0..<6_000).map {
                Farm.unit(UnitName(stringLiteral: "many@\($0).service"), on: $0 % 3, Farm.running(1, 100))
            })
        contents.cluster.wanted = 3
        deck.now = Farm.start + .seconds(20)
        deck.tell(Farm.report(.cluster("customer-a"), .cluster(contents), revision: 3_000, at: deck.now))
        deck.look()
        func tell(_ state: UnitState, _ revision: Int64) {
            let change = ClusterChange.state("many@7.service", Farm.machineID(1), state)
            deck.tell(
                Farm.report(.cluster("customer-a"), .changes("customer-a", [change]), revision: revision, at: deck.now))
        }
        deck.now = Farm.start + .seconds(30)
        tell(UnitState(active: .failed, sub: "failed", since: deck.now), 3_001)
        deck.now = Farm.start + .seconds(39)
        tell(Farm.running(1, 100), 3_002)
        deck.look()
        deck.now = Farm.start + .seconds(41)
        deck.press(.character("t"))
        #expect(!deck.console.triage.rows.contains { $0.name == "many@7.service" })
        deck.tell(Farm.report(.cluster("customer-a"), .quiet, revision: 3_002, at: deck.now))

        deck.press(.character("["))
        #expect(deck.console.triage.rows.contains { $0.name == "many@7.service" })
        deck.press(.character("0"))
        #expect(!deck.console.triage.rows.contains { $0.name == "many@7.service" })
    }

    private func failure(_ now: Timestamp) -> Report { state(UnitState(active: .failed, sub: "failed"), now) }
    private func recovery(_ now: Timestamp) -> Report { state(Farm.running(1, 100), now) }

    private func state(_ state: UnitState, _ now: Timestamp) -> Report {
        let change = ClusterChange.state("database.service", Farm.machineID(0), state)
        return Farm.report(.cluster("customer-a"), .changes("customer-a", [change]), revision: 1_900, at: now)
    }

    private func state(_ deck: Deck, _ unit: UnitName) -> UnitState.Active? {
        deck.console.facts.inventory.unit(UnitKey("customer-a", unit))?.state?.active
    }

    private func inner(_ text: String) -> [Substring] {
        Array(text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast())
    }

    /// Everything of an inventory that is kept exactly; figures are thinned out.
    private static func described(_ inventory: Inventory) -> [String] {
        var lines: [String] = []
        for (id, part) in inventory.clouds.sorted(by: { $0.key < $1.key }) { lines.append("\(id) \(part.contents)") }
        for (id, part) in inventory.clusters.sorted(by: { $0.key < $1.key }) {
            lines.append("\(id) \(part.revision) \(part.cluster) \(part.machines.values.sorted { $0.id < $1.id })")
            for unit in part.units.values.sorted(by: { $0.name < $1.name }) {
                lines.append("\(unit.name) \(unit.desired) \(unit.file.hash) \(String(describing: unit.placement))")
                lines.append("\(String(describing: unit.waiting)) \(String(describing: unit.move))")
                for (machine, state) in unit.states.sorted(by: { $0.key < $1.key }) {
                    lines.append("\(machine) \(state.active) \(state.sub) \(state.restarts) \(state.note ?? "")")
                }
            }
            for (machine, names) in part.unitsOn.sorted(by: { $0.key < $1.key }) where !names.isEmpty {
                lines.append("\(machine) \(names.sorted())")
            }
        }
        for (source, fresh) in inventory.sources.sorted(by: { $0.key < $1.key }) {
            lines.append("\(source) \(String(describing: fresh.silentSince)) \(fresh.why ?? "")")
        }
        let left = inventory.leftAt.filter { inventory.vm($0.key) != nil }
        lines.append("\(left.sorted { $0.key < $1.key })")
        return lines
    }
}

/// Reports of a farm to which anything happens; the seed decides everything.
struct RandomPlay {
    var now = Farm.start
    private var state: UInt64
    private var revision: Int64 = 2_000
    private var queue = Farm.reports
    private let step: UInt64

    init(seed: UInt64, step: UInt64 = 9_000) {
        state = seed
        self.step = step
    }

    private mutating func chance(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(1, count)))
    }

    mutating func next(_ known: Inventory) -> Report {
        if !queue.isEmpty { return queue.removeFirst() }
        now = now + .milliseconds(Int64(chance(Int(step))))
        revision += 1
        let cluster: ID<Cluster> = chance(2) == 0 ? "customer-a" : "customer-b"
        switch chance(20) {
        case 0: return report(cluster, .silent("connection refused"))
        case 1: return report(cluster, .quiet)
        case 2, 3, 4: return cloud(known)
        case 5:
            let contents = known.clusters[cluster]?.contents ?? ClusterContents(cluster: Farm.cluster("x", leader: 0))
            return report(cluster, .cluster(contents))
        case 6, 7:
            let machine = Farm.machineID(chance(6))
            let figures = MachineFigures(cpuPercent: Double(chance(1_000)) / 10, memoryBytes: Int64(chance(1 << 30)))
            let used = UnitFigures(cpuPercent: Double(chance(100)), memoryBytes: Int64(chance(1 << 28)))
            return report(cluster, .figures(cluster, machine, figures, ["api@1.service": used]))
        default: return report(cluster, .changes(cluster, (0...chance(3)).map { _ in change(known, cluster) }))
        }
    }

    private func report(_ cluster: ID<Cluster>, _ body: Report.Body) -> Report {
        Report(source: .cluster(cluster), revision: revision, observedAt: now, body: body)
    }

    private mutating func cloud(_ known: Inventory) -> Report {
        var contents = known.clouds[Farm.cloud]?.contents ?? Farm.contents
        if !contents.vms.isEmpty, chance(3) == 0 { contents.vms.remove(at: chance(contents.vms.count)) }
        if chance(3) == 0 {
            contents.vms.append(
                VM(id: ID("vm\(revision)"), cloud: Farm.cloud, name: "new", server: "local/server1", state: .building))
        }
        for index in contents.vms.indices where chance(4) == 0 {
            contents.vms[index].state = [.active, .lost("gone"), .stopped, .error("no room")][chance(4)]
        }
        contents.servers[chance(contents.servers.count)].state = [.up, .down, .disabled("repair")][chance(3)]
        return Report(source: .cloud(Farm.cloud), observedAt: now, body: .cloud(contents))
    }

    private mutating func change(_ known: Inventory, _ cluster: ID<Cluster>) -> ClusterChange {
        let units = known.clusters[cluster]?.units.keys.sorted() ?? []
        let unit = units.isEmpty ? "api@1.service" : units[chance(units.count)]
        let machine = Farm.machineID(chance(6))
        switch chance(12) {
        case 0: return .machine(Farm.machine(chance(6)))
        case 1: return .machineGone(machine)
        case 2: return .draining(machine, chance(2) == 0)
        case 3:
            return .unit(unit, Farm.text("another \(chance(9))"), [.launched, .loaded][chance(2)], revision: revision)
        case 4: return .unitGone(unit)
        case 5: return .placement(unit, chance(2) == 0 ? nil : Placement(machine: machine, why: "asked"))
        case 6: return .waiting(unit, Unit.Waiting(why: "no machine fits", since: now))
        case 7: return .leader(chance(2) == 0 ? nil : machine)
        case 8: return .state(unit, machine, nil)
        default:
            let active: UnitState.Active = [.active, .failed, .activating, .inactive][chance(4)]
            let note = chance(2) == 0 ? nil : "exit \(chance(3))"
            return .state(
                unit, machine, UnitState(active: active, sub: "s\(chance(3))", restarts: chance(9), note: note))
        }
    }
}

extension History {
    fileprivate mutating func take(_ report: Report, _ facts: inout Facts, _ now: Timestamp) {
        note(report, to: facts, at: now)
        _ = facts.inventory.apply(report)
        noted(report, facts, at: now)
    }
}
