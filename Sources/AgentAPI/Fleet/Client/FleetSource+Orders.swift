public import Model
import Runtime
import Web

/// How long orders wait for fleet's agents.
package struct FleetPatience: Sendable {
    /// Between two looks.
    package var look = Duration.milliseconds(500)
    /// Until a unit has stopped: systemd itself kills after 90 s unless a file says otherwise.
    package var stop = Duration.seconds(120)
    /// Until a unit is off its machine, before another file of it is put there.
    package var unload = Duration.seconds(60)
    /// What an agent needs to see that another state is wanted: it looks every 5 s.
    package var notice = Duration.seconds(6)
    /// Until what was stopped is wanted again, where fleet does not answer: its server is away for half a minute when
    /// it was killed and started again.
    package var again = Duration.seconds(60)

    /// The usual.
    package init() {}
}

extension FleetSource {
    /// Carries out one order.
    public func carryOut(_ order: Order) async -> Outcome {
        defer { nudge.set() }
        return await Outcome.of(order, telling: { outcome($0, of: order) }) { try await carry(order) }
    }

    private func outcome(_ error: any Error, of order: Order) -> Outcome? {
        switch error {
        case let refusal as FleetOrderRefusal: return .refused(refusal.text)
        case let trouble as FleetOrderTrouble: return .failed(trouble.text)
        case let refusal as FleetRefusal:
            let text = "cannot \(order.phrase) in cluster '\(cluster)': \(refusal)"
            if refusal.isFinal { return .refused(text) }
            return refusal.status == FleetClient.unable ? .unreachable(text) : .failed(text)
        case let error as WebError:
            return .unreachable("cannot \(order.phrase): \(SafeText.clean("\(error)", limit: 512))")
        default: return nil
        }
    }

    private func carry(_ order: Order) async throws -> String {
        switch order {
        case .submit(_, let name, let file, let wanted):
            guard wanted.over == nil else {
                throw FleetOrderRefusal("fleet guards no change of '\(name)' against another; submit it with --replace")
            }
            return try await submit(name, file, wanted.desired)
        case .want(_, let name, let desired):
            try await want(name, desired)
            return "\(name) is wanted \(desired.rawValue)"
        case .destroy(_, let name):
            guard try await client.delete(name) else {
                throw FleetOrderRefusal(
                    "unit '\(name)' does not exist in cluster '\(cluster)'; nothing was destroyed")
            }
            return "\(name) is destroyed"
        case .restart(_, let name, let machine): return try await restart(name, on: machine)
        case .move(_, let name, _):
            throw FleetOrderRefusal(
                "fleet moves no unit that it has placed: unload '\(name)' and start it again to place it anew, or "
                    + "import it into a cluster of ours")
        case .drain(_, let machine), .undrain(_, let machine):
            throw FleetOrderRefusal(
                "fleet drains no machine: 'systemctl stop fleet' on \(machine.short) has it give its units away")
        case .roll(_, let name, _, _), .endRoll(_, let name, _):
            throw FleetOrderRefusal(
                "fleet gives a global unit's file to all machines at once: submit '\(name)' with --replace, or import "
                    + "it into a cluster of ours")
        case .scale(let cluster, _, _):
            throw FleetOrderRefusal(
                "fleet keeps no number of machines for cluster '\(cluster)'; make or delete its VMs in their cloud")
        case .createVM, .act:
            throw FleetOrderRefusal("cluster '\(cluster)' has no VMs of its own; ask their cloud")
        }
    }

    /// What fleet has of a unit.
    func known(_ name: UnitName) async throws -> FleetUnit? {
        guard let told = try await client.unit(name) else { return nil }
        do throws(SkippedUnit) {
            return try FleetReading().unit(told)
        } catch {
            throw FleetOrderRefusal("cluster '\(cluster)': \(error.text)")
        }
    }

    func want(_ name: UnitName, _ desired: DesiredState) async throws {
        if name.isTemplate, desired != .inactive {
            throw FleetOrderRefusal(
                "cannot activate template '\(name)'; name an instance such as \(name.prefix)@1.\(name.type)")
        }
        guard let unit = try await known(name) else {
            throw FleetOrderRefusal(
                "unit '\(name)' does not exist in cluster '\(cluster)'; submit it first, or list those there are")
        }
        if unit.desired != desired { try await client.put(name, options: nil, desired: desired.rawValue) }
    }

    /// Stops a unit, waits until it has stopped, and starts it: fleet itself has no restart, and a start that comes
    /// before an agent has seen the stop changes nothing at all.
    private func restart(_ name: UnitName, on machine: ID<Machine>?) async throws -> String {
        guard let unit = try await known(name) else { throw destroyed(name) }
        guard unit.desired == .launched else {
            throw FleetOrderRefusal(
                "unit '\(name)' is wanted \(unit.desired.rawValue) in cluster '\(cluster)'; start it instead")
        }
        if let machine, !unit.isSingle || unit.machine != machine {
            throw FleetOrderRefusal(
                "fleet restarts '\(name)' everywhere or nowhere; for one machine log in to \(machine.short) and run "
                    + "systemctl restart \(name)")
        }
        guard !unit.isSingle || unit.machine != nil else {
            throw FleetOrderRefusal(
                "unit '\(name)' is on no machine of cluster '\(cluster)' yet; see 'explain \(name)'")
        }
        let ending: Stopping
        do {
            try await client.put(name, options: nil, desired: DesiredState.loaded.rawValue)
            ending = await untilStopped(name, isSingle: unit.isSingle)
        } catch let refusal as FleetRefusal {
            throw refusal
        } catch {
            // The answer is lost, and perhaps the unit stops: it is to run again whatever happened.
            ending = .cut(SafeText.clean("\(error)", limit: 512))
        }
        if case .changed(let text) = ending { throw FleetOrderTrouble(text) }
        try await wantAgain(name, .launched, after: "a restart")
        switch ending {
        case .stopped: return "\(name) has stopped and is wanted launched again"
        case .changed(let text): throw FleetOrderTrouble(text)
        case .late:
            throw FleetOrderTrouble(
                "'\(name)' was not seen to stop within \(patience.stop.components.seconds) s; it is wanted launched "
                    + "again as before, and has perhaps not been restarted")
        case .cut(let error):
            throw FleetOrderTrouble(
                "the restart of '\(name)' was cut off (\(error)); it is wanted launched again as before")
        }
    }

    private enum Stopping {
        case stopped
        case late
        case changed(String)
        case cut(String)
    }

    private func untilStopped(_ name: UnitName, isSingle: Bool) async -> Stopping {
        let begin = clock.now()
        do {
            while clock.now().since(begin) < patience.stop {
                try await Task.sleep(for: patience.look)
                guard let unit = try await known(name) else {
                    return .changed("'\(name)' was destroyed by somebody while it was restarted")
                }
                guard unit.desired == .loaded else {
                    return .changed(
                        "somebody wants '\(name)' \(unit.desired.rawValue) since it was stopped for a restart; "
                            + "that was left alone")
                }
                let states = FleetReading.states(try await client.states(of: name)).0.filter { $0.unit == name }
                let isStill = states.allSatisfy { $0.state.active == .inactive || $0.state.active == .failed }
                let isSeen = isSingle ? unit.current != .launched : clock.now().since(begin) >= patience.notice
                if isStill, isSeen { return .stopped }
            }
            return .late
        } catch {
            return .cut(SafeText.clean("\(error)", limit: 200))
        }
    }

    func destroyed(_ name: UnitName) -> FleetOrderRefusal {
        FleetOrderRefusal("unit '\(name)' does not exist in cluster '\(cluster)'; list those there are")
    }
}

/// Why an order was not given to fleet.
struct FleetOrderRefusal: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// What went wrong with an order that was begun.
struct FleetOrderTrouble: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
