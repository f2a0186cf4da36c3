import FoundationEssentials
import Glibc
public import Model

/// Runs services itself, where there is no systemd: their processes, restarts, logs and figures.
///
/// Everything a unit needs to be taken over by a later agent is on disk, and its processes write their logs without
/// us: ending the agent ends no unit.
///
/// **Invariant:** what a file asks and cannot be honoured is named in the unit's state, never ignored silently.
public actor Supervisor {
    struct Service {
        let name: UnitName
        var file: UnitFile
        var settings: ServiceSettings
        let log: UnitLog
        var isLaunched = false
        var active = UnitState.Active.inactive
        var sub = "dead"
        var since: Timestamp?
        var restarts = 0
        var note: String?
        var main: UnitProcess?
        /// Sessions that were started for it and may still have processes.
        var groups: Set<pid_t> = []
        var starts: [Timestamp] = []
        /// Rises with every start and stop: what was begun before no longer counts.
        var generation = 0
    }

    enum Job: Sendable {
        case start(UnitName, Int)
        case watch(UnitName, Int, UnitProcess)
        case restart(UnitName, Int, Duration)
        case stopBound(UnitName)
        case restartBound(UnitName)
    }

    let directory: String
    let machine: ID<Machine>
    let hostName: String
    let bootID: String
    let inherited: [(String, String)]
    let now: @Sendable () -> Timestamp
    let descriptors = Descriptors()
    var services: [UnitName: Service] = [:]
    var changed: Set<UnitName> = []
    /// Who waits for their turn at a unit; no entry while nobody is at it.
    private var turns: [UnitName: [CheckedContinuation<Void, Never>]] = [:]
    let changes: AsyncStream<Void>
    private let changesEnd: AsyncStream<Void>.Continuation
    private let jobs: AsyncStream<Job>
    private let jobsEnd: AsyncStream<Job>.Continuation
    let inotify: Int32
    var watched: [Int32: UnitName] = [:]
    var lastSample: ProcessTable?
    var figuresAt: Timestamp?
    var lastFigures: (MachineFigures, [UnitName: UnitFigures]) = (MachineFigures(), [:])

    /// A supervisor that keeps what it needs in a directory.
    ///
    /// - Parameters:
    ///   - bootID: differs after the machine booted anew; then nothing of before runs
    ///   - inherited: environment variables every unit gets
    /// - Throws: a sentence when the directory cannot be used.
    public init(
        directory: String, machine: ID<Machine>, hostName: String, bootID: String, inherited: [(String, String)],
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        self.directory = directory
        self.machine = machine
        self.hostName = hostName
        self.bootID = bootID
        self.inherited = inherited
        self.now = now
        (changes, changesEnd) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (jobs, jobsEnd) = AsyncStream.makeStream(of: Job.self)
        inotify = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        do {
            try FileManager.default.createDirectory(atPath: directory + "/units", withIntermediateDirectories: true)
        } catch {
            throw SupervisorError(
                "cannot use the state directory '\(directory)': \(SafeText.clean("\(error)", limit: 200))")
        }
    }

    /// Watches over everything until cancelled. Units go on running after that.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readLogs() }
            for await job in jobs {
                group.addTask { await self.carryOut(job) }
            }
            descriptors.close()
        }
    }

    private func carryOut(_ job: Job) async {
        switch job {
        case .start(let name, let generation): await startSequence(name, generation)
        case .watch(let name, let generation, let process):
            if let ending = await process.ending(descriptors) { await mainEnded(name, generation, process, ending) }
        case .restart(let name, let generation, let delay):
            try? await Task.sleep(for: delay)
            guard services[name]?.generation == generation, !Task.isCancelled else { return }
            services[name]?.restarts += 1
            await startSequence(name, generation)
        case .stopBound(let name):
            await takeTurn(name)
            await stopUnit(name, launched: services[name]?.isLaunched ?? false)
            endTurn(name)
        case .restartBound(let name):
            do { try await restart(name) } catch { note(name, "cannot be restarted with what it needs: \(error)") }
        }
    }

    func schedule(_ job: Job) { jobsEnd.yield(job) }

    // MARK: What is asked

    /// Takes a unit's file, in place of any there is; a unit that ran with another file is stopped first.
    /// - Throws: why it cannot be run here.
    public func load(_ name: UnitName, _ file: UnitFile) async throws {
        let settings = try ServiceSettings(file, name, specifiers(name))
        await takeTurn(name)
        defer { endTurn(name) }
        if services[name] != nil { await stopUnit(name, launched: false) }
        let path = folder(name)
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data(file.text.utf8).write(to: URL(filePath: "\(path)/unit"), options: .atomic)
        } catch {
            throw SupervisorError(
                "cannot write the file of '\(name)' in '\(path)': \(SafeText.clean("\(error)", limit: 200))")
        }
        if services[name] == nil {
            services[name] = Service(name: name, file: file, settings: settings, log: UnitLog(path: "\(path)/log"))
            watchLog(name)
        }
        services[name]?.file = file
        services[name]?.settings = settings
        services[name]?.restarts = 0
        enter(name, .inactive, "dead")
    }

    /// Starts a loaded unit; how it goes is in its state.
    /// - Throws: when it is not loaded.
    public func start(_ name: UnitName) throws {
        guard var service = services[name] else { throw notLoaded(name) }
        service.isLaunched = true
        service.generation += 1
        service.starts = []
        services[name] = service
        if service.active == .active { return note(name, nil) }
        enter(name, .activating, "start")
        schedule(.start(name, service.generation))
    }

    /// Stops a unit and waits until it has; it stays loaded.
    /// - Throws: when it is not loaded.
    public func stop(_ name: UnitName) async throws {
        await takeTurn(name)
        defer { endTurn(name) }
        guard services[name] != nil else { throw notLoaded(name) }
        await stopUnit(name, launched: false)
    }

    /// Stops a unit, waits until it has, and forgets it with its log.
    public func unload(_ name: UnitName) async {
        await takeTurn(name)
        defer { endTurn(name) }
        guard services[name] != nil else { return }
        await stopUnit(name, launched: false)
        unwatchLog(name)
        services[name] = nil
        try? FileManager.default.removeItem(atPath: folder(name))
        tell(name)
    }

    /// Stops a unit and starts it again; running units that need it or are part of it are restarted with it.
    /// - Throws: when it is not loaded.
    /// - Source: systemd.unit(5), `Requires=`, `BindsTo=`, `PartOf=`: a restart is passed on.
    public func restart(_ name: UnitName) async throws {
        await takeTurn(name)
        defer { endTurn(name) }
        guard services[name] != nil else { throw notLoaded(name) }
        let followers = followers(of: name)
        await stopUnit(name, launched: true, passesOn: false)
        try start(name)
        for follower in followers { schedule(.restartBound(follower)) }
    }

    /// Runs a unit's `ExecReload=`.
    /// - Throws: when it has none, is not running, or the command fails.
    public func reload(_ name: UnitName) async throws {
        guard let service = services[name] else { throw notLoaded(name) }
        guard service.active == .active, !service.settings.reload.isEmpty else {
            throw SupervisorError("cannot reload '\(name)': it is not running or has no ExecReload=")
        }
        for command in service.settings.reload {
            if let failure = await control(name, service.generation, command, service.settings.startTimeout) {
                throw SupervisorError("cannot reload '\(name)': \(failure)")
            }
        }
    }

    /// What is loaded: name, hash, whether it was started, and its state.
    public func units() -> [(name: UnitName, hash: UnitHash, isLaunched: Bool, state: UnitState)] {
        services.values.sorted { $0.name < $1.name }
            .map { ($0.name, $0.file.hash, $0.isLaunched, state($0)) }
    }

    /// Tells when something changed; what did is in ``takeChanges()``.
    public nonisolated var changeSignals: AsyncStream<Void> { changes }

    /// The states that changed since the last call; nil for units that are gone.
    public func takeChanges() -> [(UnitName, UnitState?)] {
        defer { changed = [] }
        return changed.sorted().map { name in (name, services[name].map(state)) }
    }

    /// Tells a unit's last lines, none older than a moment, and, when following, those to come until cancelled.
    /// - Throws: when it is not loaded, and whatever `tell` throws.
    public nonisolated func log(
        _ name: UnitName, last: Int, since: Timestamp? = nil, follows: Bool,
        _ tell: @Sendable ([LogLine]) async throws -> Void
    ) async throws {
        guard let log = await log(of: name) else { throw await notLoaded(name) }
        let (number, kept, stream) = log.follow(last: last)
        let lines = since.map { since in kept.filter { $0.at >= since } } ?? kept
        defer { log.unfollow(number) }
        try await tell(lines)
        guard follows else { return }
        for await lines in stream { try await tell(lines) }
    }

    // MARK: Small print

    /// Waits until no other operation on the unit is under way; each is ended by ``endTurn(_:)``.
    private func takeTurn(_ name: UnitName) async {
        if turns[name] == nil {
            turns[name] = []
        } else {
            await withCheckedContinuation { turns[name, default: []].append($0) }
        }
    }

    private func endTurn(_ name: UnitName) {
        guard var waiting = turns[name] else { return }
        if waiting.isEmpty {
            turns[name] = nil
        } else {
            let next = waiting.removeFirst()
            turns[name] = waiting
            next.resume()
        }
    }

    private func log(of name: UnitName) -> UnitLog? { services[name]?.log }

    func notLoaded(_ name: UnitName) -> SupervisorError {
        SupervisorError("unit '\(name)' is not on machine '\(machine.short)'; look where it is with list-units")
    }

    func folder(_ name: UnitName) -> String { "\(directory)/units/\(name.text)" }

    func specifiers(_ name: UnitName) -> Specifiers {
        Specifiers(
            name, machine: machine, hostName: hostName, runtimeDirectory: "\(directory)/run", stateDirectory: directory)
    }

    func state(_ service: Service) -> UnitState {
        let ignored = service.settings.unhonoured
        let notes = [service.note, ignored.isEmpty ? nil : "not honoured here: \(ignored.joined(separator: " "))"]
        let note = notes.compactMap(\.self).joined(separator: " · ")
        return UnitState(
            load: "loaded", active: service.active, sub: service.sub, hash: service.file.hash,
            isLaunched: service.isLaunched, since: service.since, restarts: service.restarts,
            note: note.isEmpty ? nil : note, mainPID: service.main?.pid)
    }

    /// Enters a state, keeps it on disk and tells it.
    func enter(_ name: UnitName, _ active: UnitState.Active, _ sub: String, note: String? = nil) {
        guard services[name] != nil else { return }
        if services[name]?.active != active { services[name]?.since = now() }
        services[name]?.active = active
        services[name]?.sub = sub
        services[name]?.note = note
        persist(name)
        tell(name)
    }

    func note(_ name: UnitName, _ text: String?) {
        services[name]?.note = text
        persist(name)
        tell(name)
    }

    private func tell(_ name: UnitName) {
        changed.insert(name)
        changesEnd.yield()
    }
}
