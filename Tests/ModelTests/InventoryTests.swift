import Model
import Testing

private let cluster: ID<Cluster> = "c"
private let noon = Timestamp(milliseconds: 1_000_000)

private func report(_ body: Report.Body, revision: Int64 = 0) -> Report {
    Report(source: SourceID("c"), revision: revision, observedAt: noon, body: body)
}

private func web(on machine: ID<Machine>? = nil) -> Unit {
    Unit(
        name: "web.service", file: UnitFile(options: []), desired: .launched,
        placement: machine.map { Placement(machine: $0) })
}

private func inventory(revision: Int64 = 10) -> Inventory {
    var inventory = Inventory()
    let server = Server(id: "cloud/s1", cloud: "cloud", name: "s1")
    let vm = VM(id: "v1", cloud: "cloud", name: "c-1", server: "cloud/s1", cluster: "c", state: .active)
    _ = inventory.apply(
        report(.cloud(CloudContents(cloud: Cloud(id: "cloud", kind: "local"), servers: [server], vms: [vm]))))
    let contents = ClusterContents(
        cluster: Cluster(id: cluster, name: "c"), machines: [Machine(id: "m1", vm: "v1")], units: [web(on: "m1")])
    _ = inventory.apply(report(.cluster(contents), revision: revision))
    return inventory
}

@Suite struct `An inventory` {
    @Test func `ties server, VM, machine and unit together`() throws {
        let inventory = inventory()
        let machine = try #require(inventory.machine(of: "v1")).machine
        #expect(machine.id == "m1")
        #expect(inventory.server(of: machine)?.name == "s1")
        #expect(inventory.units(on: "m1", in: cluster).map(\.name) == ["web.service"])
        #expect(inventory.vms(on: "cloud/s1").map(\.name) == ["c-1"])
        #expect(inventory.vms(of: cluster).count == 1)
    }

    @Test func `says nothing of a first look, and tells what changes after it`() {
        var inventory = inventory()
        let events = inventory.apply(
            report(.changes(cluster, [.machine(Machine(id: "m2", name: "two")), .machineGone("m1")]), revision: 11))
        #expect(events.map(\.text) == ["two joined", "m1 left with 1 units: its lease ended"])
        #expect(inventory.machine(of: "v1") == nil)
    }

    @Test func `drops what is older than what it knows`() {
        var inventory = inventory(revision: 10)
        _ = inventory.apply(report(.changes(cluster, [.unitGone("web.service")]), revision: 9))
        #expect(inventory.unit(UnitKey(cluster, "web.service")) != nil)
        let older = ClusterContents(cluster: Cluster(id: cluster, name: "c"))
        _ = inventory.apply(report(.cluster(older), revision: 5))
        #expect(inventory.clusters[cluster]?.machines.count == 1)
    }

    @Test func `keeps a drain when the machine tells of itself anew, and loses none with its record`() {
        var inventory = inventory()
        _ = inventory.apply(report(.changes(cluster, [.draining("m1", true)]), revision: 11))
        _ = inventory.apply(report(.changes(cluster, [.machine(Machine(id: "m1", vm: "v1"))]), revision: 12))
        #expect(inventory.clusters[cluster]?.machines["m1"]?.isDraining == true)
    }

    @Test func `keeps figures when a state is told again`() {
        var inventory = inventory()
        let running = UnitState(active: .active, sub: "running")
        _ = inventory.apply(report(.changes(cluster, [.state("web.service", "m1", running)]), revision: 11))
        _ = inventory.apply(
            report(
                .figures(cluster, "m1", MachineFigures(cpuPercent: 9), ["web.service": UnitFigures(cpuPercent: 3)])))
        _ = inventory.apply(report(.changes(cluster, [.state("web.service", "m1", running)]), revision: 12))
        #expect(inventory.unit(UnitKey(cluster, "web.service"))?.state?.cpuPercent == 3)
        let anew = ClusterContents(
            cluster: Cluster(id: cluster, name: "c"), machines: [Machine(id: "m1", vm: "v1")], units: [web(on: "m1")])
        _ = inventory.apply(report(.cluster(anew), revision: 13))
        #expect(inventory.clusters[cluster]?.figures["m1"]?.cpuPercent == 9)
    }

    @Test func `moves a unit between machines with its placement`() {
        var inventory = inventory()
        _ = inventory.apply(report(.changes(cluster, [.machine(Machine(id: "m2"))]), revision: 11))
        let events = inventory.apply(
            report(
                .changes(cluster, [.placement("web.service", Placement(machine: "m2", why: "moved by an operator"))]),
                revision: 12))
        #expect(events.map(\.text) == ["is placed on m2: moved by an operator"])
        #expect(inventory.units(on: "m1", in: cluster).isEmpty)
        #expect(inventory.units(on: "m2", in: cluster).count == 1)
    }

    @Test func `tells failures with their note, and silence with its length`() {
        var inventory = inventory()
        let failed = UnitState(active: .failed, sub: "failed", note: "exit 1")
        #expect(
            inventory.apply(report(.changes(cluster, [.state("web.service", "m1", failed)]), revision: 11)).map(\.text)
                == [
                    "failed on m1: exit 1"
                ])
        #expect(inventory.apply(report(.silent("timed out"))).map(\.text) == ["does not answer: timed out"])
        #expect(inventory.apply(report(.silent("timed out"))).isEmpty)
        let back = Report(source: SourceID("c"), observedAt: noon + .seconds(75), body: .quiet)
        #expect(inventory.apply(back).map(\.text) == ["answers again after 1m"])
    }

    @Test func `unlinks a machine whose VM goes`() {
        var inventory = inventory()
        let empty = CloudContents(cloud: Cloud(id: "cloud", kind: "local"))
        #expect(inventory.apply(report(.cloud(empty))).map(\.text) == ["c-1 is gone from cloud cloud"])
        #expect(inventory.vm("v1") == nil)
    }
}

@Suite struct `A unit that is destroyed` {
    private let stopping = UnitState(active: .deactivating, sub: "stop-sigterm")

    private func after(_ changes: [ClusterChange]) -> Inventory {
        var inventory = inventory()
        for (number, change) in changes.enumerated() {
            _ = inventory.apply(report(.changes(cluster, [change]), revision: 11 + Int64(number)))
        }
        return inventory
    }

    @Test func `is gone at once where no machine told of it`() {
        let inventory = after([.unitGone("web.service"), .placement("web.service", nil)])
        #expect(inventory.clusters[cluster]?.units.isEmpty == true)
        #expect(inventory.clusters[cluster]?.unitsOn.isEmpty == true)
    }

    @Test func `stays in sight until its machine has stopped it`() throws {
        let running = ClusterChange.state("web.service", "m1", UnitState(active: .active, sub: "running"))
        let destroyed: [ClusterChange] = [
            running, .unitGone("web.service"), .placement("web.service", nil), .state("web.service", "m1", stopping),
        ]
        let inventory = after(destroyed)
        let unit = try #require(inventory.clusters[cluster]?.units["web.service"])
        #expect(unit.isDestroyed && unit.desired == .inactive && unit.state == stopping)
        #expect(inventory.units(on: "m1", in: cluster).map(\.name) == ["web.service"])
        let contents = try #require(inventory.clusters[cluster]?.contents)
        #expect(contents.units == [] && contents.leaving == [unit])
        var anew = Inventory()
        _ = anew.apply(report(.cluster(contents), revision: 20))
        #expect(anew.clusters[cluster]?.units == inventory.clusters[cluster]?.units)

        let end = after(destroyed + [.state("web.service", "m1", nil)])
        #expect(end.clusters[cluster]?.units.isEmpty == true && end.clusters[cluster]?.unitsOn.isEmpty == true)
    }

    @Test func `is another unit when one of its name is stored`() throws {
        let inventory = after([
            .state("web.service", "m1", stopping), .unitGone("web.service"),
            .unit("web.service", UnitFile(options: []), .launched, revision: 13),
        ])
        let unit = try #require(inventory.clusters[cluster]?.units["web.service"])
        #expect(!unit.isDestroyed && unit.placement == nil && unit.states == ["m1": stopping])
        #expect(inventory.units(on: "m1", in: cluster).count == 1)
    }
}

@Suite struct `An inventory whose store was restored` {
    @Test func `takes the older revision, and says so once`() {
        var inventory = Inventory()
        var contents = ClusterContents(cluster: Cluster(id: "shop", name: "shop"))
        func report(_ body: Report.Body, _ revision: Int64) -> Report {
            Report(source: .cluster("shop"), revision: revision, observedAt: .zero, body: body)
        }
        _ = inventory.apply(report(.cluster(contents), 100))
        contents.machines = [Machine(id: "a")]
        #expect(inventory.apply(report(.cluster(contents), 40)) == [])
        #expect(inventory.clusters["shop"]?.machines.isEmpty == true)

        contents.isRestored = true
        let events = inventory.apply(report(.cluster(contents), 40))

        #expect(inventory.clusters["shop"]?.revision == 40)
        #expect(inventory.sources[.cluster("shop")]?.revision == 40)
        #expect(inventory.clusters["shop"]?.machines.isEmpty == false)
        #expect(events.first?.weight == .critical)
        #expect(events.first?.text.contains("was restored") == true)
        _ = inventory.apply(report(.changes("shop", [.wanted(3)]), 41))
        #expect(inventory.clusters["shop"]?.cluster.wanted == 3)
    }
}

@Suite struct `A name that people type` {
    private static let inventory: Inventory = {
        var inventory = Inventory()
        let contents = CloudContents(
            cloud: Cloud(id: "farm", kind: "local"),
            servers: [Server(id: "farm/east", cloud: "farm", name: "east")],
            vms: [
                VM(id: "v1", cloud: "farm", name: "a-1", state: .active),
                VM(id: "v2", cloud: "farm", name: "twin", state: .active),
                VM(id: "v3", cloud: "farm", name: "twin", state: .active),
            ])
        let machines = [
            Machine(id: "4711aa", name: "a-1", vm: "v1"), Machine(id: "4711bb", name: "bare"),
            Machine(id: "0815cc", name: "east"),
        ]
        for (source, body) in [
            (SourceID.cloud("farm"), Report.Body.cloud(contents)),
            (.cluster("c"), .cluster(ClusterContents(cluster: Cluster(id: "c", name: "c"), machines: machines))),
        ] {
            _ = inventory.apply(Report(source: source, revision: 1, observedAt: .zero, body: body))
        }
        return inventory
    }()

    @Test(arguments: [
        ("a-1", [Subject.vm("v1")]), ("v1", [.vm("v1")]), ("twin", [.vm("v2"), .vm("v3")]),
        ("bare", [.machine("c", "4711bb")]), ("4711", [.machine("c", "4711aa"), .machine("c", "4711bb")]),
        ("471", []), ("4711b", [.machine("c", "4711bb")]), ("east", [.server("farm/east"), .machine("c", "0815cc")]),
        ("", []), ("nowhere", []),
    ])
    func `means servers, VMs and machines of that name, ID or beginning of one`(_ text: String, _ found: [Subject]) {
        #expect(Self.inventory.subjects(called: text) == found)
    }
}
