import Model
import Roles

extension World {
    mutating func carryOut(_ step: Play.Step) {
        switch step {
        case .add(let machine): add(machine)
        case .kill(let id): numberOf[id].map { kill($0) }
        case .back(let id): numberOf[id].map { bringBack($0) }
        case .restart(let id): numberOf[id].map { restart($0) }
        case .cut(let id, let isCut): numberOf[id].map { cut($0, isCut) }
        case .pause(let id, let isPaused): numberOf[id].map { pause($0, isPaused) }
        case .store(let isAway):
            isStoreAway = isAway
            tell(isAway ? "the store is away" : "the store is back")
            if !isAway { count.outages += 1 }
        case .submit(let name, let file, let desired): submit(name, file, desired)
        case .want(let name, let desired):
            guard case .unit(let file, _)? = store.record(StoreTwin.unit(name)) else { return }
            submit(name, file, desired)
        case .destroy(let name):
            let keys = [
                StoreTwin.unit(name), StoreTwin.placement(name), StoreTwin.waiting(name), StoreTwin.move(name),
            ]
            _ = write([], keys.map { store.put($0, nil) })
        case .drain(let id, let isDraining):
            _ = write([], [store.put(StoreTwin.drain(id), isDraining ? .drain : nil)])
        case .move(let name, let id):
            guard store.item(StoreTwin.placement(name)) != nil else { return }
            _ = write([], [store.put(StoreTwin.move(name), .move(Move(to: id)))])
        case .crash(let name):
            for node in nodes.indices where nodes[node].isUp { crash(node, name) }
        }
    }

    private mutating func submit(_ name: UnitName, _ file: UnitFile, _ desired: DesiredState) {
        _ = write([], [store.put(StoreTwin.unit(name), .unit(file, desired))])
    }

    private mutating func add(_ machine: Machine) {
        guard numberOf[machine.id] == nil else { return }
        numberOf[machine.id] = nodes.count
        nodes.append(Node(machine: machine))
        bringBack(nodes.count - 1)
    }

    private mutating func kill(_ node: Int) {
        guard nodes[node].isUp else { return }
        tell("machine \(nodes[node].machine.id) dies")
        count.kills += 1
        nodes[node].isUp = false
        nodes[node].boot += 1
        nodes[node].life += 1
        nodes[node].managed = [:]
        nodes[node].operation = [:]
        nodes[node].savedLease = nil
        nodes[node].isPaused = false
        noteHealth(node)
    }

    private mutating func bringBack(_ node: Int) {
        guard !nodes[node].isUp else { return }
        tell("machine \(nodes[node].machine.id) starts")
        nodes[node].isUp = true
        noteHealth(node)
        startProcess(node)
    }

    private mutating func restart(_ node: Int) {
        guard nodes[node].isUp, !nodes[node].isPaused else { return }
        tell("the process on \(nodes[node].machine.id) starts anew")
        count.restarts += 1
        startProcess(node)
    }

    private mutating func cut(_ node: Int, _ isCut: Bool) {
        guard nodes[node].isCut != isCut else { return }
        tell("machine \(nodes[node].machine.id) \(isCut ? "loses" : "finds") the store")
        nodes[node].isCut = isCut
        nodes[node].cutSince = isCut ? now : nil
        noteHealth(node)
    }

    private mutating func pause(_ node: Int, _ isPaused: Bool) {
        guard nodes[node].isUp, nodes[node].isPaused != isPaused else { return }
        tell("the process on \(nodes[node].machine.id) \(isPaused ? "stands still" : "goes on")")
        nodes[node].isPaused = isPaused
        noteHealth(node)
        if isPaused { return }
        // One that stood still asks the others as soon as it goes on, twice.
        if let since = nodes[node].cutSince {
            nodes[node].cutSince = max(since, now + (Agent.asksEvery - Self.grace))
        }
        let deferred = nodes[node].deferred
        nodes[node].deferred = []
        for one in deferred { queue.push(one.event, at: now) }
    }

    private mutating func noteHealth(_ node: Int) {
        if !nodes[node].isHealthy { nodes[node].healthySince = nil }
    }

    // MARK: Chance

    /// One thing goes wrong, and mends some time later; then the next.
    mutating func strike() {
        guard now < faultsEnd else { return }
        after(chance.within(300...6_000), .fault)
        var kinds: [(World, Int) -> [(Int, Play.Step)]] = []
        let length = chance.within(200...30_000)
        let node = chance.below(nodes.count)
        let id = nodes[node].machine.id
        if faults.killsMachines { kinds.append { _, _ in [(0, .kill(id)), (length, .back(id))] } }
        if faults.restartsProcesses { kinds.append { _, _ in [(0, .restart(id))] } }
        if faults.takesStoreAway, chance.happens(perMille: 300) {
            kinds.append { _, _ in [(0, .store(isAway: true)), (length * 2, .store(isAway: false))] }
        }
        if faults.cutsMachines { kinds.append { _, _ in [(0, .cut(id, true)), (length, .cut(id, false))] } }
        if faults.pausesProcesses { kinds.append { _, _ in [(0, .pause(id, true)), (length, .pause(id, false))] } }
        let units = unitNames
        if let name = chance.one(of: units) {
            if faults.crashesUnits { kinds.append { _, _ in [(0, .crash(name))] } }
            if faults.hasOperators {
                let steps = operatorSteps(name, id, length)
                kinds.append { _, _ in steps }
                kinds.append { _, _ in steps }
            }
        }
        guard let kind = chance.one(of: kinds) else { return }
        for (delay, step) in kind(self, node) { after(delay, .step(step)) }
    }

    private var unitNames: [UnitName] { store.contents().units.map(\.name) }

    private mutating func operatorSteps(_ name: UnitName, _ id: ID<Machine>, _ length: Int) -> [(Int, Play.Step)] {
        guard case .unit(let file, let desired)? = store.record(StoreTwin.unit(name)) else { return [] }
        switch chance.below(7) {
        case 0: return [(0, .want(name, .inactive)), (length, .want(name, desired))]
        case 1: return [(0, .want(name, .loaded)), (length, .want(name, desired))]
        case 2: return [(0, .move(name, nil))]
        case 3: return [(0, .move(name, id))]
        case 4: return [(0, .drain(id, true)), (length, .drain(id, false))]
        case 5: return [(0, .destroy(name)), (length, .submit(name, file, desired))]
        default:
            let newer = UnitFile(
                options: file.options.filter { $0.name != "Description" } + [
                    .init(section: "Unit", name: "Description", value: "version \(chance.below(1_000))")
                ])
            return [(0, .submit(name, newer, desired))]
        }
    }

    /// Everything mends at once.
    mutating func mend() {
        carryOut(.store(isAway: false))
        for node in nodes.indices {
            let id = nodes[node].machine.id
            carryOut(.cut(id, false))
            carryOut(.pause(id, false))
            carryOut(.back(id))
            carryOut(.drain(id, false))
        }
    }
}
