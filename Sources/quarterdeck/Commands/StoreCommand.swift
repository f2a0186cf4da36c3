import ArgumentParser
import EmbeddedStore
import Model
import NodeAgent

/// `quarterdeck store`.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Serve the embedded store: the part of etcd's v3 API that Quarterdeck uses.",
        discussion: "It serves loopback addresses and has no users; for several computers run etcd.")

    @Option(help: "The SQLite file; kept in memory only when none is given.")
    var file: String?
    @Option(help: "The address to listen on.")
    var host: String = "127.0.0.1"
    @Option(help: "The port to listen on; 0 takes a free one.")
    var port: Int = 2379

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw ValidationError(
                "--host '\(SafeText.name(host))': the store has no users, so it serves 127.0.0.1 or ::1 only")
        }
    }

    func run() async throws {
        do {
            let store = try EmbeddedStore(path: file, host: host, port: port)
            let host = host
            try await untilStopped {
                try await store.run { port in Output.line("ready: http://\(host):\(port)") }
            }
        } catch {
            throw CommandFailure(.refused, SafeText.block("\(error)"))
        }
    }
}

/// `quarterdeck key`: single keys of a store, for scripts and units without etcdctl.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Read and write single keys of a store.",
        subcommands: [KeyGet.self, KeyPut.self, KeyRemove.self])
}
