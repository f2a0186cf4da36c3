import Glibc
public import Model

extension Systemd {
    /// Takes a unit's file, in place of any of ours; a unit that ran with another file is stopped first.
    /// - Throws: `SystemdError`: why it cannot be run here, in systemd's words where it is systemd that refuses.
    public func load(_ name: UnitName, _ file: UnitFile) async throws {
        try await inTurn(name) { try await loadNow(name, file) }
    }

    private func loadNow(_ name: UnitName, _ file: UnitFile) async throws {
        let doing = doing("load", name)
        guard (try? UnitFile(parsing: file.text)) == file else {
            throw SystemdError.unwritable(doing, why: "its file reads otherwise than it is written")
        }
        guard let bus, bus.isOpen else { throw SystemdError.away(doing, why: "there is no connection") }
        try checkHost(name, doing)
        let isSame = loaded[name]?.hash == file.hash && places.text(name) == file.text
        if !isSame, loaded[name] != nil { try await stopNow(name, doing) }
        let isWantedAnew: Bool
        do {
            isWantedAnew = try places.place(name, file.text)
        } catch {
            throw SystemdError.files(doing, path: error.path, why: error.why)
        }
        let before = loaded[name]
        if !isSame { remember(name, file, isLaunched: false) }
        do {
            if isWantedAnew { try await asking(doing) { try await reloadFiles() } }
            try await learn(name, doing)
        } catch let error as SystemdError {
            if case .taken = error { undo(name, before) }
            if case .masked = error { undo(name, before) }
            throw error
        }
    }

    private func checkHost(_ name: UnitName, _ doing: SystemdError.Doing) throws {
        switch places.host(name) {
        case .nothing: break
        case .masked: throw SystemdError.masked(doing)
        case .file(let path): throw SystemdError.taken(doing, path: path)
        }
    }

    private func undo(_ name: UnitName, _ before: Loaded?) {
        places.remove(name)
        if before == nil { paths.names[loaded[name]?.path ?? ""] = nil }
        loaded[name] = nil
        if before != nil { tell(name) }
    }

    /// Has systemd read the file, all files anew if it must, and says what it thinks of it.
    private func learn(_ name: UnitName, _ doing: SystemdError.Doing) async throws {
        let since = now()
        try await asking(doing) { try await read(name, withType: false) }
        if loaded[name]?.facts.needsReload == true {
            try await asking(doing) { try await reloadFiles() }
            try await asking(doing) { try await read(name, withType: false) }
        }
        guard let facts = loaded[name]?.facts else { return }
        if facts.load == "masked" { throw SystemdError.masked(doing) }
        if facts.load == "loaded" {
            if places.isOurs(facts.fragment, name) { return }
            let path = facts.fragment.isEmpty ? "(made by systemd itself)" : facts.fragment
            throw SystemdError.taken(doing, path: path)
        }
        let words = await reason(name, since: since) ?? facts.loadError
        loaded[name]?.facts.loadError = words
        tell(name)
        throw SystemdError.badFile(doing, load: facts.load, words: words)
    }

    /// Starts a loaded unit: returns when systemd has queued its job; how it goes is in its state.
    /// - Throws: `SystemdError`, when it is not loaded or systemd refuses.
    public func start(_ name: UnitName) async throws {
        try await inTurn(name) { try await startNow(name, "StartUnit", doing("start", name)) }
    }

    /// Stops a unit and starts it again: returns when systemd has queued its job.
    /// - Throws: `SystemdError`, when it is not loaded or systemd refuses.
    public func restart(_ name: UnitName) async throws {
        try await inTurn(name) { try await startNow(name, "RestartUnit", doing("restart", name)) }
    }

    private func startNow(_ name: UnitName, _ method: String, _ doing: SystemdError.Doing) async throws {
        guard let unit = loaded[name] else { throw SystemdError.notLoaded(name, machine) }
        do {
            try places.setLaunched(name, true)
        } catch {
            throw SystemdError.files(doing, path: error.path, why: error.why)
        }
        loaded[name]?.isLaunched = true
        loaded[name]?.jobFailure = nil
        loaded[name]?.isAsked = true
        defer {
            loaded[name]?.isAsked = false
            tell(name)
        }
        tell(name)
        if unit.facts.active == "failed" { try await resetFailed(name, doing) }
        try await startGate.enter()
        let job: Int64
        let early: String?
        do {
            (job, early) = try await asking(doing) { try await queue(name, method) }
        } catch {
            startGate.leave()
            throw error
        }
        loaded[name]?.startJob = job
        if let early {
            startGate.leave()
            startEnded(name, early)
        } else if !startJobs.insert(job).inserted {
            // systemd has put it together with a job that waits already.
            startGate.leave()
        }
    }

    /// Stops a unit and waits until it has; it stays loaded. A start that is under way is cancelled.
    ///
    /// How long a stop may take is the unit's own `TimeoutStopSec=`, which systemd enforces; the wait can be cancelled.
    /// - Throws: `SystemdError`, when it is not loaded, systemd refuses or goes away.
    public func stop(_ name: UnitName) async throws {
        try await inTurn(name) { try await stopNow(name, doing("stop", name)) }
    }

    private func stopNow(_ name: UnitName, _ doing: SystemdError.Doing) async throws {
        guard loaded[name] != nil else { throw SystemdError.notLoaded(name, machine) }
        loaded[name]?.isLaunched = false
        loaded[name]?.jobFailure = nil
        // Taking a mark away cannot fail in a way that matters: the unit's file goes with it.
        try? places.setLaunched(name, false)
        loaded[name]?.isAsked = true
        defer {
            loaded[name]?.isAsked = false
            tell(name)
        }
        tell(name)
        do {
            let result = try await asking(doing, knowing: true) { try await finish(name, "StopUnit") }
            if result != "done", result != "canceled" {
                throw SystemdError.refused(doing, words: "stop job failed: result \(SafeText.name(result))")
            }
        } catch let failure as BusFailure where failure.isNoSuchUnit {
            loaded[name]?.facts.forget()
            tell(name)
        }
    }

    /// Stops a unit, waits until it has, and forgets it with its file.
    /// - Throws: `SystemdError`, when it cannot be stopped; it is then still there.
    public func unload(_ name: UnitName) async throws {
        try await inTurn(name) {
            guard loaded[name] != nil else { return }
            let doing = doing("unload", name)
            try await stopNow(name, doing)
            places.remove(name)
            try await resetFailed(name, doing)
            // systemd keeps what others refer to, and with it the file that is gone.
            if try await isKept(name, doing) { try await asking(doing) { try await reloadFiles() } }
            forget(name)
        }
    }

    /// Runs a unit's `ExecReload=` and waits for its end.
    /// - Throws: `SystemdError`, when it has none, is not running, or the command fails.
    public func reload(_ name: UnitName) async throws {
        let doing = doing("reload", name)
        try await inTurn(name) {
            guard loaded[name] != nil else { throw SystemdError.notLoaded(name, machine) }
            let result = try await asking(doing) { try await finish(name, "ReloadUnit") }
            if result != "done" {
                throw SystemdError.refused(doing, words: "reload job failed: result \(SafeText.name(result))")
            }
        }
    }
}
