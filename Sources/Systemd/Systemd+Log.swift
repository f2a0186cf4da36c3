public import Model

extension Systemd {
    /// So many logs are read at a time.
    static let logsMax = 32

    /// Tells a unit's last lines and, when following, those to come until cancelled.
    ///
    /// Like `journalctl -u`: what its processes wrote, and what systemd says about it. No more than a batch is read
    /// before `tell` has returned.
    /// - Throws: `SystemdError`, when it is not loaded, the journal cannot be read or too many logs are being read,
    ///   and whatever `tell` throws.
    public nonisolated func log(
        _ name: UnitName, last: Int, follows: Bool, _ tell: @Sendable ([LogLine]) async throws -> Void
    ) async throws {
        try await log(name, last: last, since: nil, follows: follows, tell)
    }

    /// The same, with no line older than a moment.
    public nonisolated func log(
        _ name: UnitName, last: Int, since: Timestamp?, follows: Bool,
        _ tell: @Sendable ([LogLine]) async throws -> Void
    ) async throws {
        try await beginLog(name)
        do {
            try await readLog(name, last: last, since: since, follows: follows, tell)
        } catch {
            await endLog()
            throw error
        }
        await endLog()
    }

    private func beginLog(_ name: UnitName) throws {
        guard loaded[name] != nil else { throw SystemdError.notLoaded(name, machine) }
        guard logsRead < Self.logsMax else { throw SystemdError.logs(machine, most: Self.logsMax) }
        logsRead += 1
    }

    private func endLog() { logsRead -= 1 }

    private nonisolated func readLog(
        _ name: UnitName, last: Int, since: Timestamp?, follows: Bool,
        _ tell: @Sendable ([LogLine]) async throws -> Void
    ) async throws {
        let reader = try JournalReader(root: places.root, unit: name)
        do {
            try await reader.open(last: last, since: since)
            // Who does not follow is told no more than was asked for, however fast the unit writes.
            var left = follows ? Int.max : last
            repeat {
                while left > 0, let (lines, entries) = try await reader.read(most: left) {
                    try Task.checkCancellation()
                    if !follows { left -= entries }
                    if !lines.isEmpty { try await tell(lines) }
                }
                if follows { try await reader.wait() }
            } while follows
        } catch let failure as BusFailure {
            throw SystemdError.journal(doing("read the journal of", name), why: failure.words)
        }
    }

    /// What systemd wrote about a file that it did not take; nil when nothing is found.
    func reason(_ name: UnitName, since: Timestamp) async -> String? {
        // systemd's shorter words from the bus are told when there is no reader.
        guard (try? await reasonGate.enter()) != nil else { return nil }
        defer { reasonGate.leave() }
        guard let reader = try? JournalReader(root: places.root, unit: name) else { return nil }
        // The journal is written a moment after the bus has answered.
        for _ in 0..<5 {
            do {
                try await reader.open(last: 20, since: since - .milliseconds(20))
                let lines = try await reader.read()?.lines ?? []
                let words = lines.filter { $0.level <= .warning }.map(\.text)
                if !words.isEmpty { return SafeText.clean(words.suffix(3).joined(separator: " · "), limit: 512) }
                try await Task.sleep(for: .milliseconds(40))
            } catch {
                // systemd's shorter words from the bus are told instead.
                return nil
            }
        }
        return nil
    }

    nonisolated func doing(_ verb: String, _ name: UnitName) -> SystemdError.Doing {
        SystemdError.Doing(verb: verb, unit: name, machine: machine)
    }
}
