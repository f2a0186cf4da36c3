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
        if !before.isPresent { presentCount += 1 }
        let isSame =
            before.isPresent && before.metadata == machine.metadata && before.isDraining == machine.isDraining
            && before.milliCPU == machine.milliCPU && before.memoryMiB == machine.memoryMiB
        if isSame { return }
        refile(number, globalsBefore: before)
        for unit in machines[at].units { mark(unit) }
        wakeWaiting(for: number)
    }

    /// A machine is gone: its units have to go elsewhere.
    public mutating func removeMachine(_ id: ID<Machine>) {
        guard let number = machineNumber[id], machines[Int(number)].isPresent else { return }
        let before = machines[Int(number)]
        machines[Int(number)].isPresent = false
        presentCount -= 1
        refile(number, globalsBefore: before)
        for unit in machines[Int(number)].units {
            units[Int(unit)].isLost = true
            mark(unit)
        }
    }

    /// A machine gives its units away, or takes units again.
    public mutating func setDraining(_ id: ID<Machine>, _ isDraining: Bool) {
        guard let number = machineNumber[id], machines[Int(number)].isDraining != isDraining else { return }
        let before = machines[Int(number)]
        machines[Int(number)].isDraining = isDraining
        refile(number, globalsBefore: before)
        for unit in machines[Int(number)].units { mark(unit) }
        wakeWaiting(for: number)
    }

    /// A unit is there, with what its file asks and what is wanted of it.
    public mutating func setUnit(_ name: UnitName, _ requirements: Requirements, _ desired: DesiredState) {
        let need = number(of: requirements)
        let desired = name.isTemplate ? .inactive : desired
        if let number = unitNumber[name] {
            let record = units[Int(number)]
            if record.isPresent, record.need == need, record.desired == desired { return }
            unbook(number)
            stopWaiting(number)
            units[Int(number)].need = need
            units[Int(number)].desired = desired
            units[Int(number)].isPresent = true
            rebook(number)
            mark(number)
            return
        }
        let number = Int32(units.count)
        units.append(UnitRecord(name: name, need: need, desired: desired))
        unitNumber[name] = number
        unitsByPrefix[name.prefix, default: []].append(number)
        if !globs.isEmpty {
            let found = globs.matches(of: name)
            if !found.isEmpty { matched[number] = found }
        }
        rebook(number)
        mark(number)
    }

    /// A unit was destroyed: it has to leave its machine.
    public mutating func removeUnit(_ name: UnitName) {
        guard let number = unitNumber[name], units[Int(number)].isPresent else { return }
        unbook(number)
        stopWaiting(number)
        moves[number] = nil
        units[Int(number)].isPresent = false
        units[Int(number)].desired = .inactive
        if units[Int(number)].machine >= 0 { book(number, on: units[Int(number)].machine, 1) }
        mark(number)
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
        if machine >= 0 {
            put(unit, on: machine)
            if !machines[Int(machine)].isPresent { units[Int(unit)].isLost = true }
        }
        mark(unit)
    }

    /// An operator wants a unit elsewhere: on the machine named, or anywhere but where it is.
    public mutating func move(_ name: UnitName, to id: ID<Machine>?) {
        guard let number = unitNumber[name], units[Int(number)].isPresent else { return }
        moves[number] = .some(id)
        mark(number)
    }

    // MARK: Books

    private mutating func number(of id: ID<Machine>) -> Int32 {
        if let number = machineNumber[id] { return number }
        var renumbered = false
        let number = Int32(machines.count)
        machines.append(MachineRecord(id: id, rank: ranks.rank(of: id, renumbered: &renumbered)))
        machineNumber[id] = number
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

    private mutating func number(of requirements: Requirements) -> Int {
        if let number = needNumber[requirements] { return number }
        let need = Need(
            requirements: requirements, pool: pool(for: requirements.metadata),
            conflicts: requirements.conflicts.map { number(of: $0) },
            replaces: requirements.replaces.map { number(of: $0) },
            isPlain: requirements.machineID == nil && requirements.peers.isEmpty && requirements.conflicts.isEmpty
                && requirements.replaces.isEmpty && requirements.milliCPU == 0 && requirements.memoryMiB == 0)
        needs.append(need)
        needNumber[requirements] = needs.count - 1
        return needs.count - 1
    }

    private mutating func number(of glob: Glob) -> Int {
        var isNew = false
        let number = globs.number(of: glob, isNew: &isNew)
        guard isNew else { return number }
        let prefix = GlobTable.prefix(of: glob)
        let candidates = prefix.isEmpty ? Array(units.indices).map(Int32.init) : unitsByPrefix[prefix] ?? []
        for unit in candidates where glob.matches(units[Int(unit)].name) {
            matched[unit, default: []].append(number)
            for machine in machinesOf(unit) { globs.count(\.matching, number, machine, 1) }
        }
        return number
    }

    private mutating func pool(for metadata: [String: [String]]) -> Int {
        if let number = poolNumber[metadata] { return number }
        var pool = Pool(metadata: metadata)
        for at in machines.indices where Self.belongs(machines[at], metadata) {
            pool.heap.insert(Int32(at), key: LoadHeap.key(load: machines[at].load, rank: machines[at].rank))
        }
        pools.append(pool)
        poolNumber[metadata] = pools.count - 1
        return pools.count - 1
    }

    static func belongs(_ machine: MachineRecord, _ metadata: [String: [String]]) -> Bool {
        machine.isPresent && !machine.isDraining && has(machine, metadata)
    }

    static func has(_ machine: MachineRecord, _ metadata: [String: [String]]) -> Bool {
        metadata.allSatisfy { key, values in machine.metadata[key].map(values.contains) ?? false }
    }

    /// Moves a machine into and out of the pools and global units' books after it changed.
    private mutating func refile(_ number: Int32, globalsBefore before: MachineRecord) {
        for unit in globals where carries(before, unit) && units[Int(unit)].machine != number {
            book(unit, on: number, -1)
        }
        let machine = machines[Int(number)]
        for pool in pools.indices {
            if Self.belongs(machine, pools[pool].metadata) {
                pools[pool].heap.insert(number, key: LoadHeap.key(load: machine.load, rank: machine.rank))
            } else {
                pools[pool].heap.remove(number)
            }
        }
        for unit in globals where carries(machines[Int(number)], unit) && units[Int(unit)].machine != number {
            book(unit, on: number, 1)
        }
    }

    /// Whether a machine has a global unit: it is present and has the metadata; draining machines keep theirs.
    func carries(_ machine: MachineRecord, _ unit: Int32) -> Bool {
        machine.isPresent && units[Int(unit)].desired != .inactive
            && Self.has(machine, needs[units[Int(unit)].need].requirements.metadata)
    }

    private func machinesOf(_ unit: Int32) -> [Int32] {
        let own = units[Int(unit)].machine
        guard globals.contains(unit) else { return own >= 0 ? [own] : [] }
        return machines.indices.map(Int32.init).filter { $0 == own || carries(machines[Int($0)], unit) }
    }

    private mutating func unbook(_ unit: Int32) {
        for machine in machinesOf(unit) {
            book(unit, on: machine, -1)
            wakeWaiting(for: machine)
        }
        globals.remove(unit)
        for peer in needs[units[Int(unit)].need].requirements.peers { followers[peer]?.remove(unit) }
    }

    private mutating func rebook(_ unit: Int32) {
        let requirements = needs[units[Int(unit)].need].requirements
        for peer in requirements.peers { followers[peer, default: []].insert(unit) }
        let machine = units[Int(unit)].machine
        if requirements.isGlobal {
            globals.insert(unit)
            if machine >= 0 { book(unit, on: machine, 1) }
            for at in machines.indices where carries(machines[at], unit) && Int32(at) != machine {
                book(unit, on: Int32(at), 1)
            }
        } else if machine >= 0 {
            book(unit, on: machine, 1)
        }
        markFollowers(of: unit)
    }
}
