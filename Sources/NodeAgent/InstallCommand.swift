package import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import UserData

/// `quarterdeck install-agent`: the agent as a service of this machine's systemd.
package struct InstallCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "install-agent",
        abstract: "Write the systemd service and the configuration of this machine's agent.",
        discussion: "The options are the agent's; they are written to its configuration.")

    @OptionGroup var options: AgentOptions
    @Option(help: "Write below this directory instead of /: into an image, for example.") var root: String = ""
    @Option(help: "The agent's program; this one unless given.") var program: String?
    @Option(help: "Have systemd open this socket for fleet's API, for root and its group: /run/fleet.sock.")
    var fleetSocket: String?
    @Flag(help: "Replace files that are there and differ.") var replace = false

    /// Reads the options.
    package init() {}

    /// Writes the files and says what comes next.
    package func run() async throws {
        guard options.cluster != nil else { throw CommandFailure(.usage, "name the cluster with --cluster") }
        guard options.config == nil else {
            throw CommandFailure(.usage, "--config names a file that is there; give its options here instead")
        }
        guard options.unitManager != .imagined else {
            throw CommandFailure(.usage, "--unit-manager imagined is for measuring only: its units do not run")
        }
        guard options.unitManager != .processes else {
            throw CommandFailure(
                .usage, "--unit-manager processes is for computers without systemd: units would share its sandbox")
        }
        if let fleetSocket { try check(socket: fleetSocket) }
        let words = try ServiceProgram(ServiceProgram.words(program ?? ServiceProgram.ownPath()), root: root).words
        let named = options.named
        let lines = named.flatMap { option in option.values.map { (option.name, $0) } }
        let ours = named.filter { ["state-dir", "units-dir"].contains($0.name) }.flatMap(\.values)
        var files = [
            (root + AgentService.configurationPath, AgentService.configuration(lines)),
            (root + "/etc/systemd/system/\(AgentService.name)", AgentService.unit(command: words, directories: ours)),
        ]
        if let fleetSocket {
            files.append(
                (root + "/etc/systemd/system/\(AgentService.socketName)", AgentService.socket(path: fleetSocket)))
        }
        for (path, text) in files { try check(path, text) }
        for (path, text) in files { try write(path, text) }
        let socket = fleetSocket == nil ? "" : "\(AgentService.socketName) "
        Output.line("next: systemctl daemon-reload && systemctl enable --now \(socket)\(AgentService.name)")
    }

    private func check(socket path: String) throws {
        // The name of a socket has 108 bytes with the zero at its end (unix(7)).
        guard path.hasPrefix("/"), path.utf8.count < 108, !path.contains(where: { $0.isWhitespace || $0 == "%" }) else {
            throw CommandFailure(
                .usage, "--fleet-socket '\(SafeText.name(path))' is no absolute path of a socket, without blanks")
        }
    }

    private func check(_ path: String, _ text: String) throws {
        guard let there = try? Data(contentsOf: URL(filePath: path)), there != Data(text.utf8), !replace else { return }
        throw CommandFailure(
            .refused, "'\(path)' is there and differs; nothing was written; give --replace to replace it")
    }

    private func write(_ path: String, _ text: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .refused, "cannot write '\(path)': \(SafeText.clean("\(error)", limit: 200)); run this as root")
        }
        chmod(path, 0o644)
        Output.line("written: \(path)")
    }
}

/// The program that a service is to run.
struct ServiceProgram {
    let words: [String]

    /// - Throws: for a program whose path is not absolute, that is not there, or that the service cannot see.
    init(_ program: [String], root: String) throws {
        guard let path = program.first, path.hasPrefix("/"), !path.contains(where: { " \"'%$\\".contains($0) }) else {
            throw CommandFailure(.usage, "'\(program.first ?? "")' is no absolute path of a program, without blanks")
        }
        guard !["/root/", "/home/", "/tmp/", "/var/tmp/"].contains(where: path.hasPrefix) else {
            throw CommandFailure(
                .refused, "the service cannot see '\(path)'; copy it to /usr/local/bin and give --program")
        }
        guard !root.isEmpty || access(path, X_OK) == 0 else {
            throw CommandFailure(.refused, "there is no program '\(path)'")
        }
        words = program
    }

    /// The program that runs now.
    static func ownPath() -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    }

    /// The whole program has the agent as a subcommand.
    static func words(_ path: String) -> [String] { path.hasSuffix("-agent") ? [path] : [path, "agent"] }
}
