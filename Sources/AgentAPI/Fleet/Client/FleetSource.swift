public import Model
public import Runtime
import Synchronization

/// A cluster that fleet drives, as its HTTP API tells it.
///
/// fleet has no events: its lists are asked again and again. States change all the time and are asked often; units
/// seldom do and cost fleet the most, so they are asked when the states tell that something happened, and now and then.
///
/// **Invariant:** what fleet does not tell is unknown: no leader, no members, no figures, no logs.
public struct FleetSource: Source {
    /// The cluster's name in the configuration.
    public let id: SourceID
    /// The cluster.
    public let cluster: ID<Cluster>
    let client: FleetClient
    let clock: SystemClock
    let nudge = FleetNudge()
    private let isProtected: Bool
    /// How long orders wait for fleet's agents.
    package var patience = FleetPatience()

    /// A cluster by its client.
    ///
    /// - Parameter isProtected: the configuration protects it
    public init(cluster: ID<Cluster>, client: FleetClient, clock: SystemClock, isProtected: Bool = false) {
        self.cluster = cluster
        self.client = client
        self.clock = clock
        self.isProtected = isProtected
        id = .cluster(cluster)
    }

    private enum Part: Int, Hashable { case machines, units, states }

    private enum Piece: Sendable {
        case machines([Machine], FleetOddities, Timestamp)
        case units([FleetUnit], FleetOddities, Timestamp)
        case states([FleetState], FleetOddities, Timestamp)
        case away(Part, String, Timestamp)
    }

    func empty() -> FleetView {
        var cluster = Cluster(
            id: cluster, name: cluster.text, store: client.endpoints.map(\.description).joined(separator: " "),
            isProtected: isProtected)
        cluster.kind = .fleet
        return FleetView(cluster: cluster)
    }

    static func sentence(_ odd: [FleetOddities]) -> String? {
        let count = odd.reduce(0) { $0 + $1.count }
        guard count > 0, let first = odd.compactMap(\.first).first else { return nil }
        return count == 1
            ? "fleet tells what cannot be used: \(first)"
            : "fleet tells \(count) things that cannot be used, the first: \(first)"
    }

    /// Reports until cancelled.
    public func observe(_ tell: @Sendable (Report) async -> Void) async throws {
        // Each piece is a whole list: a later one makes an earlier one needless.
        let (pieces, sink) = AsyncStream.makeStream(of: Piece.self, bufferingPolicy: .bufferingNewest(64))
        try await withoutActuallyEscaping(tell) { tell in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pollStates(sink) }
                group.addTask { try await pollMachines(sink) }
                group.addTask { try await pollUnits(sink) }
                group.addTask { await merge(pieces, tell) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private func poll(
        _ part: Part, _ sink: AsyncStream<Piece>.Continuation, _ read: () async throws -> Piece,
        _ pause: (Duration) async throws -> Void
    ) async throws {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10))
        while true {
            let begin = clock.now()
            do {
                sink.yield(try await read())
                backoff.reset()
            } catch let error as CancellationError {
                throw error
            } catch {
                try Task.checkCancellation()
                sink.yield(.away(part, SafeText.clean("\(error)", limit: 512), clock.now()))
                try await backoff.pause()
                continue
            }
            try await pause(clock.now().since(begin))
        }
    }

    private func pollStates(_ sink: AsyncStream<Piece>.Continuation) async throws {
        try await poll(.states, sink) {
            let (states, odd) = FleetReading.states(try await client.states())
            return .states(states, odd, clock.now())
        } _: { took in
            try await clock.pause(FleetPace.states.pause(after: took))
        }
    }

    private func pollMachines(_ sink: AsyncStream<Piece>.Continuation) async throws {
        try await poll(.machines, sink) {
            let (machines, odd) = FleetReading.machines(try await client.machines())
            return .machines(machines, odd, clock.now())
        } _: { took in
            try await clock.pause(FleetPace.machines.pause(after: took))
        }
    }

    private func pollUnits(_ sink: AsyncStream<Piece>.Continuation) async throws {
        let reading = Mutex(FleetReading())
        try await poll(.units, sink) {
            nudge.take()
            let told = try await client.units()
            let (units, odd) = reading.withLock { $0.units(told) }
            return .units(units, odd, clock.now())
        } _: { took in
            let soonest = clock.now() + FleetPace.unitsAskedFor.pause(after: took)
            let latest = clock.now() + FleetPace.units.pause(after: took)
            while clock.now() < latest {
                try await Task.sleep(for: .milliseconds(250))
                if clock.now() >= soonest, nudge.isSet { return }
            }
        }
    }

    /// Puts the pieces together and tells what they change; nothing while a part of it does not answer.
    private func merge(_ pieces: AsyncStream<Piece>, _ tell: @Sendable (Report) async -> Void) async {
        var view = empty()
        var told: ClusterContents?
        var failing: [Part: String] = [:]
        var odd: [Part: FleetOddities] = [:]
        var oddTold: String?
        for await piece in pieces {
            let now: Timestamp
            switch piece {
            case .away(let part, let why, let at):
                failing[part] = why
                await tell(Report(source: id, observedAt: at, body: .silent(why)))
                continue
            case .machines(let machines, let oddities, let at):
                (failing[.machines], odd[.machines], now) = (nil, oddities, at)
                view.take(machines: machines)
            case .units(let units, let oddities, let at):
                (failing[.units], odd[.units], now) = (nil, oddities, at)
                view.take(units: units, at: at)
            case .states(let states, let oddities, let at):
                (failing[.states], odd[.states], now) = (nil, oddities, at)
                if view.take(states: states) { nudge.set() }
            }
            guard failing.isEmpty, let contents = view.contents(at: now) else { continue }
            await tell(Report(source: id, observedAt: now, body: told?.news(in: contents) ?? .cluster(contents)))
            told = contents
            let sentence = Self.sentence(odd.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value))
            if let sentence, sentence != oddTold {
                let event = FarmEvent(at: now, weight: .warning, subject: .cluster(cluster), text: sentence)
                await tell(Report(source: id, observedAt: now, body: .events([event])))
            }
            oddTold = sentence
        }
    }

    /// fleet's API tells no logs.
    public func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws {
        throw SourceError(
            "fleet's API tells no logs; 'quarterdeck journal \(request.unit.name)' asks its machine by ssh")
    }
}

/// Asks for the list of units before its time.
final class FleetNudge: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
    func take() { value.withLock { $0 = false } }
}
