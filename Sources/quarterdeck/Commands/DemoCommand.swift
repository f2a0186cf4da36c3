import ArgumentParser
import FoundationEssentials
import Glibc
import LocalCloud
import Model
import NodeAgent
import Runtime
import Settings

/// `quarterdeck demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run the embedded farm, and the dashboard on it.",
        discussion: """
            Three servers, two customers with a cluster each, VMs as child processes and two dozen real units: all on \
            this computer, without any server installed. Leaving ends every one of its processes.
            """,
        subcommands: [DemoGuard.self])

    @Option(help: "How many servers the farm has.")
    var servers = 3
    @Option(help: "How many VMs it begins with.")
    var vms = 6
    @Flag(help: "No dashboard: print 'ready: DIR/config.toml' once every VM has joined, and serve until asked to end.")
    var headless = false
    @Option(help: "Keep everything in this directory; a farm that is there goes on.")
    var keep: String?
    @Option(help: "Let something happen while you look: \(Story.allCases.map(\.rawValue).joined(separator: ", ")).")
    var story: Story?
    @Option(help: "How fast a story goes: 2 is twice as fast as one reads.")
    var pace = 1.0
    @Flag(help: "A story waits for ^N after each caption, instead of going on by the clock.")
    var step = false
    @Flag(help: "Simulated machines instead: nothing is started on this computer, and there may be very many.")
    var simulated = false
    @Option(help: "With --simulated: how many machines, each in a VM.")
    var machines = 1_000
    @Option(help: "With --simulated: how many units.")
    var units = 10_000
    @Option(help: "With --simulated: the start of chance.")
    var seed: UInt64 = 1
    @OptionGroup var view: DeckOptions

    func validate() throws {
        guard (1...20_000).contains(machines), (0...200_000).contains(units) else {
            throw ValidationError("--machines must be 1 to 20000, --units 0 to 200000")
        }
        if simulated, headless || view.once || keep != nil || story != nil {
            throw ValidationError("--simulated is for the dashboard: not with --headless, --once, --keep or --story")
        }
        guard (0.1...100).contains(pace) else { throw ValidationError("--pace must be 0.1 to 100") }
        if step, story == nil { throw ValidationError("--step is for a --story") }
        if story != nil, headless || view.once || keep != nil {
            throw ValidationError("--story is for the dashboard: not with --headless, --once or --keep")
        }
        if story != nil, servers < 2 || vms < 4 { throw ValidationError("a story wants 2 servers and 4 VMs at least") }
        guard (1...1_000).contains(servers) else { throw ValidationError("--servers must be 1 to 1000") }
        guard (1...servers * 8).contains(vms) else { throw ValidationError("--vms must be 1 to 8 a server") }
    }

    func run() async throws {
        if simulated {
            return try await SimulatedSession.show(machines: machines, units: units, seed: seed, view)
        }
        let directory = try makeDirectory()
        let (captions, caption) = AsyncStream.makeStream(of: Caption.self)
        var farm = DemoFarm(directory: directory, servers: servers, vms: vms, clock: SystemClock())
        farm.story = story
        farm.pace = pace
        let narration = Narration(captions: captions, turns: step ? StoryTurns() : nil)
        farm.turns = narration.turns
        farm.say = { caption.yield($0) }
        do {
            try DemoGuard.start(directory: directory, removes: keep == nil)
            if headless {
                try await serve(farm)
            } else {
                try await showDeck(on: farm, narration)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.refused, "the demo cannot run: \(SafeText.block("\(error)"))")
        }
    }

    private func serve(_ farm: DemoFarm) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await farm.run { Output.line("ready: \(farm.configurationPath)") } }
            group.addTask {
                await stopSignal()
                end(farm)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Ends every process of the farm and then this one, without taking its servers down in order: whatever was
    /// acknowledged is on disk, and clients that are cut off in the middle are all our own.
    private func end(_ farm: DemoFarm) -> Never {
        FarmProcesses.end(marked: "QUARTERDECK_FARM=\(farm.directory)")
        _exit(0)
    }

    private func showDeck(on farm: DemoFarm, _ narration: Narration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (readies, ready) = AsyncStream.makeStream(of: Void.self)
            group.addTask { try await farm.run { ready.yield() } }
            group.addTask {
                while access(farm.configurationPath, R_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
                // A dashboard shows a farm that comes up; one frame is to show one that is up.
                if view.once { for await _ in readies { break } }
                try await Deck.show(
                    try Configuration(path: farm.configurationPath), from: farm.configurationPath, view,
                    narration: narration
                ) {
                    FarmProcesses.end(marked: "QUARTERDECK_FARM=\(farm.directory)")
                }
                end(farm)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func makeDirectory() throws -> String {
        if let keep {
            try FileManager.default.createDirectory(atPath: keep, withIntermediateDirectories: true)
            unlink(keep + "/config.toml")
            guard let resolved = realpath(keep, nil) else {
                throw CommandFailure(.refused, "cannot use the directory '\(keep)'")
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/quarterdeck-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.refused, "cannot make a directory in '\(base)': \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The farm's guard: waits for the farm to end, however it ends, and ends what it left.
struct DemoGuard: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "guard", shouldDisplay: false)

    @Option var farm: String
    @Flag var removes = false

    func run() throws {
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { break }
        }
        FarmProcesses.end(marked: "QUARTERDECK_FARM=\(farm)")
        if removes { try? FileManager.default.removeItem(atPath: farm) }
    }

    /// Starts a guard whose standard input ends when this process does.
    static func start(directory: String, removes: Bool) throws {
        let words = [OwnProgram.path, "demo", "guard", "--farm", directory] + (removes ? ["--removes"] : [])
        guard FarmGuard.start(words) else {
            throw CommandFailure(.refused, "cannot start '\(OwnProgram.path)': \(String(cString: strerror(errno)))")
        }
    }
}
