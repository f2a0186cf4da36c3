import Glibc
import Model
import Processes

extension Supervisor {
    /// The main process of a unit ended by itself.
    func mainEnded(_ name: UnitName, _ generation: Int, _ process: UnitProcess, _ ending: ChildEnding) async {
        guard let service = services[name], service.main?.pid == process.pid else { return }
        services[name]?.main = nil
        service.log.take(at: now())
        service.log.note(
            "main process \(ending.phrase)", isClean(ending, service.settings) ? .notice : .error, at: now())
        guard isCurrent(name, generation) else { return }
        let sub = service.sub
        await endProcesses(name, service.settings)
        guard isCurrent(name, generation) else { return }
        if sub == "start-pre" || sub == "start-post" { return }
        guard isClean(ending, service.settings) else { return await fail(name, generation, ending.phrase) }
        for command in service.settings.stopPost {
            _ = await control(name, generation, command, service.settings.stopTimeout)
        }
        guard isCurrent(name, generation) else { return }
        if isRestarted(service.settings.restart, failed: false, signalled: false) {
            return restartLater(name, generation, ending.phrase)
        }
        if service.settings.remainsAfterExit { return enter(name, .active, "exited") }
        enter(name, .inactive, "dead", note: ending.phrase)
        stopBound(to: name)
    }

    /// - Source: systemd.service(5), `SuccessExitStatus=`: 0 and SIGHUP, SIGINT, SIGTERM, SIGPIPE.
    private func isClean(_ ending: ChildEnding, _ settings: ServiceSettings) -> Bool {
        switch ending {
        case .exited(let code): settings.successCodes.contains(code)
        case .signalled(let number): [SIGHUP, SIGINT, SIGTERM, SIGPIPE].contains(number)
        case .unknown: false
        }
    }

    /// Units bound to one that has stopped stop with it.
    func stopBound(to name: UnitName) {
        for service in services.values where service.active != .inactive && service.settings.bindsTo.contains(name) {
            schedule(.stopBound(service.name))
        }
    }

    /// The units that are up and need this one, or are part of it.
    func followers(of name: UnitName) -> [UnitName] {
        services.values.filter { other in
            let needs = other.settings.requires + other.settings.bindsTo + other.settings.partOf
            return other.name != name && other.active != .inactive && needs.contains(name)
        }.map(\.name).sorted()
    }

    /// Everything from `stop` to dead.
    func stopUnit(_ name: UnitName, launched: Bool, passesOn: Bool = true) async {
        guard var service = services[name] else { return }
        service.generation += 1
        service.isLaunched = launched
        services[name] = service
        let generation = service.generation
        let wasUp = service.active != .inactive && service.active != .failed
        if wasUp {
            enter(name, .deactivating, "stop")
            if passesOn { for follower in followers(of: name) { schedule(.stopBound(follower)) } }
            for command in service.settings.stop where service.main != nil {
                _ = await control(name, generation, command, service.settings.stopTimeout)
            }
        }
        if wasUp, isCurrent(name, generation) { enter(name, .deactivating, "stop-sigterm") }
        await endProcesses(name, service.settings)
        services[name]?.main = nil
        if wasUp, isCurrent(name, generation) {
            for command in service.settings.stopPost {
                _ = await control(name, generation, command, service.settings.stopTimeout)
            }
        }
        if isCurrent(name, generation) { enter(name, .inactive, "dead") }
    }

    /// Ends a unit's processes as its `KillMode=` says: first kindly, after `TimeoutStopSec=` by force.
    func endProcesses(_ name: UnitName, _ settings: ServiceSettings) async {
        guard let service = services[name], settings.killMode != .none else { return }
        if let main = service.main, settings.killMode != .controlGroup { kill(main.pid, settings.killSignal) }
        if settings.killMode == .controlGroup {
            for group in service.groups { kill(-group, settings.killSignal) }
        }
        var left = settings.stopTimeout ?? .seconds(86_400)
        while left > .zero, !living(name, settings).isEmpty {
            do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
            left -= .milliseconds(10)
        }
        let stubborn = living(name, settings)
        if !stubborn.isEmpty {
            service.log.note("killed \(stubborn.count) processes that did not stop", .warning, at: now())
        }
        for pid in stubborn { kill(pid, SIGKILL) }
        if settings.killMode != .process {
            for group in service.groups { kill(-group, SIGKILL) }
            await endMarked(name)
            services[name]?.groups = []
        }
    }

    /// Ends what left the unit's sessions. One that is just becoming another program shows no mark for a moment, so
    /// they are looked for until twice in a row there is none; about a second, as some cannot be ended.
    private func endMarked(_ name: UnitName) async {
        var looksLeft = 2
        for _ in 0..<200 where looksLeft > 0 {
            let marked = ProcessTable.marked("QUARTERDECK_UNIT=\(mark(name))")
            for pid in marked { kill(pid, SIGKILL) }
            looksLeft = marked.isEmpty ? looksLeft - 1 : 2
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
        }
    }

    /// The processes that a stop has to wait for.
    private func living(_ name: UnitName, _ settings: ServiceSettings) -> [pid_t] {
        guard let service = services[name] else { return [] }
        if settings.killMode == .process || settings.killMode == .mixed {
            return service.main.map { $0.pid }.map { ProcessTable.isAlive($0) ? [$0] : [] } ?? []
        }
        let groups = service.groups.filter { kill(-$0, 0) == 0 }
        if groups.isEmpty { return [] }
        return ProcessTable().processes.filter { groups.contains($0.value.session) }.map(\.key)
    }
}
