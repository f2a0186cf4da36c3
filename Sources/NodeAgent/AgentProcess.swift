import AgentAPI
import Etcd
import Glibc
import Logging
import Model
import Registry
import Roles
import Runtime
import Supervisor
import Synchronization

/// One machine's agent with its scheduler candidate: roles, doors and what goes between them.
struct AgentProcess {
    typealias AgentRunner = Runner<Agent, Agent.Event, Agent.Effect>
    typealias SchedulerRunner = Runner<Scheduler, Scheduler.Event, Scheduler.Effect>

    let machine: Machine
    let registry: ClusterRegistry
    let client: EtcdClient
    let supervisor: Supervisor
    let keeper: LeaseKeeper
    let publisher = StatePublisher()
    let clock: SystemClock
    let agent: AgentRunner
    let scheduler: SchedulerRunner
    let alarm: Alarm
    let agentAlarm: Alarm
    let agents: AgentClient
    let feed = FeedOrder()
    let listen: (host: String, port: Int)
    let status = AgentStatus()
    let log: Logger
    let eventLease = EventLease()
    let lock: StateLock

    init(_ options: AgentOptions, log: Logger) throws {
        self.log = log
        clock = SystemClock()
        let clock = clock
        lock = try StateLock(options.stateDir)
        machine = try options.machine(version: Version.text, at: clock.now())
        client = try EtcdClient(
            StoreAccess(
                endpoints: options.store, ca: options.storeCA, cert: options.storeCert, key: options.storeKey,
                user: options.storeUser, passwordFile: options.storePasswordFile
            ).configuration())
        registry = ClusterRegistry(cluster: ID(options.cluster), store: client)
        let kept = ["HOME", "TMPDIR", "QUARTERDECK_FARM", "QUARTERDECK_VM"].compactMap { (name: String) in
            getenv(name).map { (name, String(cString: $0)) }
        }
        let told = [
            ("QUARTERDECK_STORE", options.store.joined(separator: ",")), ("QUARTERDECK_CLUSTER", options.cluster),
        ]
        supervisor = try Supervisor(
            directory: options.stateDir, machine: machine.id, hostName: machine.name, bootID: AgentOptions.bootID(),
            inherited: kept + told, now: { clock.now() })
        keeper = LeaseKeeper(
            registry: registry, machine: machine, ttlSeconds: options.ttl, stateDirectory: options.stateDir)
        agent = Runner(Agent(machine: machine, grace: options.graceTime), clock: clock) { $0.handle($1, at: $2) }
        scheduler = Runner(Scheduler(limits: .init(leaseTTL: .seconds(options.ttl))), clock: clock) {
            $0.handle($1, at: $2)
        }
        alarm = Alarm(clock: clock)
        agentAlarm = Alarm(clock: clock)
        agents = AgentClient()
        listen = try options.address()
    }

    /// Runs until cancelled or until something ends that must not; units go on running after that.
    func run() async throws {
        await supervisor.adopt()
        let local = await supervisor.units().map {
            Agent.LocalUnit(name: $0.name, hash: $0.hash, isLaunched: $0.isLaunched, state: $0.state)
        }
        agent.inbox.post(.adopted(local))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            group.addTask { await supervisor.run() }
            group.addTask { await agent.run { await carryOut($0) } }
            group.addTask { await scheduler.run(observe: { status.set(leads: $0.isLeading) }) { await carryOut($0) } }
            group.addTask { await tellStates() }
            group.addTask { try await serve() }
            group.addTask {
                try await publisher.run(registry, machine: machine.id, lease: { keeper.current }) {
                    agent.inbox.post(.unpublished($0))
                }
            }
            group.addTask { try await follow() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func follow() async throws {
        try await registry.follow { update in
            feed.inOrder(update) { update in
                switch update {
                case .contents(let contents, let revision):
                    agent.inbox.post(.contents(contents, revision: revision))
                    scheduler.inbox.post(.contents(contents, revision: revision))
                case .changes(let changes, let revision):
                    agent.inbox.post(.changes(changes, revision: revision))
                    scheduler.inbox.post(.changes(changes, revision: revision))
                case .heard: scheduler.inbox.post(.heard)
                case .away(let why): log.warning("\(why)")
                }
            }
        }
    }

    private func tellStates() async {
        for await _ in supervisor.changeSignals {
            for (name, state) in await supervisor.takeChanges() { agent.inbox.post(.state(name, state)) }
        }
    }

    private func serve() async throws {
        let services = AgentServices(
            health: {
                AgentHealth(
                    machine: machine.id, version: Version.text, leads: status.leads,
                    isRegistered: keeper.current != nil, heard: keeper.silence)
            },
            figures: { await figures() },
            restart: { name in
                do {
                    try await supervisor.restart(name)
                    return .done("\(name) is restarted on machine \(machine.id.short)")
                } catch {
                    return .refused("\(error)")
                }
            },
            log: { name, last, follows, tell in
                do {
                    try await supervisor.log(name, last: last, follows: follows, tell)
                } catch let error as SupervisorError {
                    throw SourceError(error.description)
                }
            })
        let server = AgentServer(services, host: listen.host, port: listen.port)
        let host = listen.host.contains(":") ? "[\(listen.host)]" : listen.host
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
            group.addTask { try await server.run { portFound.yield($0) } }
            group.addTask {
                for await port in ports {
                    keeper.setAPI("http://\(host):\(port)")
                    try await keepLease()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func figures() async -> (MachineFigures, [UnitName: UnitFigures]) {
        var (machineFigures, units) = await supervisor.figures()
        machineFigures.uptime = machine.started.map { clock.now().since($0) }
        return (machineFigures, units)
    }

    private func keepLease() async throws {
        try await keeper.run(
            registered: { agent.inbox.post(.registered) },
            heard: {
                scheduler.inbox.post(.heard)
                agent.inbox.post(.heard)
            },
            lost: {
                log.warning("the lease of machine \(machine.id.short) ended; registering anew")
                agent.inbox.post(.leaseLost)
                scheduler.inbox.post(.deposed)
            })
    }
}

/// Keeps what a feed tells and what is read besides it in the order of the store's revisions.
final class FeedOrder: Sendable {
    private let last = Mutex<Int64>(0)

    /// Hands an update on; whole contents older than what was handed on already are dropped, and that is said.
    @discardableResult
    func inOrder(_ update: FeedUpdate, _ hand: (FeedUpdate) -> Void) -> Bool {
        last.withLock { last in
            switch update {
            case .contents(_, let revision):
                if revision < last { return false }
                last = revision
            case .changes(_, let revision), .heard(let revision): last = max(last, revision)
            case .away: break
            }
            hand(update)
            return true
        }
    }
}

/// What the agent says of itself.
final class AgentStatus: Sendable {
    private let isLeading = Mutex(false)

    var leads: Bool { isLeading.withLock { $0 } }
    func set(leads: Bool) { isLeading.withLock { $0 = leads } }
}
