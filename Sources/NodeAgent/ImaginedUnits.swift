import Model

/// Units that only say that they run, so that stores and schedulers can be measured without the cost of processes.
actor ImaginedUnits: UnitManager {
    private struct Service {
        var hash: UnitHash
        var isLaunched = false
        var since: Timestamp?
    }

    private let now: @Sendable () -> Timestamp
    private var services: [UnitName: Service] = [:]
    private var changed: Set<UnitName> = []
    nonisolated let changeSignals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        (changeSignals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    nonisolated var connectionChanges: AsyncStream<String?> { AsyncStream { $0.finish() } }

    nonisolated func run() async {
        let (forever, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in forever {}
    }

    func adopt() {}

    func load(_ name: UnitName, _ file: UnitFile) {
        services[name] = Service(hash: file.hash, since: now())
        note(name)
    }

    func start(_ name: UnitName) { set(name, isLaunched: true) }

    func stop(_ name: UnitName) { set(name, isLaunched: false) }

    func unload(_ name: UnitName) {
        services[name] = nil
        note(name)
    }

    func restart(_ name: UnitName) throws {
        guard services[name] != nil else { throw CommandFailure(.refused, "unit '\(name)' is not on this machine") }
        set(name, isLaunched: true)
    }

    func units() -> [(name: UnitName, hash: UnitHash, isLaunched: Bool, state: UnitState)] {
        services.sorted { $0.key < $1.key }.map { ($0.key, $0.value.hash, $0.value.isLaunched, state($0.value)) }
    }

    func takeChanges() -> [(UnitName, UnitState?)] {
        defer { changed = [] }
        return changed.sorted().map { ($0, services[$0].map(state)) }
    }

    func figures() -> (MachineFigures, [UnitName: UnitFigures]) { (MachineFigures(), [:]) }

    func log(
        _ name: UnitName, last: Int, since: Timestamp?, follows: Bool,
        _ tell: @Sendable ([LogLine]) async throws -> Void
    ) throws {
        throw CommandFailure(.refused, "an imagined unit writes no log")
    }

    private func set(_ name: UnitName, isLaunched: Bool) {
        services[name]?.isLaunched = isLaunched
        services[name]?.since = now()
        note(name)
    }

    private func state(_ service: Service) -> UnitState {
        UnitState(
            active: service.isLaunched ? .active : .inactive, sub: service.isLaunched ? "running" : "dead",
            hash: service.hash, isLaunched: service.isLaunched, since: service.since)
    }

    private func note(_ name: UnitName) {
        changed.insert(name)
        signal.yield()
    }
}
