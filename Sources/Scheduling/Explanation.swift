public import Model

/// Why a unit is where it is, or nowhere: machine by machine.
public struct Explanation: Hashable, Sendable {
    /// What holds for one machine.
    public struct Line: Hashable, Sendable {
        /// The machine.
        public let machine: ID<Machine>
        /// How many units it has.
        public let units: Int
        /// What keeps the unit from it; nil when it fits.
        public let misfit: Misfit?
        /// The unit is placed there.
        public let isPlacement: Bool
    }

    /// By machine ID.
    public let lines: [Line]
}

extension Schedule {
    /// How every machine stands to a unit; nil when there is no such unit.
    public func explain(_ name: UnitName) -> Explanation? {
        guard let unit = unitNumber[name], units[Int(unit)].isPresent else { return nil }
        let own = units[Int(unit)].machine
        let lines = machines.indices.filter { machines[$0].isPresent }.map { at in
            Explanation.Line(
                machine: machines[at].id, units: machines[at].load,
                misfit: misfit(unit, Int32(at), staying: Int32(at) == own), isPlacement: Int32(at) == own)
        }
        return Explanation(lines: lines.sorted { $0.machine < $1.machine })
    }

    /// The machines that a global unit runs on, or that any unit could be moved to, by ID.
    public func machinesThatFit(_ name: UnitName) -> [ID<Machine>] {
        (explain(name)?.lines ?? []).filter { $0.misfit == nil }.map(\.machine)
    }
}
