import Model

extension Systemd {
    /// Takes what systemd told by itself.
    func take(_ signal: BusSignal) {
        switch signal {
        case .properties(let name, _, let properties):
            guard loaded[name] != nil else { return }
            loaded[name]?.facts.take(properties)
            if loaded[name]?.facts.active == "active" { loaded[name]?.jobFailure = nil }
            tell(name)
        case .unitRemoved(let text): unitRemoved(text)
        case .jobRemoved(let id, let unit, let result): jobRemoved(id, unit, result)
        case .reloading(let isBegin):
            isReloading = isBegin
            if isBegin { reloadsSeen += 1 }
        case .managerAppeared:
            // Executed anew, systemd has forgotten that we want to be told: connect anew.
            bus?.close(BusFailure(name: "executed", words: "systemd was executed anew"))
        }
    }

    /// While systemd reloads it removes and adds every unit; that means nothing.
    private func unitRemoved(_ text: String) {
        guard !isReloading, let name = try? UnitName(text), loaded[name] != nil else { return }
        loaded[name]?.facts.forget()
        endWaits("done") { $0 == name }
        tell(name)
    }

    private func jobRemoved(_ id: Int64, _ text: String, _ result: String) {
        if startJobs.remove(id) != nil { startGate.leave() }
        guard let name = try? UnitName(text), let unit = loaded[name] else { return }
        if let wait = jobWaits.removeValue(forKey: id) {
            wait.awaited.finish(.success(result))
        } else if jobCalls[name] != nil {
            earlyEnds[id] = (name, result)
        }
        if unit.startJob == id { startEnded(name, result) }
        if unit.facts.job == id { loaded[name]?.facts.job = 0 }
        tell(name)
    }

    /// - Source: org.freedesktop.systemd1(5), JobRemoved; a replaced job is `canceled`, an unmet condition `skipped`.
    func startEnded(_ name: UnitName, _ result: String) {
        loaded[name]?.startJob = 0
        loaded[name]?.jobFailure = ["done", "canceled", "skipped"].contains(result) ? nil : SafeText.name(result)
    }

    private func endWaits(_ result: String, where fits: (UnitName) -> Bool) {
        for (id, wait) in jobWaits where fits(wait.unit) {
            jobWaits[id] = nil
            wait.awaited.finish(.success(result))
        }
    }

    /// The connection is lost: nobody will tell of the jobs that are waited for.
    func ended(_ why: BusFailure) {
        if let bus { stopPolling(bus) }
        bus = nil
        let waits = jobWaits.values
        jobWaits = [:]
        earlyEnds = [:]
        for _ in startJobs { startGate.leave() }
        startJobs = []
        for name in loaded.keys { loaded[name]?.startJob = 0 }
        for wait in waits { wait.awaited.finish(.failure(why)) }
        setConnection(why.words)
        busEnd.finish(.failure(why))
    }
}
