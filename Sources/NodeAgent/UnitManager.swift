import Model
import Supervisor
import Systemd

/// What runs a machine's units: systemd, or the agent itself where there is none.
protocol UnitManager: Sendable {
    /// Watches over everything until cancelled. Units go on running after that.
    func run() async
    /// Takes over what an earlier agent left.
    func adopt() async
    func load(_ name: UnitName, _ file: UnitFile) async throws
    func start(_ name: UnitName) async throws
    func stop(_ name: UnitName) async throws
    func unload(_ name: UnitName) async throws
    func restart(_ name: UnitName) async throws
    func units() async -> [(name: UnitName, hash: UnitHash, isLaunched: Bool, state: UnitState)]
    /// Tells when something changed; what did is in `takeChanges()`.
    var changeSignals: AsyncStream<Void> { get }
    func takeChanges() async -> [(UnitName, UnitState?)]
    func figures() async -> (MachineFigures, [UnitName: UnitFigures])
    func log(
        _ name: UnitName, last: Int, since: Timestamp?, follows: Bool,
        _ tell: @Sendable ([LogLine]) async throws -> Void
    ) async throws
    /// Tells what keeps it from its work, and nil when that is over.
    var connectionChanges: AsyncStream<String?> { get }
}

extension Systemd: UnitManager {}

extension Supervisor: UnitManager {
    /// Nothing is between it and its processes.
    nonisolated var connectionChanges: AsyncStream<String?> { AsyncStream { $0.finish() } }
}
