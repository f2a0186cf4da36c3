import FoundationEssentials
import Glibc
import Model
import Processes

extension Supervisor {
    /// How long a unit waits for another that it needs and that is not here yet.
    private static let dependencyWait = Duration.seconds(15)

    func isCurrent(_ name: UnitName, _ generation: Int) -> Bool { services[name]?.generation == generation }

    /// Everything from `start` to running, or to failed.
    func startSequence(_ name: UnitName, _ generation: Int) async {
        guard let settings = services[name]?.settings, isCurrent(name, generation) else { return }
        if let limit = startLimit(name, settings) { return await fail(name, generation, limit, restarts: false) }
        if let missing = await awaitDependencies(name, generation, settings) {
            return await fail(name, generation, missing, restarts: false)
        }
        guard isCurrent(name, generation) else { return }
        enter(name, .activating, settings.startPre.isEmpty ? "start" : "start-pre")
        for command in settings.startPre {
            if let failure = await control(name, generation, command, settings.startTimeout) {
                return await fail(name, generation, "ExecStartPre: \(failure)")
            }
            guard isCurrent(name, generation) else { return }
        }
        switch settings.kind {
        case .oneshot: await startOneshot(name, generation, settings)
        case .notify: await startNotify(name, generation, settings)
        case .simple, .exec, .idle: await startSimple(name, generation, settings)
        }
    }

    private func startLimit(_ name: UnitName, _ settings: ServiceSettings) -> String? {
        let moment = now()
        services[name]?.starts.removeAll { moment.since($0) > settings.startLimitInterval }
        let count = services[name]?.starts.count ?? 0
        services[name]?.starts.append(moment)
        guard settings.startLimitBurst > 0, count >= settings.startLimitBurst else { return nil }
        return "start limit hit: \(count) starts in \(settings.startLimitInterval.brief)"
    }

    private func startSimple(_ name: UnitName, _ generation: Int, _ settings: ServiceSettings) async {
        guard let process = await spawnMain(name, generation, settings, notify: nil) else { return }
        schedule(.watch(name, generation, process))
        await startPost(name, generation, settings)
    }

    private func startPost(_ name: UnitName, _ generation: Int, _ settings: ServiceSettings) async {
        if !settings.startPost.isEmpty { enter(name, .activating, "start-post") }
        for command in settings.startPost {
            if let failure = await control(name, generation, command, settings.startTimeout) {
                await endProcesses(name, settings)
                return await fail(name, generation, "ExecStartPost: \(failure)")
            }
            guard isCurrent(name, generation) else { return }
        }
        guard services[name]?.main != nil || settings.kind == .oneshot else {
            return await fail(name, generation, "its main process ended while it was being started")
        }
        enter(name, .active, settings.kind == .oneshot ? "exited" : "running")
    }

    private func startOneshot(_ name: UnitName, _ generation: Int, _ settings: ServiceSettings) async {
        enter(name, .activating, "start")
        for command in settings.start {
            if let failure = await control(name, generation, command, settings.startTimeout, isMain: true) {
                return await fail(name, generation, failure)
            }
            guard isCurrent(name, generation) else { return }
        }
        if settings.remainsAfterExit { return await startPost(name, generation, settings) }
        for command in settings.startPost + settings.stopPost {
            _ = await control(name, generation, command, settings.startTimeout)
        }
        guard isCurrent(name, generation) else { return }
        enter(name, .inactive, "dead", note: "done: exit 0")
    }

    private func startNotify(_ name: UnitName, _ generation: Int, _ settings: ServiceSettings) async {
        guard let socket = NotifySocket(machine: machine, name: name, generation: generation) else {
            return await fail(name, generation, "no notification socket can be made: errno \(errno)")
        }
        guard let process = await spawnMain(name, generation, settings, notify: socket.address) else {
            return socket.close()
        }
        schedule(.watch(name, generation, process))
        let isReady = await awaitReady(socket, name, generation, settings.startTimeout)
        socket.close()
        guard isCurrent(name, generation), services[name]?.main?.pid == process.pid else { return }
        guard isReady else {
            services[name]?.generation += 1
            await endProcesses(name, settings)
            services[name]?.main = nil
            let limit = settings.startTimeout?.brief ?? "-"
            return await fail(name, services[name]?.generation ?? 0, "not ready within \(limit): no READY=1 came")
        }
        await startPost(name, generation, settings)
    }

    private func awaitReady(
        _ socket: NotifySocket, _ name: UnitName, _ generation: Int, _ limit: Duration?
    ) async -> Bool {
        let deadline = limit.map { now() + $0 }
        while isCurrent(name, generation), services[name]?.main != nil {
            if let deadline, now() >= deadline { return false }
            for line in socket.receive() {
                if line == "READY=1" { return true }
                if line.hasPrefix("STATUS=") { note(name, SafeText.clean(String(line.dropFirst(7)), limit: 200)) }
            }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return false }
        }
        return false
    }

    private func spawnMain(
        _ name: UnitName, _ generation: Int, _ settings: ServiceSettings, notify: String?
    ) async -> UnitProcess? {
        guard let log = services[name]?.log else { return nil }
        guard let command = settings.start.first else {
            await fail(name, generation, "there is no ExecStart= in [Service]")
            return nil
        }
        let output = log.openForAppending()
        defer { close(output) }
        do {
            var environment = try environment(name, settings)
            if let notify { environment.append(("NOTIFY_SOCKET", notify)) }
            let process = try UnitProcess.spawn(
                command, environment: environment, directory: settings.directory, output: output)
            services[name]?.main = process
            services[name]?.groups.insert(process.pid)
            log.note("started '\(command.words[0])' as process \(process.pid)", .notice, at: now())
            return process
        } catch {
            await fail(name, generation, "\(error)")
            return nil
        }
    }

    /// Runs one command of a unit to its end; what went wrong, or nil.
    func control(
        _ name: UnitName, _ generation: Int, _ command: ServiceCommand, _ limit: Duration?, isMain: Bool = false
    ) async -> String? {
        guard let service = services[name] else { return "unloaded meanwhile" }
        let output = service.log.openForAppending()
        defer { close(output) }
        let process: UnitProcess
        do {
            process = try UnitProcess.spawn(
                command, environment: try environment(name, service.settings), directory: service.settings.directory,
                output: output)
        } catch {
            return command.mayFail ? nil : "\(error)"
        }
        services[name]?.groups.insert(process.pid)
        if isMain {
            services[name]?.main = process
            persist(name)
        }
        let ending = await wait(process, limit)
        if isMain, !Task.isCancelled, services[name]?.main?.pid == process.pid { services[name]?.main = nil }
        guard let ending else {
            if Task.isCancelled {
                // We end, the unit does not: whatever was being done for it is the next agent's.
                services[name]?.generation += 1
                return "cut off"
            }
            process.signalGroup(SIGKILL)
            _ = await wait(process, .seconds(5))
            return command.mayFail ? nil : "'\(command.words[0])' took longer than \(limit?.brief ?? "allowed")"
        }
        if case .exited(let code) = ending, service.settings.successCodes.contains(code) { return nil }
        return command.mayFail ? nil : ending.phrase
    }

    private func wait(_ process: UnitProcess, _ limit: Duration?) async -> ChildEnding? {
        let descriptors = descriptors
        return await withTaskGroup(of: ChildEnding?.self) { group in
            group.addTask { await process.ending(descriptors) }
            if let limit {
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return nil
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Waits for the units this one needs, and for those it is to come after; what is missing, or nil.
    private func awaitDependencies(_ name: UnitName, _ generation: Int, _ settings: ServiceSettings) async -> String? {
        for other in settings.wants + settings.requires + settings.bindsTo {
            if let service = services[other], service.active == .inactive || service.active == .failed {
                try? start(other)
            }
        }
        let needed = settings.requires + settings.bindsTo
        let deadline = now() + Self.dependencyWait
        while isCurrent(name, generation) {
            let missing = needed.first { services[$0]?.active != .active }
            let unfinished = settings.after.first {
                services[$0]?.active == .activating && services[$0]?.sub != "auto-restart"
            }
            guard let waited = missing ?? unfinished else { return nil }
            if now() >= deadline {
                guard let missing else { return nil }
                let what = services[missing] == nil ? "is not on this machine" : "is not active"
                return "needs \(missing), which \(what)"
            }
            if services[name]?.note != "waits for \(waited)" {
                enter(name, .activating, "start", note: "waits for \(waited)")
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return nil }
        }
        return nil
    }

    /// A unit could not be started, or its main process ended badly.
    func fail(_ name: UnitName, _ generation: Int, _ why: String, restarts: Bool = true) async {
        guard let service = services[name], isCurrent(name, generation) else { return }
        service.log.note(why, .error, at: now())
        for command in service.settings.stopPost {
            _ = await control(name, generation, command, service.settings.stopTimeout)
        }
        guard isCurrent(name, generation) else { return }
        if restarts, isRestarted(service.settings.restart, failed: true, signalled: why.hasPrefix("killed")) {
            return restartLater(name, generation, why)
        }
        enter(name, .failed, "failed", note: why)
        stopBound(to: name)
    }

    func restartLater(_ name: UnitName, _ generation: Int, _ why: String) {
        guard let service = services[name] else { return }
        let count = service.restarts + 1
        let delay = service.settings.restartDelay
        let pause = delay < .seconds(1) ? "at once" : "in \(delay.brief)"
        enter(name, .activating, "auto-restart", note: "\(why) · restart \(pause) (\(count)×)")
        schedule(.restart(name, generation, delay))
    }

    func isRestarted(_ policy: ServiceSettings.Restart, failed: Bool, signalled: Bool) -> Bool {
        switch policy {
        case .no: false
        case .always: true
        case .onSuccess: !failed
        case .onFailure: failed
        case .onAbnormal, .onAbort: signalled
        }
    }

    /// What a unit's processes get as environment.
    func environment(_ name: UnitName, _ settings: ServiceSettings) throws -> [(String, String)] {
        var result = [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("LANG", "C.UTF-8")]
        result += inherited
        result.append(("QUARTERDECK_UNIT", mark(name)))
        if let main = services[name]?.main { result.append(("MAINPID", "\(main.pid)")) }
        result += settings.environment
        for (path, mayBeMissing) in settings.environmentFiles {
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                if mayBeMissing { continue }
                throw SupervisorError("cannot read EnvironmentFile '\(path)'")
            }
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, let words = try? QuotedWords.split(String(parts[1])) else { continue }
                result.append((String(parts[0]), words.joined(separator: " ")))
            }
        }
        var seen: Set<String> = []
        return result.reversed().filter { seen.insert($0.0).inserted }.reversed()
    }

    /// What marks a unit's processes, wherever they put themselves.
    func mark(_ name: UnitName) -> String { "\(machine)/\(name)" }
}
