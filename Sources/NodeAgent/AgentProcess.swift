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
import Systemd
import Web

/// One machine's agent with its scheduler candidate: roles, doors and what goes between them.
struct AgentProcess {
    typealias AgentRunner = Runner<Agent, Agent.Event, Agent.Effect>
    typealias SchedulerRunner = Runner<Scheduler, Scheduler.Event, Scheduler.Effect>

    let machine: Machine
    let registry: ClusterRegistry
    let client: EtcdClient
    let units: any UnitManager
    let keeper: LeaseKeeper
    let publisher = StatePublisher()
    let clock: SystemClock
    let agent: AgentRunner
    let scheduler: SchedulerRunner
    let alarm: Alarm
    let agentAlarm: Alarm
    let agents: AgentClient
    let feed = FeedOrder()
    let listen: WebAddress
    /// Where fleet's API is served besides: addresses of ours, and sockets that systemd opened.
    let fleetAddresses: [WebAddress]
    let passedSockets: [PassedSocket]
    let mirror = ClusterMirror()
    let api: APIOptions
    let status = AgentStatus()
    let log: Logger
    let eventLease = EventLease()
    let listeners = EventListeners()
    /// Opened when the machine is registered for the first time.
    let firstTime = Gate()
    /// Opened when what runs is taken over.
    let adopted = Gate()
    let agentGrace: Duration?
    let commitRetry = Retry(Backoff(first: .milliseconds(500), longest: .seconds(10)))
    let lock: StateLock

    /// - Throws: a sentence when the options are of no use, or another agent has the state directory.
    init(_ options: AgentOptions, log: Logger) throws {
        let cluster = options.cluster ?? ""
        self.log = log
        clock = SystemClock()
        let clock = clock
        passedSockets = try PassedSocket.take()
        fleetAddresses = try options.fleetAddresses()
        lock = try StateLock(options.stateDir)
        machine = try options.machine(version: Version.text, at: clock.now())
        client = try EtcdClient(
            StoreAccess(
                endpoints: options.store, ca: options.storeCA, cert: options.storeCert, key: options.storeKey,
                user: options.storeUser, passwordFile: options.storePasswordFile
            ).configuration())
        registry = ClusterRegistry(cluster: ID(cluster), store: client)
        units = try Self.unitManager(options, machine, clock)
        keeper = LeaseKeeper(registry: registry, machine: machine, options: options, log: log)
        agent = Runner(Agent(machine: machine, grace: options.graceTime), clock: clock) { $0.handle($1, at: $2) }
        scheduler = Runner(Scheduler(limits: .init(leaseTTL: .seconds(options.ttl))), clock: clock) {
            $0.handle($1, at: $2)
        }
        alarm = Alarm(clock: clock)
        agentAlarm = Alarm(clock: clock)
        agents = try options.api.client(storeCA: options.storeCA)
        listen = try options.listenAddress()
        agentGrace = options.graceTime
        api = options.api
    }

    private static func unitManager(
        _ options: AgentOptions, _ machine: Machine, _ clock: SystemClock
    ) throws -> any UnitManager {
        switch options.unitManager ?? .usual {
        case .systemd:
            return try Systemd(
                directory: options.unitsDir, machine: machine.id, hostName: machine.name, now: { clock.now() })
        case .imagined: return ImaginedUnits(now: { clock.now() })
        case .processes:
            let kept = ["HOME", "TMPDIR", "QUARTERDECK_FARM", "QUARTERDECK_VM"].compactMap { (name: String) in
                getenv(name).map { (name, String(cString: $0)) }
            }
            let told = [
                ("QUARTERDECK_STORE", options.store.joined(separator: ",")),
                ("QUARTERDECK_CLUSTER", options.cluster ?? ""),
            ]
            return try Supervisor(
                directory: options.stateDir, machine: machine.id, hostName: machine.name,
                bootID: AgentOptions.bootID(), inherited: kept + told, now: { clock.now() })
        }
    }

    /// Runs until cancelled or until something ends that must not; units go on running after that.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            group.addTask {
                await adopt()
                await units.run()
            }
            group.addTask { await agent.run { await carryOut($0) } }
            group.addTask { await scheduler.run(observe: { status.set(leads: $0.isLeading) }) { await carryOut($0) } }
            group.addTask { await tellStates() }
            group.addTask { try await serve() }
            group.addTask { try await tellTroubles() }
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

    /// Takes over what runs, while the lease is kept already: systemd may take its time.
    private func adopt() async {
        await units.adopt()
        let local = await units.units().map {
            Agent.LocalUnit(name: $0.name, hash: $0.hash, isLaunched: $0.isLaunched, state: $0.state)
        }
        agent.inbox.post(.adopted(local))
        adopted.open()
    }

    /// Agents that cannot ask each other take a store that is silent for all for being cut off.
    func warnOfSilence() {
        guard listen.isLocal, agentGrace != nil, machine.address != "127.0.0.1" else { return }
        log.warning(
            """
            other agents cannot ask this one: when the store is silent for longer than --grace, units stop; \
            give --listen an address with --api-cert, or --grace 0
            """)
    }

    /// Nothing is run for a machine whose ID another has: both would run what is placed on it.
    private func refuse(for other: Machine) {
        let text =
            "cannot join cluster '\(registry.cluster)': machine ID '\(machine.id)' is taken by machine "
            + "\(other.whoAndWhere); give this computer an ID of its own: "
            + "'rm /etc/machine-id && systemd-machine-id-setup', then reboot"
        if status.set(identityTrouble: text) { log.error("\(text)") }
        agent.inbox.post(.refused)
    }

    private func follow() async throws {
        await firstTime.wait()
        await adopted.wait()
        try await registry.follow { update in
            feed.inOrder(update) { update in
                mirror.take(update)
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
            guard case .contents(let contents, let revision) = update, contents.isRestored else { return }
            log.warning("the store is another one, or was restored; it is now at revision \(revision)")
            await keeper.registerAgain()
        }
    }

    private func tellStates() async {
        for await _ in units.changeSignals {
            for (name, state) in await units.takeChanges() { agent.inbox.post(.state(name, state)) }
        }
    }

    private func tellTroubles() async throws {
        for await trouble in units.connectionChanges {
            status.set(managerTrouble: trouble)
            if let trouble {
                log.warning("\(trouble)")
            } else {
                log.info("the unit manager answers again")
                agent.inbox.post(.answersAgain)
            }
        }
        try await untilCancelled()
    }

    func keepLease() async throws {
        try await keeper.run(
            registered: {
                status.set(identityTrouble: nil)
                agent.inbox.post(.registered)
                firstTime.open()
            },
            refused: { refuse(for: $0) },
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
            case .contents(let contents, let revision):
                if revision < last, !contents.isRestored { return false }
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
    private let problem = Mutex<String?>(nil)
    private let identityProblem = Mutex<String?>(nil)

    var leads: Bool { isLeading.withLock { $0 } }
    /// What keeps the unit manager from its work.
    var managerTrouble: String? { problem.withLock { $0 } }
    /// All that is wrong, in words.
    var trouble: String? {
        let all = [identityProblem.withLock { $0 }, managerTrouble].compactMap(\.self)
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }

    func set(managerTrouble: String?) { problem.withLock { $0 = managerTrouble } }

    /// Whether the text is another than before.
    @discardableResult
    func set(identityTrouble: String?) -> Bool {
        identityProblem.withLock { old in
            defer { old = identityTrouble }
            return old != identityTrouble
        }
    }
    func set(leads: Bool) { isLeading.withLock { $0 = leads } }
}
