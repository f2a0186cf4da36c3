import Foundation
import Glibc
import Programs
import Testing

/// What is done on and to the machines.
extension Stand {
    /// Runs a shell command on a machine, which has to succeed; what it printed.
    @discardableResult
    func shell(_ machine: String, _ command: String, limit: Duration = .seconds(60)) async throws -> String {
        let result = try await Testbed.shell(machine, command, limit: limit)
        guard result.code == 0 else {
            throw Programs.Failure("\(machine): \(command): \(result.code): \(result.output)\(result.errors)")
        }
        return result.output
    }

    /// Breaks or mends a machine or a member of the store.
    func fault(_ name: String, _ words: String...) async throws {
        try await Testbed.run("fault", [name] + words, in: Testbed.state)
    }

    /// A file of a machine's disk, also while it is down or frozen: what was written since it was made.
    func disk(_ machine: String, _ path: String) -> String { "\(Testbed.state)/machines/\(machine)/upper\(path)" }

    /// A file as the machine sees it, also below /run; nil while it is down.
    func live(_ machine: String, _ path: String) -> String? {
        let leader = try? String(contentsOfFile: "\(Testbed.state)/machines/\(machine)/leader", encoding: .utf8)
        return leader.map { "/proc/\($0.trimmed)/root\(path)" }
    }

    /// Copies a file of this computer to a machine.
    func put(_ source: String, _ machine: String, _ path: String) throws {
        guard let target = live(machine, path) else { throw Programs.Failure("\(machine) is down") }
        let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
        let whole = URL(fileURLWithPath: source).resolvingSymlinksInPath().path
        try FileManager.default.copyItem(atPath: whole, toPath: target)
    }

    /// What the machine's agent wrote since a moment.
    func agentLog(_ machine: String, since moment: Date) async throws -> String {
        let seconds = Int(moment.timeIntervalSince1970)
        return try await shell(machine, "journalctl -u quarterdeck-agent --no-pager -o cat --since @\(seconds)")
    }

    /// The last lines that the machine's agent wrote.
    func agentLog(_ machine: String, lines: Int) async throws -> String {
        try await shell(machine, "journalctl -u quarterdeck-agent --no-pager -o short-precise -n \(lines)")
    }

    /// The main process of each unit of ours that runs on a machine, as the machine's systemd knows it.
    func processes(_ machine: String, _ pattern: String) async throws -> [String: Int] {
        let shown = try await shell(machine, "systemctl show -p Id,MainPID,ActiveState '\(pattern)'")
        var found: [String: Int] = [:]
        for block in shown.components(separatedBy: "\n\n") {
            let pairs = block.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
            let facts = Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
            guard let name = facts["Id"], facts["ActiveState"] == "active" else { continue }
            found[String(name)] = facts["MainPID"].flatMap { Int($0) }
        }
        return found
    }

    /// The unit files of ours on a machine.
    func files(_ machine: String) -> [String] {
        guard let folder = live(machine, "/run/quarterdeck/units") else { return [] }
        return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    }

    // MARK: Units that leave a trace

    /// A service that writes the time and its process ID to the machine's disk ten times a second.
    static let beating = """
        [Service]
        ExecStartPre=/bin/mkdir -p /var/lib/beats
        ExecStart=/bin/bash -c 'while :; do echo $$EPOCHREALTIME $$$$ >>/var/lib/beats/%n; sleep 0.1; done'

        """

    /// A service that writes so once, and then does nothing.
    static let marking = """
        [Service]
        ExecStartPre=/bin/mkdir -p /var/lib/beats
        ExecStart=/bin/bash -c 'echo $$EPOCHREALTIME $$$$ >>/var/lib/beats/%n; exec sleep 1000'

        """

    /// One run of a beating unit's process.
    struct Run: Hashable, Sendable {
        var machine: String
        var process: Int
        var first: Double
        var last: Double
    }

    /// The runs of a beating unit on all machines, in the order in which they began.
    func runs(_ name: String) -> [Run] {
        var found: [Run] = []
        for machine in Self.machines {
            let path = disk(machine, "/var/lib/beats/\(name)")
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 2, let time = Double(words[0]), let process = Int(words[1]) else { continue }
                if let last = found.indices.last, found[last].machine == machine, found[last].process == process {
                    found[last].last = time
                } else {
                    found.append(Run(machine: machine, process: process, first: time, last: time))
                }
            }
        }
        return found.sorted { $0.first < $1.first }
    }

    /// For how many seconds a unit ran on two machines at once.
    static func overlap(_ runs: [Run]) -> Double {
        var longest = 0.0
        for (index, run) in runs.enumerated() {
            for other in runs[(index + 1)...] where other.machine != run.machine {
                longest = max(longest, min(run.last, other.last) - max(run.first, other.first))
            }
        }
        return longest
    }

    static var now: Double { Date().timeIntervalSince1970 }

    // MARK: After a test

    /// Mends every machine and the store, and boots what is down.
    func mend() async throws {
        for node in Self.machines + ["etcd1", "etcd2", "etcd3"] {
            // One that is down cannot be thawed.
            _ = try await Programs.run(
                ["\(Testbed.tools)/fault", node, "thaw"], environment: ["MACHINES_STATE": Testbed.state])
            try await fault(node, "heal")
        }
        try await boot(Self.machines)
        try await untilJoined(Self.machines)
    }

    /// Destroys all units, and waits until the machines have none of them.
    func clear() async throws {
        let names = try await must("list-unit-files", "--no-legend", "--fields", "unit").split(separator: "\n")
        if !names.isEmpty {
            let result = try await run(["destroy"] + names.map { $0.trimmed })
            guard result.code == 0 else { throw Programs.Failure("destroy: \(result.errors)") }
        }
        try await Programs.eventually("the machines have no unit left", within: .seconds(30)) {
            Self.machines.allSatisfy { files($0).isEmpty } ? true : nil
        }
        for machine in Self.machines {
            let beats = disk(machine, "/var/lib/beats")
            for name in (try? FileManager.default.contentsOfDirectory(atPath: beats)) ?? [] {
                truncate("\(beats)/\(name)", 0)
            }
        }
    }
}
