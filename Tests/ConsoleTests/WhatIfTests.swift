import Model
import Screen
import Testing

@testable import Console

@Suite struct `What-if in the console` {
    private func deck(_ subject: Subject) -> Deck {
        var deck = Deck()
        deck.console.reveal(subject)
        deck.look()
        deck.press(.character("w"))
        return deck
    }

    @Test(arguments: [(80, 24), (200, 50), (40, 10)])
    func `is as it was`(_ width: Int, _ height: Int) throws {
        var deck = deck(.server("local/server2"))
        try expect(deck.text(width, height), isFile: "whatif-lose-\(width)x\(height)")
    }

    @Test func `of a drain, and of its question, are as they were`() throws {
        var deck = deck(.server("local/server2"))
        deck.press(.tab)
        try expect(deck.text(80, 24), isFile: "whatif-drain-80x24")
        deck.press(.enter)
        try expect(deck.text(120, 40), isFile: "whatif-question-120x40")
    }

    @Test func `turns from loss to drain to more machines, and counts these`() {
        var deck = deck(.vm(Farm.vms[4].id))
        #expect(deck.text().contains("What if b-2 is lost"))
        deck.press(.tab)
        #expect(deck.text().contains("What if b-2 is drained"))
        deck.press(.tab)
        #expect(deck.text().contains("customer-b gets 1 machine more"))
        deck.press(.character("+"), .character("+"), .character("-"))
        #expect(deck.text().contains("customer-b gets 2 machines more"))
        deck.press(.backtab, .character("+"))
        #expect(deck.text().contains("customer-b gets 2 machines more"))
        deck.press(.escape)
        #expect(deck.text().contains("╭ 1 Servers"))
    }

    @Test func `of a cluster supposes the machine with the most units`() {
        var deck = deck(.cluster("customer-b"))
        #expect(deck.text().contains("What if b-2 is lost"))
    }

    @Test func `of more machines asks for them as scaling does`() {
        var deck = deck(.cluster("customer-a"))
        deck.press(.backtab, .character("+"), .enter, .enter, .character("y"))
        #expect(deck.orders == [.scale("customer-a", to: 5, VMChoice())])
    }

    @Test func `is of no use to units, and a loss cannot be ordered`() {
        var deck = Deck()
        deck.put(cursorOn: "api@1.service", in: "customer-a")
        deck.press(.character("w"))
        #expect(deck.lastLine() == " this is for servers, VMs or a cluster; api@1.service is a unit")
        deck = self.deck(.server("local/server1"))
        deck.press(.enter)
        #expect(deck.lastLine() == " a loss is nothing to order; Tab chooses drain or add")
        #expect(deck.orders.isEmpty)
    }

    @Test func `is planned anew when the farm changes, and when the moment goes back`() {
        var deck = deck(.server("local/server2"))
        deck.tell(
            Farm.report(
                .cluster("customer-a"), .changes("customer-a", [.unitGone("api@2.service")]), revision: 1_843))
        deck.now = deck.now + .seconds(1)
        #expect(deck.text().contains("api@2.service"))
        deck.now = deck.now + .seconds(2)
        #expect(!deck.text().contains("api@2.service"))
        deck.tell(
            Farm.report(.cluster("customer-a"), .changes("customer-a", [.unitGone("api@5.service")]), revision: 1_844))
        deck.now = deck.now + .seconds(-60)
        #expect(!deck.text().contains("api@5.service"))
    }
}

@Suite struct `A drain that was foretold` {
    private static let a: ID<Cluster> = "customer-a"
    private static let b: ID<Cluster> = "customer-b"

    /// The drain of server2, confirmed by its name: a-2 and b-2.
    private func begun() -> Deck {
        var deck = Deck()
        deck.console.reveal(.server("local/server2"))
        deck.look()
        deck.press(.character("w"), .tab, .enter)
        deck.type("server2")
        deck.press(.enter)
        return deck
    }

    private func changes(_ cluster: ID<Cluster>, _ changes: [ClusterChange], at now: Timestamp) -> Report {
        Farm.report(.cluster(cluster), .changes(cluster, changes), revision: 2_000, at: now)
    }

    /// The store's news: the units of a machine are on another now, in that state.
    private func moved(_ names: [UnitName], to index: Int, _ state: UnitState?) -> [ClusterChange] {
        names.flatMap { name -> [ClusterChange] in
            let machine = Farm.machineID(index)
            return [.placement(name, Placement(machine: machine))] + (state.map { [.state(name, machine, $0)] } ?? [])
        }
    }

    private let onA2: [UnitName] = ["api@2.service", "api@5.service", "flaky.service"]
    private let running = UnitState(active: .active, sub: "running")

    private func drained(_ deck: inout Deck, _ outcome: Outcome = .done("drains")) {
        let order = deck.console.orders.last
        deck.effects += deck.console.handle(.outcome(order?.number ?? 0, outcome), at: deck.now)
    }

    @Test func `asks with n as the usual answer, and drains nothing by that`() {
        var deck = Deck()
        deck.console.reveal(.vm(Farm.vms[1].id))
        deck.look()
        deck.press(.character("w"), .tab, .enter, .enter)
        #expect(deck.orders.isEmpty)
        deck.press(.enter, .character("y"))
        #expect(deck.orders == [.drain(Self.a, Farm.machineID(1))])
    }

    @Test func `of a server wants its name typed, as one without a plan does`() {
        for keys: [Key] in [[.character("w"), .tab, .enter], [.character("d")]] {
            var deck = Deck()
            deck.console.reveal(.server("local/server2"))
            deck.look()
            for key in keys { deck.press(key) }
            #expect(deck.text().contains("the server's name"))
            deck.press(.character("y"), .enter)
            #expect(deck.orders.isEmpty)
        }
    }

    @Test func `leaves the marks to the next key`() {
        var deck = begun()
        drained(&deck)
        deck.press(.character("4"), .character(" "), .character(" "))
        let marks = deck.console.panes[PaneID.units.rawValue].marks
        deck.tell(changes(Self.a, [.draining(Farm.machineID(1), true)], at: deck.now))
        deck.tell(changes(Self.a, moved(onA2, to: 0, running), at: deck.now))
        #expect(deck.orders.last == .drain(Self.b, Farm.machineID(4)))
        #expect(marks.count == 2 && deck.console.panes[PaneID.units.rawValue].marks == marks)
    }

    @Test func `that is stopped from the past is told as stopped now`() {
        var deck = begun()
        deck.now = deck.now + .seconds(200)
        deck.press(.character("["), .character("x"), .character("0"))
        #expect(deck.console.drainRun?.endedAt == deck.now)
        #expect(deck.text().contains("stopped by you"))
    }

    @Test func `goes to the next machine only when all units of the last are active elsewhere`() {
        var deck = begun()
        #expect(deck.orders == [.drain(Self.a, Farm.machineID(1))])
        drained(&deck)
        deck.tell(changes(Self.a, [.draining(Farm.machineID(1), true)], at: deck.now))
        deck.tell(changes(Self.a, moved(Array(onA2.prefix(2)), to: 0, running), at: deck.now))
        #expect(deck.text().contains("drain server2 1/2  a-2: 2 of 3 units at rest elsewhere  x stops it"))
        deck.tell(changes(Self.a, moved(["flaky.service"], to: 2, nil), at: deck.now))
        #expect(deck.orders.count == 1)

        let failed = UnitState(active: .failed, sub: "failed")
        deck.tell(changes(Self.a, [.state("flaky.service", Farm.machineID(2), failed)], at: deck.now))
        #expect(deck.orders.last == .drain(Self.b, Farm.machineID(4)))

        drained(&deck)
        let onB2 = deck.console.facts.inventory.units(on: Farm.machineID(4), in: Self.b).map(\.name)
        deck.tell(changes(Self.b, [.draining(Farm.machineID(4), true)], at: deck.now))
        deck.tell(changes(Self.b, moved(onB2, to: 3, running), at: deck.now))
        #expect(deck.orders.count == 2)
        #expect(deck.text().contains("drain server2 2/2  done, its units are active elsewhere"))
    }

    @Test func `stops when a unit that was active fails elsewhere`() {
        var deck = begun()
        drained(&deck)
        deck.tell(changes(Self.a, [.draining(Farm.machineID(1), true)], at: deck.now))
        let failed = UnitState(active: .failed, sub: "failed", note: "exit 1")
        deck.tell(changes(Self.a, moved(["api@2.service"], to: 0, failed), at: deck.now))
        #expect(deck.text().contains("✖ stopped: api@2.service failed on a-1: exit 1"))
        deck.tell(changes(Self.a, moved(onA2, to: 0, running), at: deck.now))
        #expect(deck.orders.count == 1)
    }

    @Test func `stops when a unit waits of which nobody spoke, and when the order is refused`() {
        var deck = begun()
        drained(&deck)
        deck.tell(changes(Self.a, [.waiting("api@5.service", Unit.Waiting(why: "no machine fits"))], at: deck.now))
        #expect(deck.text().contains("✖ stopped: api@5.service waits: no machine fits"))

        deck = begun()
        drained(&deck, .refused("not now"))
        #expect(deck.text().contains("✖ stopped: not now"))
        #expect(deck.orders.count == 1)
    }

    @Test func `goes on past units of which the question said that they stay`() {
        var deck = Deck()
        var pinned = Farm.unit("pinned.service", on: 1, running)
        pinned.requirements.machineID = Farm.machineID(1).text
        var contents = ClusterContents(
            cluster: Farm.cluster("customer-a", leader: 1), machines: (0..<3).map(Farm.machine),
            units: [pinned, Farm.unit("free.service", on: 1, running)])
        contents.cluster.wanted = 3
        deck.tell(Farm.report(.cluster(Self.a), .cluster(contents), revision: 1_900))
        deck.console.reveal(.vm(Farm.vms[1].id))
        deck.look()
        deck.press(.character("w"), .tab, .enter)
        #expect(deck.text().contains("1 unit moves, 1 cannot leave"))
        #expect(deck.text().contains("◌ pinned.service no machine fits"))
        deck.press(.character("y"))
        drained(&deck)
        deck.tell(
            changes(
                Self.a,
                [.draining(Farm.machineID(1), true), .waiting("pinned.service", Unit.Waiting(why: "no machine fits"))],
                at: deck.now))
        deck.tell(changes(Self.a, moved(["free.service"], to: 0, running), at: deck.now))
        #expect(deck.text().contains("drain a-2 1/1  done; 1 unit stay"))
    }

    @Test func `is stopped by a key, also when the console is locked again`() {
        var deck = begun()
        deck.console.setup.startsLocked = true
        deck.press(.character("x"))
        #expect(
            deck.text().contains("drain server2 1/2  stopped by you after 0 machines; d on a machine undoes its drain"))
        drained(&deck)
        deck.tell(changes(Self.a, [.draining(Farm.machineID(1), true)], at: deck.now))
        deck.tell(changes(Self.a, moved(onA2, to: 0, running), at: deck.now))
        #expect(deck.orders.count == 1)
        deck.press(.character("x"))
        #expect(deck.lastLine() == " no drain goes from machine to machine now")
    }

    @Test func `stands still while it is locked or the store is silent, and gives up after a while without progress`() {
        var deck = begun()
        drained(&deck)
        deck.tell(changes(Self.a, [.draining(Farm.machineID(1), true)], at: deck.now))
        deck.console.setup.startsLocked = true
        deck.effects += deck.console.handle(.tick, at: deck.now)
        #expect(deck.text().contains("stands still: locked"))
        deck.console.setup.startsLocked = false
        deck.tell(Farm.report(.cluster(Self.a), .silent("no answer"), at: deck.now))
        deck.now = deck.now + .seconds(400)
        deck.effects += deck.console.handle(.tick, at: deck.now)
        #expect(deck.text().contains("stands still: the store of customer-a is silent"))
        deck.tell(changes(Self.a, moved(["api@2.service"], to: 0, running), at: deck.now))
        deck.now = deck.now + .seconds(179)
        deck.tell(Farm.report(.cluster(Self.a), .quiet, at: deck.now))
        #expect(deck.text().contains("1 of 3 units at rest"))
        deck.now = deck.now + .seconds(2)
        deck.tell(Farm.report(.cluster(Self.a), .quiet, at: deck.now))
        #expect(deck.text().contains("✖ stopped: api@5.service is not active elsewhere after 3m"))
    }

    @Test func `warns in its question when a store would be without quorum`() {
        var deck = Deck()
        let members = [
            ClusterChange.members([
                Member(name: "a-1", endpoint: "http://127.0.0.1:2379"),
                Member(name: "a-2", endpoint: "http://127.0.0.2:2379"),
                Member(name: "a-3", endpoint: "http://127.0.0.3:2379", isAnswering: false),
            ])
        ]
        deck.tell(Farm.report(.cluster(Self.a), .changes(Self.a, members)))
        deck.console.reveal(.vm(Farm.vms[1].id))
        deck.look()
        deck.press(.character("w"), .tab, .enter)
        #expect(deck.text().contains("when that is switched off: LOSES ITS QUORUM: 1 of 3 members left, 2 needed"))
    }
}
