import Model
import Testing
import Triage

@Suite struct `Judging what is wrong` {
    /// Ten thousand machines with ten units each; every hundredth unit fails, every thousandth machine is gone.
    private static func big(machines count: Int, units: Int) -> Known {
        let now = Play.start
        var inventory = Inventory()
        var vms: [VM] = []
        var machines: [Machine] = []
        for index in 0..<count {
            let vm = VM(
                id: ID("vm-\(index)"), cloud: "os", name: "c-\(index)", server: ID("os/hv-\(index / 40)"), cluster: "c",
                state: .active)
            vms.append(vm)
            machines.append(Machine(id: ID("id-\(index)"), name: vm.name, vm: vm.id, address: "10.0.0.1"))
        }
        let servers = (0...count / 40).map {
            Server(id: ID("os/hv-\($0)"), cloud: "os", name: "hv-\($0)", state: $0 % 50 == 7 ? .down : .up)
        }
        let file = UnitFile(options: [.init(section: "Service", name: "ExecStart", value: "/bin/serve")])
        let all = (0..<units).map { index -> Unit in
            let machine = machines[index % count].id
            let fails = index % 100 == 3
            return Unit(
                name: UnitName(stringLiteral: "u@\(index).service"), file: file, desired: .launched,
                placement: Placement(machine: machine),
                states: [machine: UnitState(active: fails ? .failed : .active, sub: fails ? "failed" : "running")])
        }
        let cloud = CloudContents(cloud: Cloud(id: "os", kind: "openstack"), servers: servers, vms: vms)
        let contents = ClusterContents(
            cluster: Cluster(id: "c", name: "c", leader: machines[0].id), machines: machines, units: all)
        _ = inventory.apply(Report(source: SourceID("os"), observedAt: now, body: .cloud(cloud)))
        _ = inventory.apply(Report(source: SourceID("c"), revision: 1, observedAt: now, body: .cluster(contents)))
        var events: [FarmEvent] = []
        for index in stride(from: 0, to: count, by: 1_000) {
            let gone = ClusterChange.machineGone(machines[index].id)
            events += inventory.apply(
                Report(source: SourceID("c"), revision: 2, observedAt: now, body: .changes("c", [gone])))
        }
        return Known(inventory: inventory, now: now + .seconds(5), events: events)
    }

    @Test func `costs in proportion to what is known, not to its square`() {
        let clock = ContinuousClock()
        let small = Self.big(machines: 1_000, units: 10_000)
        let large = Self.big(machines: 10_000, units: 100_000)
        _ = Triage(small)
        let one = clock.measure { _ = Triage(small) }
        let ten = clock.measure { _ = Triage(large) }
        print("triage of 1000 machines and 10000 units: \(one), of ten times as many: \(ten)")
        #expect(ten < one * 40 + .milliseconds(200))
    }

    @Test func `makes thousands of symptoms a handful of lines`() {
        let triage = Triage(Self.big(machines: 10_000, units: 100_000))
        #expect(triage.problems.count < 40)
        #expect(triage.problems.contains { $0.key.kind == .unitFails && $0.subjects.count == 1_000 })
    }

    @Test func `does not depend on the order in which it learns`() throws {
        let script = """
            server hv-1
            server hv-2
            cluster c1 wanted=3
            vm c1-1 on hv-1 of c1
            vm c1-2 on hv-2 of c1
            vm c1-3 on hv-2 of c1
            unit web@1.service of c1 on c1-1
            unit web@2.service of c1 on c1-2
            60 server hv-2 down
            62 gone c1-2,c1-3
            63 failed web@1.service of c1 exit 1
            64 wait web@2.service of c1 no machine fits
            90 look
            """
        let known = try #require(try Play(script).looks.first?.known)
        let judged = Triage(known)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            var shuffled = known
            shuffled.events.shuffle(using: &generator)
            shuffled.suspects = ["web@1.service", "web@2.service"].map { UnitKey("c1", $0) }.shuffled(using: &generator)
            #expect(Triage(shuffled).problems == judged.problems)
            #expect(
                Triage(shuffled).timeline(of: nil, in: known.inventory) == judged.timeline(of: nil, in: known.inventory)
            )
        }
    }

    @Test func `keeps the key of a problem while its symptoms change`() throws {
        let script = """
            server hv-1
            server hv-2
            cluster c1
            vm c1-1 on hv-1 of c1
            vm c1-2 on hv-2 of c1
            unit web.service of c1 on c1-2
            60 server hv-2 down
            61 look
            70 gone c1-2
            71 look
            90 vm c1-2 lost
            91 look
            """
        let keys = try Play(script).looks.map { Triage($0.known).problems.first?.key }
        #expect(keys.count == 3)
        #expect(Set(keys).count == 1)
    }

    @Test func `hands a problem over with what was heard, changed and tried`() throws {
        let script = """
            server hv-1
            cluster c1
            vm c1-1 on hv-1 of c1
            unit web.service of c1 on c1-1
            50 file web.service of c1 two
            60 failed web.service of c1 exit 1
            70 ask c1 restart web.service
            72 done restarted
            90 look
            """
        let known = try #require(try Play(script).looks.first?.known)
        let triage = Triage(known)
        let problem = try #require(triage.problems.first)
        #expect(
            triage.handOver(problem, context: "farm", in: known.inventory) == """
                CRITICAL web.service failed on c1-1: exit 1, since its file changed 10s before
                context: farm, as of 2026-01-05T03:01:30Z
                since: 2026-01-05T03:01:00Z, for 30s
                touches: 1 VM, 1 cluster, 1 unit
                cause: unsure: its new file: it fails since that came
                what was heard:
                  03:01:00 (30s ago) machine c1-1: web.service is failed (failed): exit 1
                  03:00:50 (40s ago) store of c1: web.service has a new file de86159
                what changed before:
                  03:00:50 (40s ago) web.service: has a new file de86159
                what was tried:
                  03:01:10 (20s ago) you: asked: restart web.service: restarted

                """)
    }
}
