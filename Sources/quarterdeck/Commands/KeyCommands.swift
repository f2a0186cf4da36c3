import ArgumentParser
import Etcd
import Glibc
import Model
import NodeAgent

/// Where the store is: an option, or what an agent tells its units.
struct StoreOption: ParsableArguments {
    @Option(help: "Where the store answers; from QUARTERDECK_STORE unless given.")
    var store: String?

    func use(_ work: @escaping @Sendable (EtcdClient) async throws -> Void) async throws {
        let told = getenv("QUARTERDECK_STORE").map { String(cString: $0) }
        guard let endpoints = store ?? told else {
            throw CommandFailure(
                .usage, "no store is named; give --store http://127.0.0.1:2379 or set QUARTERDECK_STORE")
        }
        do {
            let client = try EtcdClient(
                EtcdConfiguration(endpoints: endpoints.split(separator: ",").map(String.init)))
            try await client.whileRunning { try await work(client) }
        } catch let error as EtcdError {
            throw CommandFailure(.unreachable, error.description)
        }
    }
}

extension EtcdClient {
    /// Runs the client's connections as long as the work lasts.
    func whileRunning(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.run()
                return false
            }
            group.addTask {
                try await work()
                return true
            }
            defer { group.cancelAll() }
            while let isWork = try await group.next() {
                if isWork { return }
            }
        }
    }
}

struct KeyGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print a key's value.")

    @OptionGroup var option: StoreOption
    @Flag(help: "Print every key that begins with KEY, a line each: key, tab, value.")
    var prefix = false
    @Argument var key: String

    func run() async throws {
        let (key, prefix) = (key, prefix)
        try await option.use { client in
            if prefix {
                for item in try await client.range(prefix: key).items {
                    Output.line(
                        SafeText.clean(item.key) + "\t" + SafeText.clean(String(decoding: item.value, as: UTF8.self)))
                }
                return
            }
            guard let item = try await client.get(key) else {
                throw CommandFailure(.refused, "the store has no key '\(SafeText.clean(key))'")
            }
            Output.line(SafeText.block(String(decoding: item.value, as: UTF8.self)))
        }
    }
}

struct KeyPut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "put", abstract: "Write a key.")

    @OptionGroup var option: StoreOption
    @Option(help: "Let the key vanish after so many seconds.")
    var ttl: Int64?
    @Argument var key: String
    @Argument var value: String

    func run() async throws {
        let (key, value, ttl) = (key, value, ttl)
        try await option.use { client in
            var lease: Int64 = 0
            if let ttl { lease = try await client.grantLease(ttlSeconds: ttl).id }
            _ = try await client.put(key, Array(value.utf8), lease: lease)
        }
    }
}

struct KeyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a key.")

    @OptionGroup var option: StoreOption
    @Argument var key: String

    func run() async throws {
        let key = key
        try await option.use { client in
            guard try await client.delete(key) else {
                throw CommandFailure(.refused, "the store has no key '\(SafeText.clean(key))'")
            }
        }
    }
}
