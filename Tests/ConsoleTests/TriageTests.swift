import Model
import Screen
import Testing
import Triage

@testable import Console

@Suite struct `Triage on the screen` {
    /// A deck whose server3 is down with what ran there, and whose flaky.service fails.
    private static func troubled(_ setup: Setup = Setup(context: "demo", startsLocked: false)) -> Deck {
        var deck = Deck(setup)
        deck.now = Farm.start + .seconds(60)
        answer(&deck)
        var contents = Farm.contents
        contents.servers[2].state = .down
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents), at: deck.now))
        for (cluster, index) in [("customer-a", 2), ("customer-b", 5)] {
            let id = ID<Cluster>(cluster)
            let gone = ClusterChange.machineGone(Farm.machineID(index))
            deck.tell(Farm.report(.cluster(id), .changes(id, [gone]), revision: 2_000, at: deck.now + .seconds(4)))
        }
        deck.now = Farm.start + .seconds(80)
        answer(&deck)
        deck.press(.character("t"))
        return deck
    }

    private static func answer(_ deck: inout Deck) {
        for source in ["local", "customer-a", "customer-b"] {
            deck.tell(Farm.report(SourceID(source), .quiet, at: deck.now))
        }
        deck.look()
    }

    @Test(arguments: [(80, 24), (200, 50), (40, 10)])
    func `shows causes with what comes from them`(width: Int, height: Int) throws {
        var deck = Self.troubled()
        try expect(deck.text(width, height), isFile: "triage-\(width)x\(height)")
    }

    @Test func `says what is wrong in the deck's last line, by cause`() {
        var deck = Self.troubled()
        deck.press(.escape)
        #expect(deck.console.place == .deck)
        #expect(deck.text().contains("✖ server3 is down · likely cause of 12"))
    }

    @Test func `says that nothing is wrong when nothing is`() {
        var deck = Deck(empty: Setup(context: "demo"))
        _ = deck.console.handle(.expect(.cluster("customer-a")), at: deck.now)
        deck.press(.character("t"))
        #expect(deck.text(80, 24).contains("nothing is known yet"))
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(Farm.contents)))
        #expect(deck.text(80, 24).contains("nothing is wrong in what is known; nothing was heard of customer-a yet"))
        let contents = ClusterContents(cluster: Farm.cluster("customer-a", leader: 0), machines: [Farm.machine(0)])
        deck.tell(Farm.report(.cluster("customer-a"), .cluster(contents), revision: 1))
        #expect(!deck.text(80, 24).contains("nothing was heard"))
    }

    @Test func `comes first where that was asked for`() {
        var setup = Setup(context: "demo")
        setup.startsWithTriage = true
        var deck = Deck(setup)
        #expect(deck.text().contains(" Triage"))
        deck.press(.character("t"))
        #expect(deck.console.place == .deck)
    }

    @Test func `keeps the cursor on its problem when a graver one comes`() throws {
        var deck = Deck()
        deck.press(.character("t"))
        deck.press(.character("j"))
        let before = try #require(deck.console.triage.selected)
        var contents = Farm.contents
        contents.servers[0].state = .down
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents), at: deck.now))
        deck.look()
        #expect(deck.console.triage.selected?.key == before.key)
        #expect(deck.console.triage.rows.count > 2)
    }

    @Test func `opens the object of a problem, and comes back`() {
        var deck = Self.troubled()
        deck.press(.enter)
        #expect(deck.console.place == .details(.server("local/server3")))
        deck.press(.escape)
        #expect(deck.console.place == .triage)
        deck.press(.escape)
        #expect(deck.console.place == .deck)
    }

    @Test func `opens several objects as marked rows`() {
        var deck = Self.troubled()
        while let problem = deck.console.triage.selected, problem.subjects.count < 2 {
            let before = deck.console.triage.position
            deck.press(.character("j"))
            if deck.console.triage.position == before { break }
        }
        let subjects = Set(deck.console.triage.selected?.subjects ?? [])
        #expect(subjects.count > 1)
        deck.press(.enter)
        #expect(deck.console.place == .deck)
        #expect(deck.console.panes[deck.console.focus.rawValue].marks == subjects)
    }

    @Test func `puts an acknowledged problem below the others, until the time is over`() throws {
        var deck = Self.troubled()
        let first = try #require(deck.console.triage.selected)
        deck.press(.character("a"))
        #expect(deck.console.triage.rows.first?.key != first.key)
        #expect(deck.text(120, 40).contains("= 30m left"))
        #expect(!deck.text(120, 40).contains("✖ server3"))
        deck.now = deck.now + .seconds(1_801)
        Self.answer(&deck)
        #expect(deck.console.triage.rows.first?.key == first.key)
    }

    @Test func `takes an acknowledgement back by the same key`() throws {
        var deck = Self.troubled()
        let first = try #require(deck.console.triage.selected)
        deck.press(.character("a"))
        deck.press(.character("G"), .character("k"))
        while deck.console.triage.selected?.key != first.key { deck.press(.character("k")) }
        deck.press(.character("a"))
        #expect(deck.console.triage.acknowledged.isEmpty)
        #expect(deck.console.triage.rows.first?.key == first.key)
    }

    @Test func `brings an acknowledged problem back when it becomes worse`() throws {
        var deck = Deck()
        let units = (1...2).map { number in
            var unit = Farm.unit(
                UnitName(stringLiteral: "bad@\(number).service"), on: number - 1,
                UnitState(active: .failed, sub: "failed", since: Farm.start))
            unit.file = Farm.text("A bad release")
            return unit
        }
        func tell(_ count: Int) {
            let changes = units.prefix(count).flatMap { unit in
                [
                    ClusterChange.unit(unit.name, unit.file, .launched, revision: 1),
                    .placement(unit.name, unit.placement),
                ] + unit.states.map { .state(unit.name, $0.key, $0.value) }
            }
            deck.tell(
                Farm.report(
                    .cluster("customer-a"), .changes("customer-a", changes), revision: 1_843 + Int64(count),
                    at: deck.now))
            deck.look()
        }
        tell(1)
        deck.press(.character("t"))
        let key = try #require(deck.console.triage.rows.first { $0.name == "bad@1.service" }?.key)
        while deck.console.triage.selected?.key != key { deck.press(.character("j")) }
        deck.press(.character("a"))
        #expect(deck.console.triage.acknowledged[key] != nil)
        tell(2)
        #expect(deck.console.triage.acknowledged[key] == nil)
        #expect(deck.console.triage.rows.first { $0.key == key }?.subjects.count == 2)
    }

    /// What the deck's line of problems says.
    private static func strip(_ deck: inout Deck) -> String {
        var aside = deck
        aside.press(.escape)
        return aside.text(200, 50)
    }

    @Test func `says a graver consequence of an acknowledged cause by itself`() throws {
        var deck = Self.troubled()
        deck.press(.character("a"))
        #expect(Self.strip(&deck).contains("quorum") == false)
        let members = [
            Member(name: "a-1", endpoint: "http://127.0.0.1:2379", hasLeader: false),
            Member(name: "a-2", endpoint: "http://127.0.0.2:2379", isAnswering: false),
            Member(name: "a-3", endpoint: "http://127.0.0.3:2379", isAnswering: false),
        ]
        deck.tell(
            Farm.report(
                .cluster("customer-a"), .changes("customer-a", [.members(members)]), revision: 2_001, at: deck.now))
        deck.look()
        let root = try #require(deck.console.triage.rows.first { $0.key.kind == .serverDown })
        let store = try #require(deck.console.triage.rows.first { $0.key.kind == .storeTrouble })
        #expect(deck.console.triage.isAcknowledged(root))
        #expect(!deck.console.triage.isAcknowledged(store))
        #expect(Self.strip(&deck).contains(store.what))
    }

    @Test func `keeps what was acknowledged when it looks back to when that was worse`() throws {
        var deck = Deck()
        func flaky(_ names: [UnitName], _ state: UnitState, _ revision: Int64) {
            let file = Farm.text("one release")
            let changes = names.flatMap { name -> [ClusterChange] in
                [.unit(name, file, .launched, revision: 1), .state(name, Farm.machineID(0), state)]
            }
            deck.tell(
                Farm.report(.cluster("customer-a"), .changes("customer-a", changes), revision: revision, at: deck.now))
            deck.look()
        }
        let failed = UnitState(active: .failed, sub: "failed", since: Farm.start)
        deck.now = Farm.start + .seconds(10)
        flaky(["api@1.service", "api@4.service"], failed, 1_850)
        deck.now = Farm.start + .seconds(25)
        flaky(["api@4.service"], Farm.running(1, 100), 1_851)
        deck.now = Farm.start + .seconds(28)
        deck.press(.character("t"))
        let key = try #require(deck.console.triage.rows.first { $0.name.hasPrefix("api@") }?.key)
        while deck.console.triage.selected?.key != key { deck.press(.character("j")) }
        deck.press(.character("a"), .character("["))
        #expect(deck.console.triage.rows.first { $0.key == key }?.subjects.count == 2)
        deck.press(.character("0"))
        #expect(deck.console.triage.acknowledged[key] != nil)
    }

    @Test func `of a large farm is judged aside, where somebody does that`() throws {
        var setup = Setup(context: "demo", startsLocked: false)
        setup.judgesAside = true
        var deck = Deck(setup)
        var contents = ClusterContents(
            cluster: Farm.cluster("customer-a", leader: 0), machines: (0..<3).map(Farm.machine),
            units: (0..<6_000).map {
                Farm.unit(UnitName(stringLiteral: "many@\($0).service"), on: $0 % 3, Farm.running(1, 100))
            })
        contents.units[5].states = [
            Farm.machineID(2): UnitState(active: .failed, sub: "failed", since: Farm.start)
        ]
        contents.cluster.wanted = 3
        deck.tell(Farm.report(.cluster("customer-a"), .cluster(contents), revision: 3_000, at: deck.now))
        deck.look()
        #expect(!deck.console.triage.rows.contains { $0.name == "many@5.service" })

        let effects = deck.console.handle(.tick, at: deck.now)
        #expect(effects.contains(.judge))
        let asked = deck.console.judging()
        let judging = try #require(asked)
        // Nobody is asked twice for the same.
        let again = deck.console.judging() == nil
        let isAskedAgain = deck.console.handle(.tick, at: deck.now).contains(.judge)
        #expect(again && !isAskedAgain)
        _ = deck.console.handle(.judged(judging.judged()), at: deck.now)
        deck.look()
        #expect(deck.console.triage.rows.contains { $0.name == "many@5.service" })

        // What comes when the past is shown is of no use there.
        deck.now = deck.now + .seconds(20)
        _ = deck.console.handle(.tick, at: deck.now)
        let askedLate = deck.console.judging()
        let late = try #require(askedLate)
        deck.press(.character("["))
        let shown = deck.console.triage.rows
        _ = deck.console.handle(.judged(late.judged()), at: deck.now)
        #expect(deck.console.triage.rows == shown)
        deck.press(.character("0"))
        #expect(deck.console.triage.rows.contains { $0.name == "many@5.service" })
        deck.now = deck.now + .seconds(2)
        let effectsNow = deck.console.handle(.tick, at: deck.now)
        #expect(effectsNow.contains(.judge))
    }

    @Test func `hands the selected problem over by clipboard and file`() throws {
        var deck = Self.troubled()
        deck.press(.character("Y"))
        let copied = deck.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }
        let written = deck.effects.compactMap { if case .write(_, let text) = $0 { text } else { nil } }
        #expect(copied == written)
        let text = try #require(copied.first)
        #expect(text.hasPrefix("CRITICAL server3 is down\n"))
        #expect(text.contains("what was tried: nothing from here"))
        #expect(text.contains("what comes from it:\n"))
    }

    @Test func `hands everything over from the deck`() throws {
        var deck = Self.troubled()
        deck.press(.escape, .character("Y"))
        let text = try #require(deck.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }.first)
        #expect(text.hasPrefix("demo 2026-01-05T"))
        #expect(text.contains("\nCRITICAL server3 is down\n"))
        #expect(text.contains("\nCRITICAL flaky.service failed"))
    }

    @Test func `says of keys that help why they cannot be used now`() {
        var deck = Self.troubled(Setup(context: "demo", startsLocked: true))
        while deck.console.triage.selected?.name != "flaky.service" { deck.press(.character("j")) }
        #expect(deck.text(120, 40).contains("keys that help · locked: U unlocks for 10 minutes"))
        deck.press(.character("r"))
        #expect(deck.orders.isEmpty)
        #expect(deck.text(120, 40).contains("locked: U unlocks"))
    }

    @Test func `judges the moment that is shown, in the past as well`() {
        var deck = Self.troubled()
        #expect(deck.text(120, 40).contains("server3 is down"))
        deck.press(.character("["), .character("["), .character("["))
        let past = deck.text(120, 40)
        #expect(past.contains("PAST"))
        #expect(!past.contains("server3 is down"))
        #expect(past.contains("flaky.service"))
        deck.press(.character("0"))
        #expect(deck.text(120, 40).contains("server3 is down"))
    }

    @Test func `acts on the objects of the selected problem`() {
        var deck = Self.troubled()
        while deck.console.triage.selected?.name != "flaky.service" { deck.press(.character("j")) }
        deck.press(.character("r"), .character("y"))
        #expect(deck.orders == [.restart("customer-a", "flaky.service", on: Farm.machineID(1))])
    }

    @Test func `names no command that there is not`() {
        var deck = Self.troubled()
        deck.look()
        let known = Set(Command.all.filter { $0.modes.contains(.triage) }.map(\.name))
        #expect(Set(Problem.Kind.allCases.flatMap(\.helps)).subtracting(known) == [])
    }
}
