import Model
import Screen
import Testing

@testable import Console

/// Farms for the map: some servers with VMs of some clusters, in many conditions.
private enum Mapped {
    static func deck(servers: Int, perServer: Int) -> Deck {
        var deck = Deck(empty: Setup(context: "demo", startsLocked: false))
        let cloud = ID<Cloud>("farm")
        var vms: [VM] = []
        var machines: [[Machine]] = [[], [], []]
        var units: [[Unit]] = [[], [], []]
        for number in 0..<servers * perServer {
            let group = number % 3
            let id = ID<VM>("vm\(number)")
            let server = number / perServer
            let isLost = server == 3
            let state: VM.State = isLost ? .lost("its server is down") : number % 17 == 16 ? .building : .active
            vms.append(
                VM(
                    id: id, cloud: cloud, name: "c\(group + 1)-n\(number / 3 + 1)",
                    server: number % 41 == 40 ? nil : ID("farm/hv-\(server + 1)"), cluster: ID("c\(group + 1)"),
                    state: state, created: Farm.start - .seconds(60)))
            if isLost || state == .building { continue }
            let machine = Machine(id: ID("\(1_000_000 + number)"), name: vms[number].name, vm: id)
            machines[group].append(machine)
            guard servers <= 100 else { continue }
            for unit in 0..<(3 + number % 9) {
                let isBad = number % 11 == 5 && unit == 0
                let name = UnitName(stringLiteral: unit == 0 ? "web@\(number).service" : "u\(number)-\(unit).service")
                let state = UnitState(active: isBad ? .failed : .active, sub: isBad ? "failed" : "running")
                units[group].append(
                    Unit(
                        name: name, file: Farm.text("one"), desired: .launched,
                        placement: Placement(machine: machine.id), states: [machine.id: state]))
            }
        }
        let all = (0..<servers).map { number in
            Server(
                id: ID("farm/hv-\(number + 1)"), cloud: cloud, name: "hv-\(number + 1)",
                state: number == 3 ? .down : .up, vcpus: 32, vcpusUsed: number * 7 % 32)
        }
        deck.tell(
            Farm.report(
                .cloud(cloud),
                .cloud(CloudContents(cloud: Cloud(id: cloud, kind: "openstack"), servers: all, vms: vms))))
        for group in 0..<3 {
            let id = ID<Cluster>("c\(group + 1)")
            let cluster = Cluster(id: id, name: id.text, leader: machines[group].first?.id)
            deck.tell(
                Farm.report(
                    .cluster(id),
                    .cluster(ClusterContents(cluster: cluster, machines: machines[group], units: units[group])),
                    revision: 5))
        }
        deck.look()
        return deck
    }
}

@Suite struct `The map as a picture` {
    @Test(arguments: [
        (3, 80, 24), (3, 200, 50), (14, 80, 24), (14, 200, 50), (14, 40, 10), (1_000, 80, 24), (1_000, 200, 50),
    ])
    func `is as it was`(_ servers: Int, _ width: Int, _ height: Int) throws {
        var deck = Mapped.deck(servers: servers, perServer: servers == 14 ? 7 : servers == 3 ? 4 : 2)
        deck.look(Size(width: width, height: height))
        deck.effects += deck.console.handle(.key(.character("m")), at: deck.now)
        try expect(deck.text(width, height), isFile: "map-\(servers)-\(width)x\(height)")
    }

    @Test func `of load, of lines and of a search are as they were`() throws {
        var deck = Mapped.deck(servers: 30, perServer: 5)
        deck.press(.character("m"))
        try expect(deck.text(80, 24), isFile: "map-lines-80x24")
        deck.press(.character("/"))
        deck.type("web@1")
        deck.press(.enter)
        try expect(deck.text(120, 40), isFile: "map-search-120x40")
    }

    @Test(arguments: [3, 14, 1_000])
    func `never sticks out, at any size`(_ servers: Int) {
        var deck = Mapped.deck(servers: servers, perServer: 3)
        deck.press(.character("m"))
        for width in [0, 1, 7, 20, 39, 79, 133] {
            for height in [0, 1, 3, 5, 8, 13, 21] {
                let screen = deck.screen(width, height)
                #expect(screen.size == Size(width: width, height: height))
            }
        }
    }
}

@Suite struct `The cursor of the map` {
    private func map(_ cursor: Subject = .server("local/server1")) -> Deck {
        var deck = Deck()
        deck.console.reveal(cursor)
        deck.look()
        deck.press(.character("m"))
        return deck
    }

    @Test func `begins on what was selected, and goes where arrows point`() {
        var deck = map(.vm(Farm.vms[1].id))
        #expect(deck.console.subject == .vm(Farm.vms[1].id))
        deck.press(.up)
        #expect(deck.console.subject == .server("local/server2"))
        deck.press(.right)
        #expect(deck.console.subject == .server("local/server3"))
        deck.press(.left, .left, .down)
        #expect(deck.console.subject == .vm(Farm.vms[0].id))
        deck.press(.right)
        #expect(deck.console.subject == .vm(Farm.vms[3].id))
        deck.press(.character("G"))
        #expect(deck.console.subject == .vm(Farm.vms[5].id))
        deck.press(.character("v"))
        #expect(deck.console.subject == .server("local/server3"))
    }

    @Test func `of a unit begins on its VM`() {
        #expect(map(.unit(UnitKey("customer-b", "web@2.service"))).console.subject == .vm(Farm.vms[4].id))
    }

    @Test func `stays on its VM while others come and the server changes`() {
        var deck = map(.vm(Farm.vms[4].id))
        var contents = Farm.contents
        contents.vms[4].server = "local/server3"
        contents.vms += (0..<5).map {
            VM(id: ID("new\($0)"), cloud: Farm.cloud, name: "a-0\($0)", server: "local/server2", state: .active)
        }
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        deck.now = deck.now + .seconds(1)
        deck.look()
        #expect(deck.console.subject == .vm(Farm.vms[4].id))
        #expect(deck.text().contains("b-2  active   on server3"))
        contents.vms.remove(at: 4)
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        deck.look()
        #expect(deck.console.subject == .server("local/server1"))
    }

    @Test func `opens details and comes back to the map`() {
        var deck = map(.vm(Farm.vms[4].id))
        deck.press(.enter)
        #expect(deck.console.place == .details(.vm(Farm.vms[4].id)))
        deck.press(.escape)
        #expect(deck.console.place == .map)
        deck.press(.character("m"))
        #expect(deck.console.place == .deck)
    }

    @Test func `has the commands of what it is on`() {
        var deck = map(.vm(Farm.vms[1].id))
        deck.press(.character("d"), .character("y"))
        #expect(deck.orders == [.drain("customer-a", Farm.machineID(1))])
        deck.press(.character("+"), .enter, .character("y"))
        #expect(deck.orders.last == .scale("customer-a", to: 4, VMChoice()))
        deck.press(.character("w"))
        #expect(deck.text().contains("What if a-2 is lost"))
        deck.press(.escape)
        #expect(deck.console.place == .map)
    }

    @Test func `is set by a click, and two open`() throws {
        var deck = map()
        let item = try #require(deck.console.map?.layout.item(of: .vm(Farm.vms[2].id)))
        let area = try #require(deck.console.map?.area)
        let point = Point(x: area.x + item.rect.x + 1, y: area.y + item.rect.y)
        deck.press(.mouse(.init(.press, at: point)))
        #expect(deck.console.subject == .vm(Farm.vms[2].id))
        deck.press(.mouse(.init(.doubleClick, at: point)))
        #expect(deck.console.place == .details(.vm(Farm.vms[2].id)))
        deck.press(.escape, .mouse(.init(.press, at: Point(x: 500, y: 500))))
        #expect(deck.console.subject == .vm(Farm.vms[2].id))
    }
}

@Suite struct `What the map tells` {
    @Test func `is where a unit runs, and Esc puts the light out before it leaves`() {
        var deck = Deck()
        deck.press(.character("m"), .character("/"))
        deck.type("web@2")
        deck.press(.enter)
        #expect(deck.console.map?.lit == [.vm(Farm.vms[4].id): 1, .server("local/server2"): 1])
        #expect(deck.text().contains("/web@2: on 1"))
        deck.press(.escape)
        #expect(deck.console.map?.lit == [:])
        #expect(deck.console.place == .map)
        deck.press(.escape)
        #expect(deck.console.place == .deck)
    }

    @Test func `is a VM that is being built, and each step of it`() {
        var deck = Deck()
        deck.console.reveal(.cluster("customer-a"))
        deck.look()
        deck.press(.character("+"), .enter, .character("y"), .character("m"))
        var contents = Farm.contents
        contents.vms.append(
            VM(
                id: "new", cloud: Farm.cloud, name: "a-4", server: "local/server1", cluster: "customer-a",
                state: .building, created: deck.now))
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        #expect(deck.text().contains("~built"))
        #expect(deck.text().contains("scale customer-a 3→4  a-4 building"))
        contents.vms[6].state = .active
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        #expect(deck.text().contains("~joins"))
        let machine = Machine(id: Farm.machineID(9), name: "a-4", vm: "new")
        deck.tell(
            Farm.report(.cluster("customer-a"), .changes("customer-a", [.machine(machine)]), revision: 1_900))
        #expect(!deck.text().contains("~joins"))
        #expect(deck.text().contains("a-4 building"))
    }

    @Test func `turns from clusters to states to load`() {
        var deck = Deck()
        deck.press(.character("m"), .character("C"))
        #expect(deck.text().contains("· by state"))
        deck.press(.character("C"))
        #expect(deck.text().contains("CPU in percent"))
        deck.press(.character("C"))
        #expect(deck.text().contains("· by cluster"))
    }

    @Test func `puts names with numbers in the order of the numbers`() {
        let names = ["hv-10", "hv-9", "hv-2b", "hv-2", "hv-02", "a", ""]
        let sorted = names.sorted { MapContent.precedes($0, $1) ?? false }
        #expect(sorted == ["", "a", "hv-02", "hv-2", "hv-2b", "hv-9", "hv-10"])
    }
}
