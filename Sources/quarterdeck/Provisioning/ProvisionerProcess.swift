import Model
import Registry
import Roles
import Runtime

/// One cluster's provisioner: the role, the cluster's store and the cloud it makes VMs in.
struct ProvisionerProcess: Sendable {
    typealias ProvisionerRunner = Runner<Provisioner, Provisioner.Event, Provisioner.Effect>

    private let registry: ClusterRegistry
    private let cloud: any Source
    private let cloudID: ID<Cloud>
    private let complete: @Sendable (VMSpec) throws -> VMSpec
    private let remembers: Bool
    private let runner: ProvisionerRunner
    private let alarm: Alarm
    private let clock: SystemClock

    /// A provisioner.
    ///
    /// - Parameters:
    ///   - remembers: what was carried out or given up once is not gone on with by a later one
    ///   - complete: gives a VM what the cluster's configuration says; throws a sentence for what cannot be
    init(
        _ registry: ClusterRegistry, cloud: any Source, cloudID: ID<Cloud>, clock: SystemClock, remembers: Bool = true,
        complete: @escaping @Sendable (VMSpec) throws -> VMSpec = { $0 }
    ) {
        self.registry = registry
        self.cloud = cloud
        self.cloudID = cloudID
        self.clock = clock
        self.remembers = remembers
        self.complete = complete
        runner = Runner(Provisioner(cluster: registry.cluster), clock: clock) { $0.handle($1, at: $2) }
        alarm = Alarm(clock: clock)
    }

    /// Takes in what the cloud tells.
    func take(_ report: Report) {
        if case .cloud(let contents) = report.body, !contents.isPartial { runner.inbox.post(.vms(contents.vms)) }
    }

    /// Runs until cancelled; what the cloud tells comes by `take(_:)`.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run { await carryOut($0) } }
            group.addTask { try await followCluster() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func followCluster() async throws {
        let known = KnownCluster(registry.cluster)
        try await registry.follow { update in
            let news = known.take(update, at: clock.now())
            if news.machinesChanged { runner.inbox.post(.machines(known.machines, units: known.units)) }
            guard news.scaleChanged, let wish = try? await registry.scale() else { return }
            if remembers, let settled = try? await registry.settled(), settled.wish >= wish.wish { return }
            runner.inbox.post(.wanted(count: wish.count, wish.choice, wish: wish.wish))
        }
    }

    private func carryOut(_ effect: Provisioner.Effect) async {
        switch effect {
        case .create(let spec):
            let outcome = await create(spec)
            runner.inbox.post(.created(spec.name, failure: outcome.isDone ? nil : outcome.text))
        case .drain(let machine): try? await registry.drain(machine, true)
        case .delete(let vm):
            let outcome = await cloud.carryOut(.act(cloudID, vm, .delete))
            runner.inbox.post(.deleted(vm, failure: outcome.isDone ? nil : outcome.text))
        case .settled(let wish, let failure):
            if remembers { try? await registry.settle(wish: wish, failure: failure) }
        case .tell(let event): try? await registry.note(event, number: 0)
        case .wake(let moment): await alarm.wait(until: moment) { runner.inbox.post(.wake) }
        }
    }

    private func create(_ spec: VMSpec) async -> Outcome {
        do {
            return await cloud.carryOut(.createVM(cloudID, try complete(spec)))
        } catch {
            return .refused(SafeText.clean("\(error)", limit: 512))
        }
    }
}
