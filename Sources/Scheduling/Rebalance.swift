public import Model

/// Moves that would even out the load of a cluster's machines, for somebody to look at before any is asked.
public struct Rebalance: Hashable, Sendable {
    /// One unit that would be better off elsewhere.
    public struct Move: Hashable, Sendable {
        /// The unit.
        public let unit: UnitName
        /// Where it is.
        public let from: ID<Machine>
        /// Where it would go.
        public let to: ID<Machine>
        /// Why, in words.
        public let why: String
    }

    /// How many units a machine has.
    public struct Load: Hashable, Sendable {
        /// The machine.
        public let machine: ID<Machine>
        /// Now.
        public let before: Int
        /// After all the moves.
        public let after: Int
    }

    /// The moves, in the order to carry them out.
    public let moves: [Move]
    /// The machines that take units, by ID.
    public let loads: [Load]
    /// There is more to be gained than the number of moves allowed.
    public let isCut: Bool
}

extension Schedule {
    /// The moves that help most, one after the other, at most `limit`.
    ///
    /// A unit moves only from a machine with at least two units more than where it goes, or to where it is nearer to
    /// what it prefers; never one that is sticky, tied to a machine or to peers, followed by peers, or not wanted.
    /// No unit moves twice.
    public func rebalance(limit: Int) -> Rebalance {
        var after = self
        var moves: [Rebalance.Move] = []
        var moved: Set<Int32> = []
        while moves.count < limit, let move = after.nextMove(besides: moved) {
            moved.insert(move.unit)
            moves.append(after.carryOut(move))
        }
        let isCut = moves.count == limit && after.nextMove(besides: moved) != nil
        let taking = machines.indices.filter { takesUnits(machines[$0]) }
        let loads = taking.map {
            Rebalance.Load(machine: machines[$0].id, before: machines[$0].load, after: after.machines[$0].load)
        }
        return Rebalance(moves: moves, loads: loads.sorted { $0.machine < $1.machine }, isCut: isCut)
    }

    private struct Candidate {
        var unit: Int32
        var to: Int32
        var why: String
    }

    private func takesUnits(_ machine: MachineRecord) -> Bool {
        machine.isPresent && !machine.isDraining && !machine.isAwaited
    }

    /// The unit to move next: of the fullest machine that has one, the first by name.
    private func nextMove(besides moved: Set<Int32>) -> Candidate? {
        let full = machines.indices.filter { takesUnits(machines[$0]) }
            .sorted { (machines[$1].load, machines[$0].id) < (machines[$0].load, machines[$1].id) }
        for machine in full {
            let there = machines[machine].units.sorted { units[Int($0)].name < units[Int($1)].name }
            for unit in there where !moved.contains(unit) && isFreeToMove(unit) {
                if let found = better(for: unit, than: Int32(machine)) { return found }
            }
        }
        return nil
    }

    private func isFreeToMove(_ unit: Int32) -> Bool {
        let record = units[Int(unit)]
        let need = needs[Int(record.need)]
        return record.isPresent && record.desired != .inactive && !globals.contains(unit) && !need.isTied
            && !need.requirements.isSticky && followers[record.name] == nil
    }

    private func better(for unit: Int32, than machine: Int32) -> Candidate? {
        var plan = PlanInProgress(pace: .unlimited)
        let need = Int(units[Int(unit)].need)
        let from = machines[Int(machine)].load
        // Without preferences nothing is gained where even the emptiest machine has as many.
        if !needs[need].hasPreferences, let top = pools[needs[need].pool].heap.top, machines[Int(top)].load + 2 > from {
            return nil
        }
        guard let (to, _) = choose(unit, leaving: machine, &plan) else { return nil }
        let (here, there) = (dislikes(unit, machine).count, dislikes(unit, to).count)
        if there < here {
            return Candidate(unit: unit, to: to, why: "nearer to what it prefers")
        }
        let load = machines[Int(to)].load
        guard there == here, load + 2 <= from else { return nil }
        return Candidate(unit: unit, to: to, why: "\(load) units there, \(from) here")
    }

    private mutating func carryOut(_ move: Candidate) -> Rebalance.Move {
        let from = units[Int(move.unit)].machine
        take(move.unit)
        put(move.unit, on: move.to)
        return Rebalance.Move(
            unit: units[Int(move.unit)].name, from: machines[Int(from)].id, to: machines[Int(move.to)].id,
            why: move.why)
    }
}
