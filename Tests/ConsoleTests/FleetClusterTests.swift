import Model
import Screen
import Testing

@testable import Console

@Suite struct `A cluster that fleet drives` {
    private static func deck(_ kind: Cluster.Kind, _ options: [UnitFile.Option] = []) -> Deck {
        var deck = Deck()
        var cluster = Cluster(id: "old", name: "old")
        cluster.kind = kind
        let machine = Machine(id: "aaaa1111aaaa1111aaaa1111aaaa1111", address: "10.0.0.1")
        var unit = Unit(
            name: "lone.service", file: UnitFile(options: options), desired: .launched,
            placement: Placement(machine: machine.id), states: [machine.id: UnitState(active: .active, sub: "running")])
        unit.requirements = .none
        deck.tell(
            Farm.report(
                .cluster("old"), .cluster(ClusterContents(cluster: cluster, machines: [machine], units: [unit]))))
        return deck
    }

    @Test func `is in no trouble because nobody tells who leads it`() {
        var own = Self.deck(.own)
        #expect(own.text(160, 40).contains("old has no leading scheduler"))
        var fleet = Self.deck(.fleet)
        #expect(!fleet.text(160, 40).contains("old has"))
    }

    @Test func `says of a unit whose file asks for more than fleet reads that the rest does not count`() {
        let ours = UnitFile.Option(section: "X-Quarterdeck", name: "Memory", value: "1G")
        for (options, isSaid) in [([ours], true), ([], false)] {
            var deck = Self.deck(.fleet, options)
            deck.press(.character("/"))
            deck.type("lone")
            for key in [Key.enter, .enter, .tab, .tab] { deck.press(key) }
            let text = deck.text(160, 40)
            #expect(
                text.contains("it asks for nothing in particular") && text.contains("lone.service is placed"), "\(text)"
            )
            #expect(text.contains("[X-Quarterdeck] of its file does not count here") == isSaid)
        }
    }

    @Test func `says what drives it, and of leader, quorum and revision nothing`() throws {
        var deck = Self.deck(.fleet)
        deck.press(.character("3"))
        deck.press(.character("z"))
        let row = try #require(deck.text(200, 40).split(separator: "\n").first { $0.contains(" old ") })
        #expect(row.contains("driven by fleet") && !row.contains("none") && !row.contains(" 0 "), "\(row)")
    }
}

@Suite struct `A destroyed unit that still stops` {
    @Test func `is shown as that, and takes no orders`() throws {
        var deck = Deck()
        let machine = Farm.machine(0)
        var contents = ClusterContents(cluster: Farm.cluster("customer-a", leader: 0), machines: [machine])
        let state = UnitState(active: .deactivating, sub: "stop-sigterm")
        contents.leaving = [.destroyed("parting.service", [machine.id: state])]
        deck.tell(Farm.report(.cluster("customer-a"), .cluster(contents), revision: 1_900))
        deck.put(cursorOn: "parting.service", in: "customer-a")
        let text = deck.text(200, 40)
        let row = try #require(text.split(separator: "\n").first { $0.contains("parting") }, "\(text)")
        #expect(
            row.contains(" gone ") && row.contains("deactivat") && row.contains("destroyed; its machine still has it"))

        deck.press(.character("s"))

        #expect(deck.orders == [] && deck.text(200, 40).contains("there is nothing to start"))
    }
}
