import Model
import NodeAgent
import Registry
import Runtime
import Synchronization

/// Sees a cluster grow or shrink to what is wanted of it, and says what happens; makes the VMs unless another program
/// does that already.
struct ScaleWait: Sendable {
    private let registry: ClusterRegistry
    private let connections: Connections
    private let provisioning: Provisioning
    private let told = Told()

    init(_ registry: ClusterRegistry, _ connections: Connections, _ provisioning: Provisioning) {
        self.registry = registry
        self.connections = connections
        self.provisioning = provisioning
    }

    /// Returns when the wish is fulfilled.
    /// - Throws: when it was given up, with the reason, or took longer than the limit.
    func run(_ wish: Int64, limit: Duration = .seconds(1_800)) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await provisioning.run() }
            for cloud in connections.clouds {
                group.addTask { try await observe(cloud.source) }
            }
            group.addTask { try await withDeadline(limit) { try await settle(wish) } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// A cloud that gives up ends the wait only when the VMs are made in it.
    private func observe(_ source: any CloudSource) async throws {
        try await source.observe { report in
            provisioning.take(report)
            switch report.body {
            case .cloud(let contents):
                for vm in contents.vms.sorted(by: { $0.name < $1.name }) where vm.cluster == registry.cluster {
                    tell(vm, contents)
                }
            case .silent(let why): Output.error("cloud '\(source.id)': \(why)")
            case .quiet, .events, .cluster, .changes, .figures: break
            }
        }
        try await untilCancelled()
    }

    private func tell(_ vm: VM, _ contents: CloudContents) {
        let server = vm.server.flatMap { id in contents.servers.first { $0.id == id }?.name }
        var text = vm.state.word + (server.map { " on \($0)" } ?? "")
        if let fault = vm.state.fault { text += ": \(fault)" }
        if told.isNews(vm.name, text) { Output.line("VM \(vm.name) \(text)") }
    }

    private func settle(_ wish: Int64) async throws {
        while true {
            for machine in try await registry.machines() where told.isNews(machine.id.text, "joined") {
                Output.line("machine \(machine.name) has joined")
            }
            if let settled = try await registry.settled(), settled.wish >= wish {
                if let failure = settled.failure { throw CommandFailure(.refused, failure) }
                Output.line("cluster '\(registry.cluster)' has what is wanted")
                return
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}

/// What was said last of each thing.
private final class Told: Sendable {
    private let last = Mutex<[String: String]>([:])

    func isNews(_ name: String, _ text: String) -> Bool {
        last.withLock { last in
            if last[name] == text { return false }
            last[name] = text
            return true
        }
    }
}
