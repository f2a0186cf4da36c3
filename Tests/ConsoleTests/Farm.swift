import Model

/// A farm to look at: three servers, six VMs, two clusters, and units in every condition.
enum Farm {
    static let start = Timestamp(milliseconds: 1_767_582_761_000)
    static let cloud = ID<Cloud>("local")

    static func text(_ description: String, _ rest: String = "") -> UnitFile {
        do {
            return try UnitFile(
                parsing: "[Unit]\nDescription=\(description)\n\n[Service]\nExecStart=/usr/bin/true\n\(rest)")
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func machineID(_ index: Int) -> ID<Machine> {
        let digits = String(0x9f3c_51de &+ index &* 0x1357_9bdf, radix: 16)
        return ID(String(String(repeating: digits, count: 5).prefix(32)))
    }

    static let servers = (1...3).map {
        Server(
            id: ID("local/server\($0)"), cloud: cloud, name: "server\($0)", vcpus: 16, vcpusUsed: 4 + 2 * $0,
            memoryMiB: 65_536, memoryUsedMiB: 8_192 * $0)
    }

    static let vms = (0..<6).map { index in
        let cluster = index < 3 ? "customer-a" : "customer-b"
        return VM(
            id: ID("6d0f42a\(index)-0000-4000-8000-00000000000\(index)"), cloud: cloud,
            name: (index < 3 ? "a-" : "b-") + "\(index % 3 + 1)", server: ID("local/server\(index % 3 + 1)"),
            cluster: ID(cluster), customer: ID(cluster), state: .active, flavor: "small", image: "quarterdeck",
            addresses: ["127.0.0.\(index + 1)"], created: start - .seconds(7_300))
    }

    static func machine(_ index: Int) -> Machine {
        Machine(
            id: machineID(index), name: vms[index].name, vm: vms[index].id, address: "127.0.0.\(index + 1)",
            metadata: ["zone": index % 2 == 0 ? "east" : "west"], milliCPU: 4_000, memoryMiB: 2_048, version: "1.0",
            started: start - .seconds(7_200))
    }

    static func unit(
        _ name: UnitName, on index: Int?, _ state: UnitState? = nil, desired: DesiredState = .launched,
        waiting: String? = nil, rest: String = ""
    ) -> Unit {
        Unit(
            name: name, file: text("The unit \(name.text)", rest), desired: desired,
            placement: index.map {
                Placement(machine: machineID($0), why: "fewest units (3) of 3 machines", since: start - .seconds(7_000))
            },
            waiting: waiting.map { Unit.Waiting(why: $0, since: start - .seconds(7_100)) },
            states: index.flatMap { place in state.map { [machineID(place): $0] } } ?? [:], revision: 7)
    }

    static func running(_ cpu: Double, _ mebibytes: Int64, since: Int64 = 7_000) -> UnitState {
        UnitState(
            active: .active, sub: "running", since: start - .seconds(since), cpuPercent: cpu,
            memoryBytes: mebibytes << 20, mainPID: 4_411)
    }

    static var unitsA: [Unit] {
        let failed = UnitState(
            active: .failed, sub: "failed", since: start - .seconds(4), restarts: 12, note: "exit 1 · restart in 6 s")
        let starting = UnitState(active: .activating, sub: "start", since: start - .seconds(2))
        let apis = (1...6).map { number in
            unit(
                UnitName(stringLiteral: "api@\(number).service"), on: (number - 1) % 3,
                running(1.2 * Double(number), 40))
        }
        let others = [
            unit("flaky.service", on: 1, failed), unit("database.service", on: 0, running(12, 1_300)),
            unit("database-announce.service", on: 0, running(0.1, 4)), unit("cache@1.service", on: 2, starting),
            unit("backup.timer", on: 2, UnitState(active: .active, sub: "waiting", since: start - .seconds(90_000))),
            unit("old.service", on: nil, desired: .inactive),
        ]
        return apis + others
    }

    static var unitsB: [Unit] {
        let webs = (1...9).map { number in
            unit(
                UnitName(stringLiteral: "web@\(number).service"), on: 3 + (number - 1) % 3,
                running(0.4 * Double(number), 30))
        }
        let others = [
            unit(
                "gpu.service", on: nil, waiting: "no machine has gpu=true (0 of 3)",
                rest: "[X-Fleet]\nMachineMetadata=gpu=true\n"),
            unit("worker-with-a-very-long-name-indeed@1.service", on: 4, running(55, 210, since: 40)),
            unit("loaded.service", on: 5, UnitState(active: .inactive, sub: "dead"), desired: .loaded),
        ]
        return webs + others
    }

    static func cluster(_ name: String, leader: Int, isProtected: Bool = false) -> Cluster {
        Cluster(
            id: ID(name), name: name, customer: ID(name), store: "http://127.0.0.1:2379", leader: machineID(leader),
            members: [
                Member(
                    name: "store", endpoint: "http://127.0.0.1:2379", isLeader: true, version: "3.5.0",
                    databaseBytes: 41 << 20)
            ],
            wanted: 3, flavor: "small", image: "quarterdeck", isProtected: isProtected)
    }

    static let contents = CloudContents(
        cloud: Cloud(id: cloud, kind: "local"), servers: servers, vms: vms,
        customers: [Customer(id: "customer-a", name: "Customer A"), Customer(id: "customer-b", name: "Customer B")],
        flavors: [
            Flavor(name: "small", vcpus: 1, memoryMiB: 1_024), Flavor(name: "large", vcpus: 4, memoryMiB: 8_192),
        ],
        images: ["quarterdeck", "quarterdeck-next"])

    static func report(_ source: SourceID, _ body: Report.Body, revision: Int64 = 0, at: Timestamp = start) -> Report {
        Report(source: source, revision: revision, observedAt: at, body: body)
    }

    static var reports: [Report] {
        let a = ClusterContents(
            cluster: cluster("customer-a", leader: 1, isProtected: false), machines: (0..<3).map(machine), units: unitsA
        )
        let b = ClusterContents(
            cluster: cluster("customer-b", leader: 3, isProtected: true), machines: (3..<6).map(machine), units: unitsB)
        var reports = [
            report(.cloud(cloud), .cloud(contents)), report(.cluster("customer-a"), .cluster(a), revision: 1_842),
            report(.cluster("customer-b"), .cluster(b), revision: 977),
        ]
        for index in 0..<6 {
            let cluster: ID<Cluster> = index < 3 ? "customer-a" : "customer-b"
            for step in 0..<8 {
                let figures = MachineFigures(
                    cpuPercent: Double((index * 13 + step * step * 7) % 60), memoryBytes: Int64(120 + 40 * index) << 20)
                reports.append(report(.cluster(cluster), .figures(cluster, machineID(index), figures, [:])))
            }
        }
        let key = UnitKey("customer-a", "flaky.service")
        reports.append(
            report(
                .cluster("customer-a"),
                .changes(
                    "customer-a",
                    [
                        .event(
                            FarmEvent(
                                at: start - .seconds(40), weight: .note, subject: .unit(key),
                                text: "is placed on a-2: fewest units (2) of 3 machines")),
                        .event(
                            FarmEvent(
                                at: start - .seconds(30), weight: .good, subject: .machine("customer-b", machineID(4)),
                                text: "b-2 joined")),
                        .event(
                            FarmEvent(
                                at: start - .seconds(4), weight: .critical, subject: .unit(key),
                                text: "failed on a-2: exit 1 · restart in 6 s")),
                    ]), revision: 1_842))
        return reports
    }
}
