import Model

/// The machines of a cluster with the metadata that was set for them in the store, which wins over their own.
///
/// What was set stays when a machine leaves, and is its again when it comes back.
struct MachineBook: Sendable {
    private var own: [ID<Machine>: Machine] = [:]
    private var given: [ID<Machine>: [String: MetadataRecord]] = [:]

    /// The machines that are there, with all their metadata, in no order.
    var machines: [Machine] { own.values.map(merged) }

    /// A machine told of itself; it comes back with all its metadata.
    mutating func take(_ machine: Machine) -> Machine {
        own[machine.id] = machine
        return merged(machine)
    }

    mutating func drop(_ id: ID<Machine>) { own[id] = nil }

    /// A value was set before now.
    mutating func note(_ key: String, of id: ID<Machine>, _ record: MetadataRecord) {
        given[id, default: [:]][key] = record
    }

    /// A value was set, or is no longer; the machine comes back as it is now, nil while it is not there.
    mutating func set(_ key: String, of id: ID<Machine>, _ record: MetadataRecord?) -> Machine? {
        given[id, default: [:]][key] = record
        if given[id]?.isEmpty == true { given[id] = nil }
        return own[id].map(merged)
    }

    private func merged(_ machine: Machine) -> Machine {
        guard let values = given[machine.id] else { return machine }
        var machine = machine
        for (key, record) in values { machine.metadata[key] = record.clean }
        return machine
    }
}
