import Model

extension FleetMessages.Unit {
    /// A unit as it is told. A global unit is on no one machine, so it has no current state and no machine.
    init(_ unit: Unit, current: DesiredState) {
        currentState = unit.isGlobal ? nil : current.rawValue
        desiredState = unit.desired.rawValue
        machineID = unit.isGlobal ? nil : unit.placement?.machine.text
        name = unit.name.text
        options = unit.file.options.map {
            FleetMessages.Option(name: $0.name, section: $0.section, value: $0.value)
        }
    }

    func write(to text: inout JSONWriter) {
        text.object { text in
            text.field("currentState", currentState)
            text.field("desiredState", desiredState)
            text.field("machineID", machineID)
            text.field("name", name)
            guard let options, !options.isEmpty else { return }
            text.field("options") { $0.array(options) { $1.write(to: &$0) } }
        }
    }
}

extension FleetMessages.Option {
    fileprivate func write(to text: inout JSONWriter) {
        text.object { text in
            text.field("name", name)
            text.field("section", section)
            text.field("value", value)
        }
    }
}

extension FleetMessages.Machine {
    init(_ machine: Machine) {
        id = machine.id.text
        metadata = machine.metadata
        primaryIP = machine.address
    }

    func write(to text: inout JSONWriter) {
        text.object { text in
            text.field("id", id)
            if let metadata, !metadata.isEmpty {
                text.field("metadata") { text in
                    let pairs = metadata.sorted { $0.key < $1.key }
                    text.object { text in for (key, value) in pairs { text.pair(key, value) } }
                }
            }
            text.field("primaryIP", primaryIP)
        }
    }
}

extension FleetMessages.State {
    init(_ row: ServedState) {
        hash = row.state.hash?.hex
        machineID = row.place.machine
        name = row.place.unit
        systemdActiveState = row.state.active.word
        systemdLoadState = row.state.load
        systemdSubState = row.state.sub
    }

    func write(to text: inout JSONWriter) {
        text.object { text in
            text.field("hash", hash)
            text.field("machineID", machineID)
            text.field("name", name)
            text.field("systemdActiveState", systemdActiveState)
            text.field("systemdLoadState", systemdLoadState)
            text.field("systemdSubState", systemdSubState)
        }
    }
}
