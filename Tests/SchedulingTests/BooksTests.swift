import Model
import Testing

@testable import Scheduling

@Suite struct `A schedule after any facts and plans` {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `keeps books equal to a recount, violates nothing, and leaves no unit waiting that fits`(seed: UInt64) {
        var world = RandomFacts(seed: seed)
        for _ in 0..<60 {
            for _ in 0..<world.below(6) { world.change() }
            let decisions = world.schedule.plan(world.pace())
            world.check(decisions)
            #expect(world.schedule.dirty.isEmpty)
        }
        _ = world.schedule.plan()
        world.check([])
        world.checkWaiting()
        #expect(world.schedule.plan().isEmpty)
    }
}

/// Random machines and units, and what must hold of any schedule of them.
private struct RandomFacts {
    var schedule = Schedule()
    var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func pace() -> Pace { below(3) == 0 ? Pace(limit: below(3), lost: 2, of: 6) : .unlimited }

    private mutating func anyMachine() -> ID<Machine> { ID("m\(below(6))") }

    private mutating func anyUnit() -> UnitName {
        let names: [UnitName] = [
            "a@1.service", "a@2.service", "a@3.service", "b@1.service", "b@2.service", "c.service", "d.service",
            "e.service", "f.service", "g@.service", "h.timer",
        ]
        return names[below(names.count)]
    }

    private mutating func anyRequirements() -> Requirements {
        switch below(12) {
        case 0, 1: Requirements(metadata: ["k": ["v\(below(2))"]])
        case 2: Requirements(conflicts: [Glob("a@*.service")])
        case 3: Requirements(conflicts: [Glob("?.service"), Glob("b@1.service")])
        case 4: Requirements(peers: [anyUnit()])
        case 5: Requirements(replaces: [Glob("c*")])
        case 6: Requirements(isGlobal: true)
        case 7: Requirements(metadata: ["k": ["v0", "v1"]], conflicts: [Glob("d.service")], isGlobal: true)
        case 8: Requirements(milliCPU: 400)
        case 9: Requirements(memoryMiB: 300)
        case 10: Requirements(machineID: anyMachine().text)
        default: .none
        }
    }

    mutating func change() {
        switch below(11) {
        case 0, 1:
            let metadata = below(3) == 0 ? [:] : ["k": "v\(below(2))"]
            schedule.set(
                Machine(
                    id: anyMachine(), metadata: metadata, milliCPU: 1_000, memoryMiB: 1_000, isDraining: below(5) == 0))
        case 2: schedule.removeMachine(anyMachine())
        case 3: schedule.setDraining(anyMachine(), below(2) == 0)
        case 4, 5, 6: schedule.setUnit(anyUnit(), anyRequirements(), .launched)
        case 7: schedule.setUnit(anyUnit(), anyRequirements(), .inactive)
        case 8: schedule.removeUnit(anyUnit())
        case 9: schedule.setPlacement(anyUnit(), below(3) == 0 ? nil : anyMachine())
        default: schedule.move(anyUnit(), to: below(2) == 0 ? nil : anyMachine())
        }
    }

    /// Recounts everything from the placements alone.
    func check(_ decisions: [Decision]) {
        for (at, machine) in schedule.machines.enumerated() {
            let number = Int32(at)
            let there = schedule.units.indices.map(Int32.init).filter { unit in
                guard schedule.unitNumber[schedule.units[Int(unit)].name] == unit else { return false }
                if schedule.units[Int(unit)].machine == number { return true }
                return schedule.globals.contains(unit) && schedule.carries(machine, unit)
            }
            let asks = there.map { schedule.needs[Int(schedule.units[Int($0)].need)].requirements }
            #expect(machine.load == there.count)
            #expect(machine.milliCPUUsed == asks.reduce(0) { $0 + $1.milliCPU })
            #expect(machine.memoryUsedMiB == asks.reduce(0) { $0 + $1.memoryMiB })
            for entry in schedule.globs.entries {
                let names = there.map { schedule.units[Int($0)].name }
                #expect(Int(entry.matching[number] ?? 0) == names.count { entry.glob.matches($0) })
                #expect(Int(entry.conflicting[number] ?? 0) == asks.count { $0.conflicts.contains(entry.glob) })
                #expect(Int(entry.replacing[number] ?? 0) == asks.count { $0.replaces.contains(entry.glob) })
            }
            let inPools = schedule.pools.indices.filter { schedule.pools[$0].heap.contains(number) }
            #expect(Set(machine.pools.map(Int.init)) == Set(inPools))
            #expect(
                Set(inPools)
                    == Set(schedule.pools.indices.filter { Schedule.belongs(machine, schedule.pools[$0].asks) }))
        }
        checkPlacements()
        for decision in decisions {
            guard case .place(let name, let machine, _) = decision else { continue }
            let isStillThere = schedule.placement(of: name) == machine
            if isStillThere {
                #expect(schedule.machineNumber[machine].map { schedule.machines[Int($0)].isPresent } == true)
            }
        }
    }

    /// No unit is where it must not be, but for those that fit nowhere else on a draining machine or wait their turn.
    private func checkPlacements() {
        for (at, unit) in schedule.units.enumerated() where unit.machine >= 0 {
            let machine = schedule.machines[Int(unit.machine)]
            if unit.isDelayed {
                #expect(!machine.isPresent || schedule.hasWork)
                continue
            }
            #expect(machine.isPresent)
            #expect(unit.isPresent && unit.desired != .inactive && !schedule.globals.contains(Int32(at)))
            let misfit = schedule.misfit(Int32(at), unit.machine, staying: true)
            switch misfit {
            case nil: break
            case .draining: #expect(unit.isWaiting)
            case .givesWay: break  // Units that replace each other in a ring come to rest somewhere.
            default: Issue.record("\(unit.name) on \(machine.id): \(misfit?.sentence ?? "")")
            }
        }
    }

    func checkWaiting() {
        for (at, unit) in schedule.units.enumerated()
        where unit.machine < 0 && unit.isPresent && unit.desired != .inactive && !schedule.globals.contains(Int32(at)) {
            #expect(schedule.unitNumber[unit.name] == Int32(at))
            #expect(unit.isWaiting && unit.isTold)
            let fits = schedule.machines.indices.filter {
                schedule.machines[$0].isPresent && schedule.misfit(Int32(at), Int32($0), staying: false) == nil
            }
            #expect(fits.isEmpty, "\(unit.name) fits \(fits.map { schedule.machines[$0].id })")
        }
    }
}
