import Model
import Runtime

extension FleetSource {
    /// Stores a unit. Another file of a unit that is on a machine goes there when the old one is off it: fleet takes
    /// any replaced unit for one that nobody wants, and is told anew what is wanted.
    func submit(_ name: UnitName, _ file: UnitFile, _ desired: DesiredState) async throws -> String {
        if name.isTemplate, desired != .inactive { try await want(name, desired) }
        guard let stored = try await known(name) else {
            try await client.put(name, options: file.fleetOptions, desired: desired.rawValue)
            return "\(name) is stored in cluster '\(cluster)', wanted \(desired.rawValue)"
        }
        if stored.file.text == file.text {
            if stored.desired != desired { try await client.put(name, options: nil, desired: desired.rawValue) }
            return "\(name) is stored in cluster '\(cluster)' already, wanted \(desired.rawValue)"
        }
        switch try await replace(name, file) {
        case .destroyed: throw destroyed(name)
        case .unloaded(let now):
            if now != desired { try await wantAgain(name, desired, after: "its new file") }
        case .cut(let why):
            if stored.desired != .inactive { try await wantAgain(name, stored.desired, after: "its new file") }
            throw FleetOrderTrouble(
                "'\(name)' gets its new file perhaps, and perhaps not (\(why)); it is wanted "
                    + "\(stored.desired.rawValue) as before; do it again")
        }
        return "\(name) has a new file in cluster '\(cluster)', wanted \(desired.rawValue)"
    }

    private enum Replacing {
        /// The unit is off its machine, or the time for that is over; with what is wanted of it now.
        case unloaded(DesiredState)
        case destroyed
        /// What became of it is not known, with the reason; perhaps the unit stops.
        case cut(String)
    }

    /// Gives a unit another file, with nothing wanted of it, and waits until it is off its machine.
    /// - Throws: what fleet refused, and then nothing was changed.
    private func replace(_ name: UnitName, _ file: UnitFile) async throws -> Replacing {
        do {
            try await client.put(name, options: file.fleetOptions, desired: nil)
        } catch let refusal as FleetRefusal where refusal.isFinal {
            throw refusal
        } catch {
            return .cut(Self.sentence(error))
        }
        do {
            return try await untilUnloaded(name)
        } catch {
            return .cut(Self.sentence(error))
        }
    }

    /// Waits until fleet has taken a replaced unit off its machine, or somebody wants it otherwise.
    private func untilUnloaded(_ name: UnitName) async throws -> Replacing {
        let end = clock.now() + patience.unload
        while clock.now() < end {
            guard let unit = try await known(name) else { return .destroyed }
            if unit.desired != .inactive { return .unloaded(unit.desired) }
            if unit.machine == nil, unit.current ?? .inactive == .inactive {
                let states = FleetReading.states(try await client.states(of: name)).0
                if !states.contains(where: { $0.unit == name }) { break }
            }
            try await Task.sleep(for: patience.look)
        }
        return .unloaded(.inactive)
    }

    private static func sentence(_ error: any Error) -> String {
        error is CancellationError ? "it was cut off" : SafeText.clean("\(error)", limit: 512)
    }

    /// What was stopped for something is wanted again whatever happens to who asked.
    ///
    /// - Parameter what: what it was stopped for
    func wantAgain(_ name: UnitName, _ desired: DesiredState, after what: String) async throws {
        let failure = FleetFailure()
        let (client, clock, patience) = (client, clock, patience.again)
        await uncancelled {
            let end = clock.now() + patience
            var backoff = Backoff()
            while true {
                do {
                    return try await client.put(name, options: nil, desired: desired.rawValue)
                } catch let refusal as FleetRefusal where refusal.isFinal {
                    return failure.set("\(refusal)")
                } catch {
                    if clock.now() >= end { return failure.set("\(error)") }
                    try? await backoff.pause()
                }
            }
        }
        guard let why = failure.text else { return }
        throw FleetOrderTrouble(
            "'\(name)' was stopped for \(what) and cannot be wanted \(desired.rawValue) again: "
                + "\(SafeText.clean(why, limit: 300)); "
                + (desired == .launched ? "start it" : "want it so"))
    }
}
