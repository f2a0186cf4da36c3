import AgentAPI
import Etcd
import Logging
import Model
import Registry
import Roles
import Runtime
import Synchronization
import Systemd

extension AgentProcess {
    /// Carries out what the agent's role wants done.
    func carryOut(_ effect: Agent.Effect) async {
        switch effect {
        case .register: break  // The lease keeper does so by itself, and tells when it is done.
        case .load(let name, let file, let start):
            await operate(name) {
                try await units.load(name, file)
                if start { try await units.start(name) }
            }
        case .start(let name): await operate(name) { try await units.start(name) }
        case .stop(let name): await operate(name) { try await units.stop(name) }
        case .unload(let name): await operate(name) { try await units.unload(name) }
        case .publish: break  // Done at once, by `publish`.
        case .askPeers(let peers): agent.inbox.post(.peers(hearNothing: await hearNothing(peers)))
        case .readAnew:
            log.warning("the store is heard again; what was stopped starts where the store says")
            await readAnew { agent.inbox.post(.contents($0, revision: $1)) }
        case .wake(let moment): await agentAlarm.wait(until: moment) { agent.inbox.post(.wake) }
        }
    }

    /// What is told of a unit is told in the order in which it happened: the last word is the one that stays.
    func publish(_ effect: Agent.Effect) -> Bool {
        guard case .publish(let name, let state) = effect else { return false }
        publisher.enqueue(name, state)
        return true
    }

    private func operate(_ name: UnitName, _ work: () async throws -> Void) async {
        do {
            try await work()
            agent.inbox.post(.finished(name, failure: nil))
        } catch is CancellationError {
            return
        } catch {
            agent.inbox.post(.finished(name, failure: SafeText.clean("\(error)", limit: 512)))
            guard case SystemdError.away = error else { return }
            // The connection may have come back before this failure was told.
            do { try await Task.sleep(for: Self.tellsAwayWithin) } catch { return }
            if status.managerTrouble == nil { agent.inbox.post(.answersAgain) }
        }
    }

    /// By then it is known here whether systemd is away.
    private static let tellsAwayWithin = Duration.seconds(2)

    /// Carries out what the scheduler's role wants done.
    func carryOut(_ effect: Scheduler.Effect) async {
        switch effect {
        case .campaign: await campaign()
        case .commit(let batch, let fence, let guards, let writes): await commit(batch, fence, guards, writes)
        case .readAnew: await readAnew { scheduler.inbox.post(.contents($0, revision: $1)) }
        case .wake(let moment): await alarm.wait(until: moment) { scheduler.inbox.post(.wake) }
        }
    }

    private func campaign() async {
        var backoff = Backoff(first: .milliseconds(500))
        while !Task.isCancelled {
            do {
                guard let lease = keeper.current else {
                    try await Task.sleep(for: .milliseconds(100))
                    continue
                }
                if let fence = try await registry.campaign(machine: machine.id, lease: lease) {
                    log.info("leads cluster \(registry.cluster)")
                    scheduler.inbox.post(.elected(fence: fence))
                } else {
                    scheduler.inbox.post(.deposed)
                }
                return
            } catch is CancellationError {
                return
            } catch {
                log.warning("cannot campaign to lead: \(error)")
                do { try await backoff.pause() } catch { return }
            }
        }
    }

    private func commit(_ batch: Int, _ fence: Int64, _ guards: [StoreGuard], _ writes: [StoreWrite]) async {
        var commit = registry.beginCommit(eventLease: await eventLease.current(registry.store))
        for one in guards {
            switch one {
            case .placement(let name, let revision): commit.expect(placement: name, revision: revision)
            case .unit(let name, let revision): commit.expect(unit: name, revision: revision)
            }
        }
        for one in writes {
            switch one {
            case .placement(let name, let placement): commit.write(placement: placement, of: name)
            case .waiting(let name, let waiting): commit.write(waiting: waiting, of: name)
            case .move(let name, let move): commit.write(move: move, of: name)
            case .events(let events): commit.write(events: events, number: batch)
            }
        }
        do {
            let outcome = try await registry.finish(commit, fence: fence)
            commitRetry.reset()
            switch outcome {
            case .committed(let revision): scheduler.inbox.post(.committed(batch: batch, revision: revision))
            case .refused: scheduler.inbox.post(.refused(batch: batch))
            case .deposed: scheduler.inbox.post(.deposed)
            }
        } catch is CancellationError {
            return
        } catch {
            log.warning("cannot commit a plan: \(error)")
            // A store that was restored does not know it.
            if case EtcdError.leaseExpired = error { await eventLease.forget() }
            // After it everything is read anew, which a store in trouble must not be asked for all the time.
            do { try await Task.sleep(for: commitRetry.next()) } catch { return }
            scheduler.inbox.post(.refused(batch: batch))
        }
    }

    /// How long the others have to answer: it is on top of the grace time.
    private static let answersWithin = Duration.seconds(3)

    /// Whether every other machine's agent answers, and none of them hears the store: then nobody can have been given
    /// what runs here.
    private func hearNothing(_ peers: [ID<Machine>: String]) async -> Bool {
        let answers = await withTaskGroup(of: Bool.self) { group in
            for api in peers.values.sorted() {
                group.addTask {
                    guard !api.isEmpty, let health = await health(at: api) else { return false }
                    return health.heard.map { $0 > .seconds(keeper.ttlSeconds) } ?? true
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let isSilent = answers.allSatisfy(\.self)
        log.warning(
            isSilent
                ? "the store is silent for every machine; units go on"
                : "the store is silent for this machine but not for all; units that others may run are stopped soon")
        return isSilent
    }

    private func health(at api: String) async -> AgentHealth? {
        do {
            return try await withDeadline(Self.answersWithin) { try await agents.health(at: api) }
        } catch {
            log.info("'\(api)' does not answer: \(SafeText.clean("\(error)", limit: 200))")
            return nil
        }
    }

    private func readAnew(_ tell: @Sendable (ClusterContents, Int64) -> Void) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            if let (contents, revision) = try? await registry.read() {
                let isNew = feed.inOrder(.contents(contents, revision: revision)) { _ in tell(contents, revision) }
                if isNew { return }
            }
            do { try await backoff.pause() } catch { return }
        }
    }
}

/// The pauses between tries that are made one by one, each from a task of its own.
final class Retry: Sendable {
    private let backoff: Mutex<Backoff>

    init(_ backoff: Backoff) { self.backoff = Mutex(backoff) }

    func next() -> Duration { backoff.withLock { $0.next() } }
    func reset() { backoff.withLock { $0.reset() } }
}

/// The lease under which events are kept for about an hour; a new one every half hour.
actor EventLease {
    private var id: Int64?
    private var since: ContinuousClock.Instant?

    /// nil when the store gives none: what happened is not kept then.
    func current(_ store: any KeyStore) async -> Int64? {
        if let since, ContinuousClock().now - since < .seconds(1_800) { return id }
        guard let lease = try? await store.grantLease(ttlSeconds: 3_600) else { return id }
        id = lease.id
        since = ContinuousClock().now
        return id
    }

    func forget() {
        id = nil
        since = nil
    }
}
