public import Model

extension Schedule {
    /// A machine is there, or told something new of itself.
    public mutating func set(_ machine: Machine) {
        let number = number(of: machine.id)
        let at = Int(number)
        let before = machines[at]
        machines[at].metadata = machine.metadata
        machines[at].milliCPU = machine.milliCPU
        machines[at].memoryMiB = machine.memoryMiB
        machines[at].isDraining = machine.isDraining
        machines[at].isPresent = true
        machines[at].isAwaited = false
        if !before.isPresent { presentCount += 1 }
        let isSame =
            before.isPresent && !before.isAwaited && before.metadata == machine.metadata
            && before.isDraining == machine.isDraining
            && before.milliCPU == machine.milliCPU && before.memoryMiB == machine.memoryMiB
        if isSame { return }
        refile(number, before: before)
        markUnits(of: number)
        wakeWaiting(for: number)
    }

    /// A machine is gone: its units have to go elsewhere.
    public mutating func removeMachine(_ id: ID<Machine>) {
        guard let number = machineNumber[id], machines[Int(number)].isPresent else { return }
        let before = machines[Int(number)]
        machines[Int(number)].isPresent = false
        machines[Int(number)].isAwaited = false
        presentCount -= 1
        refile(number, before: before)
        markUnits(of: number)
    }

    /// A machine may come back: until it does, or is removed, its units stay and it takes none.
    public mutating func awaitMachine(_ id: ID<Machine>) {
        let number = number(of: id)
        let before = machines[Int(number)]
        guard !before.isAwaited else { return }
        if !before.isPresent { presentCount += 1 }
        machines[Int(number)].isPresent = true
        machines[Int(number)].isAwaited = true
        refile(number, before: before)
        markUnits(of: number)
    }

    /// A machine gives its units away, or takes units again.
    public mutating func setDraining(_ id: ID<Machine>, _ isDraining: Bool) {
        guard let number = machineNumber[id], machines[Int(number)].isDraining != isDraining else { return }
        let before = machines[Int(number)]
        machines[Int(number)].isDraining = isDraining
        refile(number, before: before)
        markUnits(of: number)
        wakeWaiting(for: number)
    }

    /// A unit is there, with what its file asks and what is wanted of it.
    public mutating func setUnit(_ name: UnitName, _ requirements: Requirements, _ desired: DesiredState) {
        let need = number(of: requirements)
        let desired = desired != .inactive && name.isTemplate ? .inactive : desired
        guard let number = unitNumber[name] else {
            add(name, need, desired)
            return
        }
        let at = Int(number)
        if units[at].isPresent, units[at].need == need, units[at].desired == desired { return }
        unbook(number)
        if units[at].isTold { relieved.insert(name) }
        stopWaiting(number)
        units[at].need = need
        units[at].desired = desired
        units[at].isPresent = true
        rebook(number)
        mark(number)
    }

    private mutating func add(_ name: UnitName, _ need: Int32, _ desired: DesiredState) {
        let record = UnitRecord(name: name, need: need, desired: desired)
        let number: Int32
        if let free = freeNumbers.popLast() {
            number = free
            units[Int(free)] = record
        } else {
            number = Int32(units.count)
            units.append(record)
        }
        unitNumber[name] = number
        unitsByPrefix?[name.prefix, default: []].insert(number)
        if !globs.isEmpty {
            let found = globs.matches(of: name)
            if !found.isEmpty {
                matched[number] = found
                units[Int(number)].isMatched = true
            }
        }
        rebook(number)
        mark(number)
    }

    /// A unit was destroyed: it has to leave its machine.
    public mutating func removeUnit(_ name: UnitName) {
        guard let number = unitNumber[name], units[Int(number)].isPresent else { return }
        unbook(number)
        stopWaiting(number)
        relieved.remove(name)
        moves[number] = nil
        units[Int(number)].isPresent = false
        units[Int(number)].desired = .inactive
        if units[Int(number)].machine >= 0 { book(number, on: units[Int(number)].machine, 1) }
        markFollowers(of: number)
        mark(number)
    }

    /// Forgets a destroyed unit that is on no machine any more; its number is free.
    mutating func forget(_ unit: Int32) {
        let at = Int(unit)
        guard !units[at].isPresent, units[at].machine < 0, !units[at].isDirty, !units[at].isDelayed,
            unitNumber[units[at].name] == unit
        else { return }
        unitNumber[units[at].name] = nil
        unitsByPrefix?[units[at].name.prefix]?.remove(unit)
        if units[at].isMatched { matched[unit] = nil }
        freeNumbers.append(unit)
    }

    /// Where the store says that a unit is placed.
    public mutating func setPlacement(_ name: UnitName, _ id: ID<Machine>?) {
        guard let unit = unitNumber[name] else {
            guard let id else { return }
            setUnit(name, .none, .inactive)
            removeUnit(name)
            setPlacement(name, id)
            return
        }
        let machine = id.map { number(of: $0) } ?? -1
        guard units[Int(unit)].machine != machine else { return }
        take(unit)
        if machine >= 0 { put(unit, on: machine) }
        mark(unit)
    }

    /// The reason to wait that the store has of a unit: it is not told again, and taken back when it no longer holds.
    public mutating func setWaiting(_ name: UnitName, _ why: String?) {
        guard let unit = unitNumber[name], units[Int(unit)].isPresent else { return }
        let before = units[Int(unit)].isTold ? told[unit] : nil
        guard before != why else { return }
        units[Int(unit)].isTold = why != nil
        told[unit] = why
        mark(unit)
    }

    /// An operator wants a unit elsewhere: on the machine named, or anywhere but where it is.
    public mutating func move(_ name: UnitName, to id: ID<Machine>?) {
        guard let number = unitNumber[name], units[Int(number)].isPresent else { return }
        moves[number] = .some(id)
        mark(number)
    }

    // MARK: Numbers

    private mutating func number(of id: ID<Machine>) -> Int32 {
        if let number = machineNumber[id] { return number }
        var renumbered = false
        let number = Int32(machines.count)
        machines.append(MachineRecord(id: id, rank: ranks.rank(of: id, renumbered: &renumbered)))
        machineNumber[id] = number
        machinesByShortID[id.short, default: []].append(number)
        if renumbered { renumber() }
        return number
    }

    private mutating func renumber() {
        var ignored = false
        for at in machines.indices {
            machines[at].rank = ranks.rank(of: machines[at].id, renumbered: &ignored)
            changeLoad(of: Int32(at), by: 0)
        }
    }

    private mutating func number(of requirements: Requirements) -> Int32 {
        if let number = needNumber[requirements] { return number }
        let isTied = requirements.machineID != nil || !requirements.peers.isEmpty
        let hasGlobs = !requirements.conflicts.isEmpty || !requirements.replaces.isEmpty
        let hasPreferences = !requirements.avoids.isEmpty || !requirements.prefers.isEmpty
        let need = Need(
            requirements: requirements,
            metadata: requirements.metadata.map { ($0.key, $0.value) }.sorted { $0.key < $1.key },
            pool: pool(for: requirements), avoids: requirements.avoids.map { number(of: $0) },
            conflicts: requirements.conflicts.map { number(of: $0) },
            replaces: requirements.replaces.map { number(of: $0) }, milliCPU: requirements.milliCPU,
            memoryMiB: requirements.memoryMiB,
            isPlain: !isTied && !hasGlobs && !hasPreferences && requirements.milliCPU == 0
                && requirements.memoryMiB == 0,
            isTied: isTied, hasGlobs: hasGlobs, hasPreferences: hasPreferences)
        needs.append(need)
        needNumber[requirements] = Int32(needs.count - 1)
        return Int32(needs.count - 1)
    }

    private mutating func number(of glob: Glob) -> Int {
        var isNew = false
        let number = globs.number(of: glob, isNew: &isNew)
        guard isNew else { return number }
        for unit in unitsThatMay(match: glob) where glob.matches(units[Int(unit)].name) {
            matched[unit] = globs.ordered((matched[unit] ?? []) + [number])
            units[Int(unit)].isMatched = true
            for machine in machinesOf(unit) { globs.count(.matching, number, machine, 1) }
        }
        return number
    }

    private mutating func unitsThatMay(match glob: Glob) -> [Int32] {
        guard let prefix = GlobTable.prefix(of: glob) else { return unitNumber.values.sorted() }
        if unitsByPrefix == nil {
            var index: [String: Set<Int32>] = [:]
            for (name, unit) in unitNumber { index[name.prefix, default: []].insert(unit) }
            unitsByPrefix = index
        }
        return (unitsByPrefix?[prefix] ?? []).sorted()
    }

    private mutating func pool(for requirements: Requirements) -> Int {
        var asks = Requirements(metadata: requirements.metadata)
        asks.rules = requirements.rules
        if let number = poolNumber[asks] { return number }
        let number = pools.count
        pools.append(Pool(asks: asks))
        poolNumber[asks] = number
        for at in machines.indices where Self.belongs(machines[at], asks) { enter(Int32(at), number) }
        return number
    }
}
