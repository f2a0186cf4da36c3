import Glibc
import Model

extension Systemd {
    /// Queues a job; its number.
    /// - Throws: `BusFailure`.
    func queue(_ name: UnitName, _ method: String) async throws -> Int64 {
        jobCalls[name, default: 0] += 1
        defer {
            let left = (jobCalls[name] ?? 1) - 1
            jobCalls[name] = left > 0 ? left : nil
        }
        let path = try await openBus().call(.manager(method, [.text(name.text), .text("replace")])) { try $0.text() }
        return path.split(separator: "/").last.flatMap { Int64($0) } ?? 0
    }

    /// The result of a job that ended before its number was known here.
    func takeEarlyEnd(_ name: UnitName, _ job: Int64) -> String? {
        defer { if jobCalls[name] == nil { earlyEnds = earlyEnds.filter { $0.value.unit != name } } }
        return earlyEnds[job]?.result
    }

    /// Queues a job and waits for its end: its result, `done` when all is well.
    /// - Throws: `BusFailure`, also when the connection is lost meanwhile.
    func finish(_ name: UnitName, _ method: String) async throws -> String {
        try await stopGate.enter()
        defer { stopGate.leave() }
        let job = try await queue(name, method)
        if let early = takeEarlyEnd(name, job) { return early }
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
