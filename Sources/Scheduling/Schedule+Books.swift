import Model

extension Schedule {
    mutating func mark(_ unit: Int32) {
        guard !units[Int(unit)].isDirty else { return }
        units[Int(unit)].isDirty = true
        dirty.append(unit)
    }

    /// Marks all units of a machine, in the order of their names.
    mutating func markUnits(of machine: Int32) {
        for unit in named(machines[Int(machine)].units) { mark(unit) }
    }

    /// Notes that a change of this machine could help units that wait.
    mutating func wakeWaiting(for machine: Int32) {
        for pool in machines[Int(machine)].pools {
            if pools[Int(pool)].isWoken || pools[Int(pool)].waiting.isEmpty { continue }
            pools[Int(pool)].isWoken = true
            wokenPools.append(Int(pool))
        }
    }

    /// Marks the units that may be helped, in the order of their names; true when there are any.
    mutating func markWoken() -> Bool {
        if wokenPools.isEmpty { return false }
        var woken: [Int32] = []
        for pool in wokenPools {
            pools[pool].isWoken = false
            woken += pools[pool].waiting
        }
        wokenPools.removeAll()
        for unit in named(woken) { mark(unit) }
        return true
    }

    /// Units in the order of their names: numbers tell who came first, which no decision may depend on.
    private func named(_ numbers: some Sequence<Int32>) -> [Int32] {
        numbers.sorted { units[Int($0)].name < units[Int($1)].name }
    }

    mutating func changeLoad(of machine: Int32, by delta: Int) {
        let at = Int(machine)
        machines[at].load += delta
        let key = LoadHeap.key(load: machines[at].load, rank: machines[at].rank)
        for index in machines[at].pools.indices { pools[Int(machines[at].pools[index])].heap.update(machine, key: key) }
    }

    /// Writes a unit into a machine's books, or out of them.
    mutating func book(_ unit: Int32, on machine: Int32, _ sign: Int32) {
        let need = Int(units[Int(unit)].need)
        if needs[need].milliCPU != 0 { machines[Int(machine)].milliCPUUsed += Int(sign) * needs[need].milliCPU }
        if needs[need].memoryMiB != 0 { machines[Int(machine)].memoryUsedMiB += Int(sign) * needs[need].memoryMiB }
        changeLoad(of: machine, by: Int(sign))
        if needs[need].hasGlobs {
            for number in needs[need].conflicts { globs.count(.conflicting, number, machine, sign) }
            for number in needs[need].replaces { globs.count(.replacing, number, machine, sign) }
        }
        if units[Int(unit)].isMatched {
            for number in matched[unit] ?? [] { globs.count(.matching, number, machine, sign) }
        }
    }

    mutating func put(_ unit: Int32, on machine: Int32) {
        let at = Int(unit)
        precondition(units[at].machine < 0, "unit \(units[at].name) is placed already")
        units[at].machine = machine
        units[at].slot = Int32(truncatingIfNeeded: machines[Int(machine)].units.count)
        machines[Int(machine)].units.append(unit)
        let isCarried = !globals.isEmpty && globals.contains(unit) && carries(machines[Int(machine)], unit)
        if !isCarried { book(unit, on: machine, 1) }
        stopWaiting(unit)
        markFollowers(of: unit)
        markReplaced(by: unit, on: machine)
    }

    /// Has the units beside one that replaces others decided anew.
    private mutating func markReplaced(by unit: Int32, on machine: Int32) {
        let need = Int(units[Int(unit)].need)
        if !needs[need].hasGlobs || needs[need].replaces.isEmpty { return }
        markUnits(of: machine)
    }

    mutating func take(_ unit: Int32) {
        let machine = units[Int(unit)].machine
        guard machine >= 0 else { return }
        let isCarried = !globals.isEmpty && globals.contains(unit) && carries(machines[Int(machine)], unit)
        if !isCarried { book(unit, on: machine, -1) }
        let slot = Int(units[Int(unit)].slot)
        let last = machines[Int(machine)].units.removeLast()
        if last != unit {
            machines[Int(machine)].units[slot] = last
            units[Int(last)].slot = Int32(slot)
        }
        units[Int(unit)].machine = -1
        units[Int(unit)].slot = -1
        wakeWaiting(for: machine)
        markFollowers(of: unit)
    }

    mutating func stopWaiting(_ unit: Int32) {
        if units[Int(unit)].isTold {
            units[Int(unit)].isTold = false
            told[unit] = nil
        }
        unlist(unit)
    }

    /// Takes a unit off the list of those that wait for a machine; what was told of it stays.
    mutating func unlist(_ unit: Int32) {
        guard units[Int(unit)].isWaiting else { return }
        units[Int(unit)].isWaiting = false
        waitingCount -= 1
        pools[needs[Int(units[Int(unit)].need)].pool].waiting.remove(unit)
    }

    /// Stops waiting, and says so where a reason to wait was told.
    mutating func relieve(_ unit: Int32) {
        if units[Int(unit)].isTold { relieved.insert(units[Int(unit)].name) }
        stopWaiting(unit)
    }

    mutating func markFollowers(of unit: Int32) {
        if followers.isEmpty { return }
        for follower in named(followers[units[Int(unit)].name] ?? []) { mark(follower) }
    }

    // MARK: Machines that carry

    static func belongs(_ machine: MachineRecord, _ asks: Requirements) -> Bool {
        machine.isPresent && !machine.isDraining && !machine.isAwaited && asks.fits(machine.metadata)
    }

    /// Whether a machine has a global unit: it is present and has the metadata; draining machines keep theirs.
    func carries(_ machine: MachineRecord, _ unit: Int32) -> Bool {
        machine.isPresent && units[Int(unit)].desired != .inactive
            && needs[Int(units[Int(unit)].need)].requirements.fits(machine.metadata)
    }

    /// The machines that have a unit in their books.
    func machinesOf(_ unit: Int32) -> [Int32] {
        let own = units[Int(unit)].machine
        guard globals.contains(unit) else { return own >= 0 ? [own] : [] }
        return machines.indices.map(Int32.init).filter { $0 == own || carries(machines[Int($0)], unit) }
    }

    /// Moves a machine into and out of the pools and global units' books after it changed.
    mutating func refile(_ number: Int32, before: MachineRecord) {
        areReasonsStale = true
        let at = Int(number)
        for unit in globals.sorted() where units[Int(unit)].machine != number {
            let had = carries(before, unit)
            let has = carries(machines[at], unit)
            if had != has { book(unit, on: number, has ? 1 : -1) }
        }
        machines[at].pools.removeAll()
        for pool in pools.indices {
            if Self.belongs(machines[at], pools[pool].asks) {
                enter(number, pool)
            } else {
                pools[pool].heap.remove(number)
            }
        }
    }

    mutating func enter(_ machine: Int32, _ pool: Int) {
        machines[Int(machine)].pools.append(Int32(pool))
        let record = machines[Int(machine)]
        pools[pool].heap.insert(machine, key: LoadHeap.key(load: record.load, rank: record.rank))
    }

    mutating func unbook(_ unit: Int32) {
        for machine in machinesOf(unit) {
            book(unit, on: machine, -1)
            wakeWaiting(for: machine)
        }
        globals.remove(unit)
        for peer in needs[Int(units[Int(unit)].need)].requirements.peers {
            followers[peer]?.remove(unit)
            if followers[peer]?.isEmpty == true { followers[peer] = nil }
        }
    }

    mutating func rebook(_ unit: Int32) {
        let need = Int(units[Int(unit)].need)
        if !needs[need].requirements.peers.isEmpty {
            for peer in needs[need].requirements.peers { followers[peer, default: []].insert(unit) }
        }
        if needs[need].requirements.isGlobal {
            globals.insert(unit)
            for machine in machinesOf(unit) { book(unit, on: machine, 1) }
        } else if units[Int(unit)].machine >= 0 {
            book(unit, on: units[Int(unit)].machine, 1)
            markReplaced(by: unit, on: units[Int(unit)].machine)
        }
        markFollowers(of: unit)
    }
}
