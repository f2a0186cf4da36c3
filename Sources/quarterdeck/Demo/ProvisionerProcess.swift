import Model
import Registry
import Roles
import Runtime

/// One cluster's provisioner: the role, the cluster's store and the cloud it makes VMs in.
struct ProvisionerProcess {
    typealias ProvisionerRunner = Runner<Provisioner, Provisioner.Event, Provisioner.Effect>

    private let registry: ClusterRegistry
    private let cloud: any Source
    private let cloudID: ID<Cloud>
    private let runner: ProvisionerRunner
    private let alarm: Alarm
    private let clock: SystemClock

    init(_ registry: ClusterRegistry, cloud: any Source, cloudID: ID<Cloud>, clock: SystemClock) {
        self.registry = registry
        self.cloud = cloud
        self.cloudID = cloudID
        self.clock = clock
        runner = Runner(Provisioner(cluster: registry.cluster), clock: clock) { $0.handle($1, at: $2) }
        alarm = Alarm(clock: clock)
    }

    /// Runs until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run { await carryOut($0) } }
            group.addTask { try await followCluster() }
            group.addTask {
                try await cloud.observe { report in
                    if case .cloud(let contents) = report.body { runner.inbox.post(.vms(contents.vms)) }
                }
            }
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
            runner.inbox.post(.wanted(count: wish.count, wish.choice, wish: wish.wish))
        }
    }

    private func carryOut(_ effect: Provisioner.Effect) async {
        switch effect {
        case .create(let spec):
            let outcome = await cloud.carryOut(.createVM(cloudID, spec))
            runner.inbox.post(.created(spec.name, failure: outcome.isDone ? nil : outcome.text))
        case .drain(let machine): try? await registry.drain(machine, true)
        case .delete(let vm):
            let outcome = await cloud.carryOut(.act(cloudID, vm, .delete))
            runner.inbox.post(.deleted(vm, failure: outcome.isDone ? nil : outcome.text))
        case .settled: break
        case .tell(let event): try? await registry.note(event, number: 0)
        case .wake(let moment): await alarm.wait(until: moment) { runner.inbox.post(.wake) }
        }
    }
}
