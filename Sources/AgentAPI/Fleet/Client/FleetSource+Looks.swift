public import Model
public import Runtime

extension FleetSource {
    /// Reads everything once.
    /// - Throws: a sentence for people.
    public func look() async throws -> (contents: ClusterContents, odd: String?) {
        var reading = FleetReading()
        async let toldMachines = client.machines()
        async let toldStates = client.states()
        let (units, oddUnits) = reading.units(try await client.units())
        let (machines, oddMachines) = FleetReading.machines(try await toldMachines)
        let (states, oddStates) = FleetReading.states(try await toldStates)
        var view = empty()
        let now = clock.now()
        view.take(machines: machines)
        view.take(units: units, at: now)
        _ = view.take(states: states)
        guard let contents = view.contents(at: nil) else { preconditionFailure("everything was read") }
        return (contents, Self.sentence([oddMachines, oddUnits, oddStates]))
    }

    /// The machines.
    public func machines() async throws -> [Machine] { FleetReading.machines(try await client.machines()).0 }

    /// One unit with what its machines say of it; nil when there is none of that name.
    public func unit(_ name: UnitName) async throws -> Unit? {
        guard let told = try await client.unit(name) else { return nil }
        let unit: FleetUnit
        do throws(SkippedUnit) {
            unit = try FleetReading().unit(told)
        } catch {
            throw SourceError(error.text)
        }
        let states = FleetReading.states(try await client.states(of: name)).0.filter { $0.unit == name }
        return unit.unit(states)
    }

    /// Tells some units again and again until cancelled: for whoever waits for them.
    ///
    /// Few are asked one by one, many by fleet's lists. What does not answer is told in words.
    public func watch(
        _ names: [UnitName], _ tell: @Sendable (Result<ClusterContents, SourceError>) async -> Void
    ) async throws {
        var unplaced: [UnitName: Timestamp] = [:]
        var backoff = Backoff(first: .seconds(1))
        while true {
            do {
                var contents = try await names.count <= Self.fewMax ? contents(of: names) : look().contents
                let now = clock.now()
                for index in contents.units.indices { Self.note(&contents.units[index], &unplaced, now) }
                await tell(.success(contents))
                backoff.reset()
                try await Task.sleep(for: names.count <= Self.fewMax ? patience.look : patience.look * 4)
            } catch let error as CancellationError {
                throw error
            } catch {
                try Task.checkCancellation()
                await tell(.failure(SourceError(SafeText.clean("\(error)", limit: 512))))
                try await backoff.pause()
            }
        }
    }

    /// So many units are asked one by one.
    private static let fewMax = 8

    private func contents(of names: [UnitName]) async throws -> ClusterContents {
        var contents = ClusterContents(cluster: empty().cluster, machines: try await machines())
        for name in names {
            if let unit = try await unit(name) { contents.units.append(unit) }
        }
        return contents
    }

    private static func note(_ unit: inout Unit, _ unplaced: inout [UnitName: Timestamp], _ now: Timestamp) {
        let isWanted = unit.desired != .inactive && !unit.isGlobal && !unit.name.isTemplate
        guard isWanted, unit.placement == nil else {
            unplaced[unit.name] = nil
            return
        }
        let since = unplaced[unit.name] ?? now
        unplaced[unit.name] = since
        unit.waiting = now.since(since) >= FleetView.placing ? FleetView.waiting(since) : nil
    }
}
