import FoundationEssentials
import Glibc
import Model
import Programs
import Synchronization
import Systemd
import Testing

/// Machines with a real systemd, from `Tests/Testbed/machines`; they need root and an image that was built.
enum Testbed {
    static let tools = "Tests/Testbed/machines"
    static let state = getenv("MACHINES_STATE").map { String(cString: $0) } ?? "/tmp/machines-testbed"
    static let reason: Comment = "needs root and the packages of Tests/Testbed/machines/install"

    static let isThere = system("\(tools)/check >/dev/null 2>&1") == 0

    /// Machines are made for the tests and end with them.
    private static let endsMachines: Void = {
        atexit { _ = system("Tests/Testbed/machines/down sd1 sd2 sd3 sd4 sd5 sd6 >/dev/null 2>&1") }
    }()

    /// Boots a machine, or takes the one that is up; the ID of its first process. The image is built where there is
    /// none.
    static func up(_ name: String) async throws -> Int32 {
        _ = endsMachines
        _ = try await run(["\(tools)/image", "--with", "ssh,podman,docker"])
        let output = try await run(["\(tools)/up", name])
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        guard words.count >= 3, let leader = Int32(words[2]) else { throw Failure("up \(name) said '\(output)'") }
        return leader
    }

    /// Runs a command in a machine's shell.
    @discardableResult
    static func shell(_ name: String, _ command: String) async throws -> String {
        try await run(["\(tools)/exec", name, "bash", "-c", command])
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Runs a program of this computer and waits for its end without holding a thread.
    private static func run(_ words: [String]) async throws -> String {
        try await Programs.must(words, limit: .seconds(300))
    }
}

/// A door to the systemd of one machine of the testbed; its units are unloaded after the work.
struct SystemdBench {
    let systemd: Systemd
    let machine: String
    let root: String
    /// The journal keeps what units of the same names wrote in earlier runs.
    let begin = Self.now()

    static func with(
        _ machine: String = "sd1", _ work: @escaping @Sendable (SystemdBench) async throws -> Void
    ) async throws {
        try await run(machine) { bench in
            do {
                try await work(bench)
                try await bench.unloadAll()
            } catch {
                try? await bench.unloadAll()
                throw error
            }
        }
    }

    private func unloadAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for unit in await systemd.units() { group.addTask { try await systemd.unload(unit.name) } }
            try await group.waitForAll()
        }
    }

    /// A door as long as the work lasts; what it loaded goes on after that.
    static func run(
        _ machine: String, directory: String = "/run/quarterdeck/units",
        _ work: @escaping @Sendable (SystemdBench) async throws -> Void
    ) async throws {
        let leader = try await Testbed.up(machine)
        let root = "/proc/\(leader)/root"
        let systemd = try Systemd(
            directory: directory, machine: "0123456789abcdef", hostName: machine,
            address: "unix:path=\(root)/run/dbus/system_bus_socket", root: root, now: Self.now)
        await systemd.adopt()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await systemd.run()
                return false
            }
            group.addTask {
                try await work(SystemdBench(systemd: systemd, machine: machine, root: root))
                return true
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next() {
                if isDone { return }
            }
        }
    }

    static func now() -> Timestamp {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return Timestamp(milliseconds: Int64(moment.tv_sec) * 1_000 + Int64(moment.tv_nsec) / 1_000_000)
    }

    func load(_ name: UnitName, _ text: String) async throws {
        try await systemd.load(name, try UnitFile(parsing: text))
    }

    func service(_ name: UnitName, _ service: String, unit: String = "") async throws {
        try await load(name, (unit.isEmpty ? "" : "[Unit]\n\(unit)\n") + "[Service]\n\(service)\n")
    }

    func state(_ name: UnitName) async -> UnitState? {
        await systemd.units().first { $0.name == name }?.state
    }

    /// Waits until the unit's state fits.
    @discardableResult
    func until(
        _ name: UnitName, seconds: Int = 10, _ fits: @Sendable (UnitState) -> Bool
    ) async throws -> UnitState {
        for _ in 0..<(seconds * 50) {
            if let state = await state(name), fits(state) { return state }
            try await Task.sleep(for: .milliseconds(20))
        }
        let last = await state(name)
        throw Testbed.Failure("\(name) is \(String(describing: last))")
    }

    func log(_ name: UnitName, last: Int = 500, since: Timestamp? = nil) async throws -> [LogLine] {
        let lines = Lines()
        try await systemd.log(name, last: last, since: since ?? begin, follows: false) { lines.add($0) }
        return lines.all
    }

    /// Waits until the unit's log has a line.
    func untilLogged(_ name: UnitName, _ text: String) async throws {
        for _ in 0..<200 {
            if try await log(name).contains(where: { $0.text.contains(text) }) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Testbed.Failure("\(name) wrote \(try await log(name).map(\.text))")
    }
}

/// Lines that were told.
final class Lines: Sendable {
    private struct State {
        var lines: [LogLine] = []
        var mostAtOnce = 0
        var latest = Duration.zero
    }

    private let state = Mutex(State())

    var all: [LogLine] { state.withLock { $0.lines } }
    var texts: [String] { all.map(\.text) }
    /// The most lines that were told in one go.
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
    /// The longest time from writing to telling, of lines that are nothing but the milliseconds since 1970.
    var latest: Duration { state.withLock { $0.latest } }

    func add(_ more: [LogLine], at now: Timestamp = .zero) {
        state.withLock { state in
            state.lines += more
            state.mostAtOnce = max(state.mostAtOnce, more.count)
            for written in more.compactMap({ Int64($0.text) }) {
                state.latest = max(state.latest, now.since(Timestamp(milliseconds: written)))
            }
        }
    }
}

/// What went wrong, as text.
func sentence(_ work: () async throws -> Void) async -> String {
    do {
        try await work()
        return ""
    } catch {
        return "\(error)"
    }
}
