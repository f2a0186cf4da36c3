import Glibc
import Model

extension Systemd {
    /// Queues a job: its number, and its result when it ended before its number was known here.
    /// - Throws: `BusFailure`, also when the connection ended with the answer: nobody will tell of the job then.
    func queue(_ name: UnitName, _ method: String) async throws -> (job: Int64, early: String?) {
        jobCalls[name, default: 0] += 1
        defer {
            let left = (jobCalls[name] ?? 1) - 1
            jobCalls[name] = left > 0 ? left : nil
            if left <= 0 { earlyEnds = earlyEnds.filter { $0.value.unit != name } }
        }
        let used = try openBus()
        let path = try await used.call(.manager(method, [.text(name.text), .text("replace")])) { try $0.text() }
        guard bus === used, used.isOpen else { throw BusFailure(number: ENOTCONN) }
        let job = path.split(separator: "/").last.flatMap { Int64($0) } ?? 0
        return (job, earlyEnds[job]?.result)
    }

    /// Queues a job and waits for its end: its result, `done` when all is well.
    /// - Throws: `BusFailure`, also when the connection is lost meanwhile.
    func finish(_ name: UnitName, _ method: String) async throws -> String {
        try await stopGate.enter()
        defer { stopGate.leave() }
        let (job, early) = try await queue(name, method)
        if let early { return early }
        let awaited = Awaited<String>()
        jobWaits[job] = (name, awaited)
        defer { jobWaits[job] = nil }
        return try await awaited.value()
    }

    /// Takes a failure back, and with it the count of starts that systemd limits.
    func resetFailed(_ name: UnitName, _ doing: SystemdError.Doing) async throws {
        do {
            try await asking(doing, knowing: true) {
                try await openBus().call(.manager("ResetFailedUnit", [.text(name.text)])) { _ in }
            }
        } catch let failure as BusFailure where failure.isNoSuchUnit {
            return
        }
    }

    /// Whether systemd still has the unit in memory.
    func isKept(_ name: UnitName, _ doing: SystemdError.Doing) async throws -> Bool {
        do {
            return try await asking(doing, knowing: true) {
                try await openBus().call(.manager("GetUnit", [.text(name.text)])) { _ in true }
            }
        } catch let failure as BusFailure where failure.isNoSuchUnit {
            return false
        }
    }

    /// Has systemd read all files anew, once for all who want it at the same time.
    func reloadFiles() async throws {
        try await reloads.perform {
            // With thousands of units and generators of its own a machine takes seconds for it.
            try await openBus().call(.manager("Reload", deadline: .seconds(120))) { _ in }
        }
    }

    /// Gives failures of the bus the sentence that says what was being done.
    ///
    /// - Parameter knowing: the caller knows what to do when systemd has no such unit: that failure stays as it is
    func asking<Answer>(
        _ doing: SystemdError.Doing, knowing: Bool = false, _ ask: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await ask()
        } catch let failure as BusFailure {
            if knowing, failure.isNoSuchUnit { throw failure }
            if failure.isConnection { throw SystemdError.away(doing, why: failure.words) }
            if failure.name.hasSuffix(".UnitMasked") { throw SystemdError.masked(doing) }
            throw SystemdError.refused(doing, words: failure.words)
        }
    }
}
