import FoundationEssentials
import Model
import Recording
import Testing

@Suite struct `A recording` {
    static let start = Timestamp(milliseconds: 1_767_582_761_000)

    static func path() -> String {
        FileManager.default.temporaryDirectory.appending(path: "recording-\(UUID().uuidString)").path
    }

    private static let cloud = ID<Cloud>("farm")

    private static func report(_ body: Report.Body, _ revision: Int64 = 0, source: SourceID = SourceID("a")) -> Report {
        Report(source: source, revision: revision, observedAt: start, body: body)
    }

    /// One report of every kind, with everything set that can be.
    static var reports: [Report] {
        var vm = VM(
            id: "vm-1", cloud: cloud, name: "a-1", server: "farm/server1", cluster: "a", customer: "c",
            state: .error("no room"), flavor: "small", image: "flatcar", addresses: ["10.0.0.1"], created: start, pid: 7
        )
        vm.task = "spawning"
        vm.power = "running"
        vm.zone = "z1"
        vm.tags = ["one"]
        vm.metadata = ["k": "v"]
        vm.key = "me"
        vm.isLocked = true
        vm.updated = start
        vm.ports = [VMPort(network: "net", address: "10.0.0.1", mac: "aa:bb", floating: "1.2.3.4")]
        vm.securityGroups = ["default"]
        vm.isByDiscovery = true
        var server = Server(
            id: "farm/server1", cloud: cloud, name: "server1", state: .disabled("repair"), vcpus: 4, vcpusUsed: 1,
            memoryMiB: 8, memoryUsedMiB: 2, note: "a note")
        server.diskGiB = 9
        server.diskUsedGiB = 3
        server.zone = "z1"
        var contents = CloudContents(
            cloud: Cloud(id: cloud, kind: "openstack", missing: ["servers"], isAdmin: false), servers: [server],
            vms: [vm], customers: [Customer(id: "c", name: "C")],
            flavors: [Flavor(name: "small", vcpus: 1, memoryMiB: 2, diskGiB: 3)], images: ["flatcar"])
        contents.networks = [Network(name: "net", subnets: ["10.0.0.0/8"], isExternal: true)]
        contents.keys = ["me"]
        let share = Quota.Share(used: 1, limit: nil)
        contents.quota = Quota(vms: Quota.Share(used: 1, limit: 3), vcpus: share, memoryMiB: share)
        contents.isPartial = true
        var changed = contents
        changed.vms[0].state = .active
        changed.isPartial = false
        changed.vms.append(VM(id: "vm-2", cloud: cloud, name: "a-2", state: .building))
        var shrunk = changed
        shrunk.vms.removeFirst()
        shrunk.servers = []
        return [contents, changed, shrunk].map { report(.cloud($0), source: .cloud(cloud)) } + clusterReports
    }

    private static var clusterReports: [Report] {
        var state = UnitState(
            load: "masked", active: .other("odd"), sub: "sub", hash: UnitHash(of: "x"), isLaunched: false, since: start,
            restarts: 3, note: "exit 1", cpuPercent: 1.5, memoryBytes: 7, mainPID: 42)
        state.hasJob = true
        state.tasks = 4
        state.container = Container(engine: "podman", id: "abc", name: "web", image: "nginx")
        var machine = Machine(
            id: "m1", name: "a-1", vm: "vm-1", address: "10.0.0.1", metadata: ["zone": "east"], milliCPU: 1,
            memoryMiB: 2,
            version: "1.0", started: start, isDraining: true)
        machine.rival = "'b' at 10.0.0.9"
        let file = UnitFile(options: [UnitFile.Option(section: "Service", name: "ExecStart", value: "/bin/a \\\n b")])
        var unit = Unit(
            name: "web@1.service", file: file, desired: .launched,
            placement: Placement(machine: "m1", why: "asked", since: start, revision: 5),
            waiting: Unit.Waiting(why: "no room", since: start), states: ["m1": state], revision: 6)
        unit.move = Move(to: "m2", refusal: "full")
        let member = Member(
            name: "s1", endpoint: "http://s1", isLeader: true, isAnswering: false, isAsked: false, hasLeader: false,
            isLearner: true, version: "3.5", databaseBytes: 9, alarms: ["no space"])
        var cluster = Cluster(
            id: "a", name: "A", customer: "c", store: "http://s1", leader: "m1", members: [member], wanted: 3,
            flavor: "small", image: "flatcar", isProtected: true)
        cluster.overlay = "10.1.0.0/16"
        cluster.mayWrite = false
        cluster.kind = .fleet
        var contents = ClusterContents(cluster: cluster, machines: [machine], units: [unit], drains: ["m1", "m9"])
        contents.isRestored = true
        let event = FarmEvent(
            at: start, weight: .warning, subject: .unit(UnitKey("a", "web@1.service")), text: "waits", kind: .restarted)
        let subjects: [Subject] = [
            .cloud(cloud), .server("farm/server1"), .vm("vm-1"), .cluster("a"), .machine("a", "m1"),
            .source(SourceID("a")),
        ]
        let changes: [ClusterChange] = [
            .machine(machine), .machineGone("m9"), .draining("m1", true), .rival("m1", nil), .rival("m1", "who"),
            .unit("web@1.service", file, .loaded, revision: 8), .unitGone("old.service"),
            .placement("web@1.service", nil), .placement("web@1.service", Placement(machine: "m1", revision: 9)),
            .waiting("web@1.service", nil), .move("web@1.service", nil), .move("web@1.service", Move()),
            .state("web@1.service", "m1", state), .state("web@1.service", "m1", nil), .leader(nil), .leader("m1"),
            .wanted(nil), .wanted(4), .members([member]), .access(false), .event(event),
        ]
        let figures = MachineFigures(cpuPercent: 12.5, memoryBytes: 1 << 30, uptime: .seconds(90))
        let used = UnitFigures(cpuPercent: 3, memoryBytes: 4, tasks: 5, container: state.container)
        return [
            report(.cluster(contents), 10), report(.changes("a", changes), 11), report(.quiet, 12),
            report(.silent("refused")), report(.figures("a", "m1", figures, ["web@1.service": used])),
            report(
                .events(subjects.map { FarmEvent(at: start, weight: .critical, subject: $0, text: "happened") })),
        ]
    }

    /// A report in words; dictionaries and sets in order.
    static func words(_ report: Report) -> String {
        switch report.body {
        case .cluster(var contents):
            let drains = contents.drains.map { $0.sorted() }
            contents.drains = nil
            return "\(report.source) \(report.revision) \(contents) \(String(describing: drains))"
        case .cloud(var contents):
            contents.vms.sort { $0.id < $1.id }
            return "\(report.source) \(contents)"
        default: return "\(report.source) \(report.revision) \(report.body)"
        }
    }

    static func played(_ path: String) throws -> [(at: Timestamp, report: Report)] {
        var recording = try Recording(path: path)
        var played: [(at: Timestamp, report: Report)] = []
        while let one = recording.report(until: recording.end) { played.append(one) }
        return played
    }

    @Test func `gives back every kind of report with all it says`() async throws {
        let path = Self.path()
        let recorder = try Recorder(path: path, context: "prod", at: Self.start)
        for report in Self.reports { try await recorder.take(report, at: Self.start) }

        let played = try Self.played(path)
        #expect(played.map { Self.words($0.report) } == Self.reports.map(Self.words))
        #expect(try Recording(path: path).context == "prod")
    }

    @Test func `can be played from the middle as from the start`() async throws {
        let path = Self.path()
        let recorder = try Recorder(path: path, context: "prod", at: Self.start)
        var truth = Inventory()
        var moments: [(at: Timestamp, known: String)] = []
        for minute in 0..<30 {
            let now = Self.start + .seconds(60 * Int64(minute))
            for report in Self.reports {
                let report = Report(
                    source: report.source, revision: report.revision == 0 ? 0 : report.revision + Int64(minute) * 10,
                    observedAt: now, body: report.body)
                try await recorder.take(report, at: now)
                _ = truth.apply(report)
            }
            moments.append((now, Self.words(truth)))
        }
        var recording = try Recording(path: path)
        for (at, known) in moments.reversed() {
            var inventory = recording.seek(at).inventory
            while let one = recording.report(until: at) { _ = inventory.apply(one.report) }
            #expect(Self.words(inventory) == known, "at \(at.iso8601)")
        }
    }

    private static func words(_ inventory: Inventory) -> String {
        let clouds = inventory.clouds.values.map { "\($0.contents)" }
        let clusters = inventory.clusters.values.map { "\($0.revision) \($0.contents)" }
        return (clouds + clusters).joined(separator: "\n")
    }

    @Test func `that a crash cut off is played to its last whole line`() async throws {
        let path = Self.path()
        let recorder = try Recorder(path: path, context: "prod", at: Self.start)
        for report in Self.reports { try await recorder.take(report, at: Self.start) }
        let whole = try Data(contentsOf: URL(filePath: path))
        for cut in stride(from: 90, to: whole.count, by: 997) {
            let torn = Self.path()
            try whole.prefix(cut).write(to: URL(filePath: torn))
            let lines = whole.prefix(cut).count { $0 == 0x0A }
            #expect(try Self.played(torn).count == max(0, lines - 1))
        }
    }

    @Test func `passes over what a later version wrote, and what is damaged`() async throws {
        let path = Self.path()
        let at = Self.start.milliseconds
        let text = """
            {"at":\(at),"context":"prod","quarterdeck":"recording","version":1}
            {"at":\(at + 1),"kind":"quiet","source":"a","surprise":[1]}
            {"at":\(at + 2),"kind":"telepathy","source":"a"}
            {"at":\(at + 3),"kind":"changes","of":"a","source":"a","changes":[{"what":"dream"},{"what":"wanted","count":3}]}
            rubbish
            {"at":5,"kind":"quiet","source":"a"}
            {"at":\(at + 4),"kind":"silent","source":"a","why":"\\u001b[2J gone"}

            """
        try Data(text.utf8).write(to: URL(filePath: path))
        var recording = try Recording(path: path)
        var kinds: [String] = []
        while let one = recording.report(until: recording.end) { kinds.append("\(one.report.body)") }

        #expect(kinds.count == 3)
        #expect(kinds[1].contains("wanted(Optional(3))") && !kinds[1].contains("dream"))
        #expect(!kinds[2].unicodeScalars.contains("\u{1B}"))
        #expect(recording.unread == 3)
    }

    @Test func `of a later version, or that is none, is refused with the reason`() throws {
        let path = Self.path()
        try Data(#"{"at":1,"context":"x","quarterdeck":"recording","version":9}"#.utf8 + [0x0A]).write(
            to: URL(filePath: path))
        let error = #expect(throws: RecordingError.self) { try Recording(path: path) }
        #expect("\(try #require(error))".contains("it has version 9 and this program reads up to 1"))

        let other = Self.path()
        try Data("hello\n".utf8).write(to: URL(filePath: other))
        #expect(throws: RecordingError.self) { try Recording(path: other) }
        #expect(throws: RecordingError.self) { try Recording(path: "/nowhere") }
    }

    @Test func `overwrites no file`() throws {
        let path = Self.path()
        try Data("precious".utf8).write(to: URL(filePath: path))

        #expect(throws: RecordingError.self) { try Recorder(path: path, context: "x", at: Self.start) }
        #expect(throws: RecordingError.self) { try CastWriter(path: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }
}

@Suite struct `A cast` {
    @Test func `is what asciinema plays: a header, and what was written when`() throws {
        let path = `A recording`.path()
        let cast = try CastWriter(path: path)
        cast.take(Array("a\u{1B}[1m\"é\\".utf8), columns: 80, rows: 24, epochSeconds: 1_767_582_761)
        cast.take(Array("b".utf8), columns: 100, rows: 30, epochSeconds: 1_767_582_762)

        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { Data($0.utf8) }
        #expect(lines.count == 4)
        struct Header: Decodable {
            var version: Int
            var width: Int
            var height: Int
            var timestamp: Int
        }
        let header = try JSONDecoder().decode(Header.self, from: lines[0])
        #expect([header.version, header.width, header.height, header.timestamp] == [2, 80, 24, 1_767_582_761])
        #expect(String(decoding: lines[1], as: UTF8.self) == #"[0.000,"o","a\u001b[1m\"é\\"]"#)
        #expect(String(decoding: lines[2], as: UTF8.self).hasSuffix(#","r","100x30"]"#))
        #expect(String(decoding: lines[3], as: UTF8.self).hasSuffix(#","o","b"]"#))
    }
}
