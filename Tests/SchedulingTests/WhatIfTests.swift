import Model
import Testing

@testable import Scheduling

/// A farm of two servers, with two VMs each, and a cluster whose store has three members on three of them.
private enum Supposed {
    static func inventory(
        _ units: [Unit] = [], members: [Member] = threeMembers, address: (Int) -> String = { "10.0.0.\($0)" }
    ) -> Inventory {
        var inventory = Inventory()
        let servers = (1...2).map { Server(id: ID("farm/s\($0)"), cloud: "farm", name: "s\($0)") }
        let vms = (1...4).map { number in
            VM(
                id: ID("vm\(number)"), cloud: "farm", name: "east-\(number)", server: ID("farm/s\((number + 1) / 2)"),
                cluster: "c", state: .active, addresses: [address(number)])
        }
        let machines = (1...4).map { number in
            Machine(
                id: ID("\(number)"), name: "east-\(number)", vm: ID("vm\(number)"), address: address(number),
                metadata: ["disk": "ssd", "zone": "z\(number % 2)"], milliCPU: 1_000 * number, memoryMiB: 1_024)
        }
        var contents = ClusterContents(cluster: Cluster(id: "c", name: "c", members: members), machines: machines)
        contents.units = units
        let cloud = CloudContents(cloud: Cloud(id: "farm", kind: "local"), servers: servers, vms: vms)
        for (source, body) in [
            (SourceID.cloud("farm"), Report.Body.cloud(cloud)), (.cluster("c"), .cluster(contents)),
        ] {
            _ = inventory.apply(Report(source: source, revision: 1, observedAt: .zero, body: body))
        }
        return inventory
    }

    static let threeMembers = (1...3).map { Member(name: "m\($0)", endpoint: "https://10.0.0.\($0):2379") }

    static func unit(_ name: UnitName, on machine: ID<Machine>?, _ options: [(String, String)] = []) -> Unit {
        let file = UnitFile(
            options: [.init(section: "Service", name: "ExecStart", value: "/bin/serve")]
                + options.map { .init(section: "X-Fleet", name: $0.0, value: $0.1) })
        return Unit(
            name: name, file: file, desired: .launched, placement: machine.map { Placement(machine: $0) })
    }

    static func store(lose subjects: [Subject], members: [Member] = threeMembers) throws -> StoreOutlook {
        let whatIf = WhatIf(inventory(members: members), [.lose(subjects)])
        return try #require(whatIf.clusters.first).store
    }
}

@Suite struct `A supposed loss` {
    @Test func `of a server takes its VMs, and moves their units with the scheduler's own reasons`() throws {
        let inventory = Supposed.inventory([
            Supposed.unit("a.service", on: "1"), Supposed.unit("b.service", on: "2"),
            Supposed.unit("c.service", on: "3"), Supposed.unit("d.service", on: "4"),
        ])
        let whatIf = WhatIf(inventory, [.lose([.server("farm/s1")])])
        let outlook = try #require(whatIf.clusters.first)
        #expect(whatIf.lostServers == ["farm/s1"])
        #expect(whatIf.lostVMs == ["vm1", "vm2"])
        #expect(outlook.lost == ["1", "2"])
        #expect(
            outlook.moves.map { "\($0.unit) \($0.from?.text ?? "-") \($0.to): \($0.reason.sentence), \($0.hops)" } == [
                "a.service 1 3: fewest units (1) of 2 machines, 2", "b.service 2 4: fewest units (1) of 2 machines, 1",
            ])
        #expect(outlook.uncertain == [])
        #expect(outlook.slowly == Pace(limit: 10, lost: 2, of: 4))
        #expect(outlook.room.machines == 2)
    }

    @Test func `says who waits and why, and how many instances are left`() throws {
        let inventory = Supposed.inventory([
            Supposed.unit("web@1.service", on: "1", [("Conflicts", "web@*.service")]),
            Supposed.unit("web@2.service", on: "2", [("Conflicts", "web@*.service")]),
            Supposed.unit("web@3.service", on: "3", [("Conflicts", "web@*.service")]),
            Supposed.unit("web@4.service", on: "4", [("Conflicts", "web@*.service")]),
            Supposed.unit("gpu.service", on: nil, [("MachineMetadata", "gpu=yes")]),
            Supposed.unit("log.service", on: nil, [("Global", "true")]),
        ])
        let outlook = try #require(WhatIf(inventory, [.lose([.vm("vm4")])]).clusters.first)
        #expect(outlook.waits.map(\.unit) == ["web@4.service"])
        #expect(
            outlook.waits.map(\.reason.sentence) == ["no machine fits: 3 with a conflict by web@*.service"])
        #expect(outlook.stillWaiting.map(\.unit) == ["gpu.service"])
        #expect(outlook.globals == [.init(unit: "log.service", before: 4, after: 3)])
        #expect(outlook.replicas == [.init(template: "web@.service", wanted: 4, before: 4, through: 3, after: 3)])
    }

    @Test func `of all machines leaves nobody who decides`() throws {
        let inventory = Supposed.inventory([Supposed.unit("a.service", on: "1")])
        let all = (1...4).map { Subject.machine("c", ID("\($0)")) }
        let outlook = try #require(WhatIf(inventory, [.lose(all)]).clusters.first)
        #expect(outlook.isDeserted)
        #expect(outlook.waits.map(\.reason) == [.noMachines])
    }

    @Test func `knows the members of the store by name and by address`() throws {
        #expect(try Supposed.store(lose: [.vm("vm4")]).verdict == .keeps)
        #expect(try Supposed.store(lose: [.vm("vm3")]).verdict == .keeps)
        #expect(try Supposed.store(lose: [.vm("vm3")]).lost == ["m3"])
        #expect(try Supposed.store(lose: [.server("farm/s1")]).verdict == .loses)
        let named = (1...3).map { Member(name: "east-\($0)", endpoint: "http://127.0.0.1:2379") }
        #expect(try Supposed.store(lose: [.server("farm/s1")], members: named).lost == ["east-1", "east-2"])
    }

    @Test func `says that it does not know where members run that answer at no machine's address`() throws {
        let hidden = (1...3).map { Member(name: "m\($0)", endpoint: "http://store-\($0).example:2379") }
        let store = try Supposed.store(lose: [.vm("vm1")], members: hidden)
        #expect(store.verdict == .mayLose)
        #expect(store.unplaced == ["m1", "m2", "m3"])
        let outside = (1...3).map { Member(name: "m\($0)", endpoint: "https://[fd00::\($0)]:2379") }
        #expect(try Supposed.store(lose: [.vm("vm1")], members: outside).verdict == .keeps)
        #expect(try Supposed.store(lose: [.vm("vm1")], members: []).verdict == .unknownMembers)
        let loopback = [Member(name: "store", endpoint: "http://127.0.0.1:2379")]
        #expect(try Supposed.store(lose: [.vm("vm1")], members: loopback).verdict == .mayLose)
    }

    @Test func `counts members that are silent already, and none without a vote`() throws {
        var members = Supposed.threeMembers
        members[2].isAnswering = false
        #expect(try Supposed.store(lose: [.vm("vm1")], members: members).verdict == .loses)
        #expect(try Supposed.store(lose: [.vm("vm3")], members: members).verdict == .keeps)
        members[1].isAnswering = false
        #expect(try Supposed.store(lose: [.vm("vm4")], members: members).verdict == .hasNone)
        members = Supposed.threeMembers + [Member(name: "m4", endpoint: "https://10.0.0.4:2379", isLearner: true)]
        #expect(try Supposed.store(lose: [.vm("vm4")], members: members).voters == 3)
    }
}

@Suite struct `A supposed drain` {
    @Test func `empties the machine with the fewest units first, and names what is held`() throws {
        let inventory = Supposed.inventory([
            Supposed.unit("a.service", on: "1"), Supposed.unit("b.service", on: "1"),
            Supposed.unit("c.service", on: "2"), Supposed.unit("here.service", on: "2", [("MachineID", "2")]),
            Supposed.unit("d.service", on: "1"),
        ])
        let outlook = try #require(
            WhatIf(inventory, [.drain([.server("farm/s1")], isPaced: true)]).clusters.first)
        #expect(
            outlook.steps == [
                .init(machine: "2", units: ["c.service"], held: ["here.service"]),
                .init(machine: "1", units: ["a.service", "b.service", "d.service"], held: []),
            ])
        #expect(outlook.waits.map(\.isHeld) == [true])
        #expect(outlook.store.verdict == .keeps)
        #expect(outlook.store.verdictWhenOff == .loses)
    }
}

@Suite struct `Supposed machines` {
    @Test func `have what all machines of the cluster have, and take what waits`() throws {
        var units = (1...5).map { number in
            Supposed.unit(
                UnitName(stringLiteral: "one@\(number).service"), on: number < 5 ? ID("\(number)") : nil,
                [("Conflicts", "one@*.service")])
        }
        units.append(Supposed.unit("zoned.service", on: nil, [("MachineMetadata", "zone=z9")]))
        let outlook = try #require(WhatIf(Supposed.inventory(units), [.add("c", 2)]).clusters.first)
        #expect(outlook.joining.map(\.metadata) == [["disk": "ssd"], ["disk": "ssd"]])
        #expect(outlook.joining.map(\.milliCPU) == [1_000, 1_000])
        #expect(outlook.moves.map { "\($0.unit) \($0.to)" } == ["one@5.service new-1"])
        #expect(outlook.waits == [])
        #expect(outlook.stillWaiting.map(\.unit) == ["zoned.service"])
    }

    @Test func `of any number, of clusters that are not there and of things that are gone break nothing`() {
        let inventory = Supposed.inventory([Supposed.unit("a.service", on: "9")])
        let subjects: [Subject] = [
            .server("nowhere"), .vm("none"), .machine("c", "7"), .machine("d", "1"), .cluster("c"), .cloud("farm"),
            .unit(UnitKey("c", "a.service")), .source(.cluster("c")),
        ]
        for numbers in [-1, 0, 3, Int.max] {
            let changes: [WhatIf.Change] = [
                .add("c", numbers), .add("c", Int.min), .add("gone", numbers), .lose(subjects + subjects),
                .drain(subjects, isPaced: numbers < 0), .join("c", Machine(id: "1")), .lose([.machine("c", "1")]),
            ]
            let whatIf = WhatIf(inventory, changes)
            #expect(whatIf.ignored.contains(.server("nowhere")))
            #expect(whatIf.clusters.map(\.cluster) == ["c"])
            #expect(WhatIf(Inventory(), changes).clusters.isEmpty)
        }
        #expect(WhatIf(inventory, [.lose([.machine("c", "1")])], unitsMax: 0).tooBig == ["c"])
    }
}
