import Model

/// What fleet says of a unit, checked.
struct FleetUnit: Hashable {
    var name: UnitName
    var file: UnitFile
    var desired: DesiredState
    var current: DesiredState?
    var machine: ID<Machine>?
}

/// What fleet says of a unit on a machine, checked.
struct FleetState: Hashable {
    var unit: UnitName
    var machine: ID<Machine>
    var state: UnitState
}

/// What could not be used of what fleet said: how much, and the first of it in words.
struct FleetOddities: Hashable {
    private(set) var count = 0
    private(set) var first: String?

    mutating func add(_ text: @autoclosure () -> String) {
        count += 1
        if first == nil { first = text() }
    }

    mutating func add(unreadable count: Int) {
        for _ in 0..<count { add("an entry is not written as fleet writes them") }
    }
}

/// Makes our words of fleet's, once, where they come in.
struct FleetReading {
    /// Files that were read before: units seldom change, and parsing costs the most of reading them.
    private var files: [UnitName: (options: [FleetMessages.Option], file: UnitFile)] = [:]

    static func machines(_ told: Lenient<FleetMessages.Machine>) -> ([Machine], FleetOddities) {
        var odd = FleetOddities()
        odd.add(unreadable: told.odd)
        var found: [ID<Machine>: Machine] = [:]
        for one in told.elements {
            guard let text = one.id, !text.isEmpty else {
                odd.add("a machine has no ID")
                continue
            }
            let id = ID<Machine>(SafeText.name(text))
            guard found[id] == nil else {
                odd.add("machine '\(id)' is told twice")
                continue
            }
            let pairs = (one.metadata ?? [:]).sorted { $0.key < $1.key }.prefix(200)
                .map { (SafeText.name($0.key), SafeText.clean($0.value, limit: SafeText.nameLimit)) }
            found[id] = Machine(
                id: id, address: SafeText.clean(one.primaryIP ?? "", limit: SafeText.nameLimit),
                metadata: Dictionary(pairs) { first, _ in first })
        }
        return (found.values.sorted { $0.id < $1.id }, odd)
    }

    mutating func units(_ told: Lenient<FleetMessages.Unit>) -> ([FleetUnit], FleetOddities) {
        var odd = FleetOddities()
        odd.add(unreadable: told.odd)
        var found: [UnitName: FleetUnit] = [:]
        var read: [UnitName: (options: [FleetMessages.Option], file: UnitFile)] = [:]
        for one in told.elements {
            do throws(SkippedUnit) {
                let unit = try unit(one)
                if found[unit.name] != nil { throw SkippedUnit("unit '\(unit.name)' is told twice") }
                found[unit.name] = unit
                read[unit.name] = (one.options ?? [], unit.file)
            } catch {
                odd.add(error.text)
            }
        }
        files = read
        return (found.values.sorted { $0.name < $1.name }, odd)
    }

    /// One unit; throws why it is of no use.
    func unit(_ told: FleetMessages.Unit) throws(SkippedUnit) -> FleetUnit {
        let name: UnitName
        do throws(UnitNameError) {
            name = try UnitName(told.name ?? "")
        } catch {
            throw SkippedUnit(error.description)
        }
        guard let desired = DesiredState(rawValue: told.desiredState ?? "inactive") else {
            throw SkippedUnit("unit '\(name)' is wanted '\(SafeText.name(told.desiredState ?? ""))', which is no state")
        }
        let machine = told.machineID.flatMap { $0.isEmpty ? nil : ID<Machine>(SafeText.name($0)) }
        return FleetUnit(
            name: name, file: try file(told.options ?? [], name), desired: desired,
            current: told.currentState.flatMap(DesiredState.init(rawValue:)), machine: machine)
    }

    /// A file that reads the same when it is written out: nothing in it can become another line of it.
    private func file(_ options: [FleetMessages.Option], _ name: UnitName) throws(SkippedUnit) -> UnitFile {
        if let known = files[name], known.options == options { return known.file }
        let file = UnitFile(
            options: options.map {
                UnitFile.Option(section: $0.section ?? "", name: $0.name ?? "", value: $0.value ?? "")
            })
        let again: UnitFile
        do throws(UnitFileError) {
            again = try UnitFile(parsing: file.text)
        } catch {
            throw SkippedUnit("unit '\(name)' has a file that is none: \(error.problems.first?.description ?? "")")
        }
        guard again.text == file.text else { throw SkippedUnit("unit '\(name)' has a file that is none") }
        return again
    }

    static func states(_ told: Lenient<FleetMessages.State>) -> ([FleetState], FleetOddities) {
        var odd = FleetOddities()
        odd.add(unreadable: told.odd)
        var found: [UnitName: [ID<Machine>: UnitState]] = [:]
        for one in told.elements {
            guard let text = one.name, let name = try? UnitName(text), let id = one.machineID, !id.isEmpty else {
                odd.add("a state tells of no unit or no machine: '\(SafeText.name(one.name ?? ""))'")
                continue
            }
            let machine = ID<Machine>(SafeText.name(id))
            guard found[name]?[machine] == nil else {
                odd.add("the state of '\(name)' on \(machine.short) is told twice")
                continue
            }
            found[name, default: [:]][machine] = UnitState(
                load: SafeText.name(one.systemdLoadState ?? "unknown"),
                active: UnitState.Active(word: one.systemdActiveState ?? "unknown"),
                sub: SafeText.name(one.systemdSubState ?? "unknown"), hash: one.hash.flatMap(Self.hash),
                isLaunched: false)
        }
        let all = found.flatMap { name, states in
            states.map { FleetState(unit: name, machine: $0.key, state: $0.value) }
        }
        return (all.sorted { ($0.unit, $0.machine) < ($1.unit, $1.machine) }, odd)
    }

    private static func hash(_ text: String) -> UnitHash? {
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isHex && text.utf8.count == 40 ? UnitHash(hex: text) : nil
    }
}

/// Why a unit that fleet tells of is left out.
struct SkippedUnit: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

extension UnitFile {
    /// The options as fleet's API has them: an empty value is no value.
    var fleetOptions: [FleetMessages.Option] {
        options.map {
            FleetMessages.Option(name: $0.name, section: $0.section, value: $0.value.isEmpty ? nil : $0.value)
        }
    }
}
