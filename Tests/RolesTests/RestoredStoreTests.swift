import Model
import Roles
import Testing

/// The contents of a store that went back to an earlier revision.
private func restored(_ machines: [ID<Machine>], _ units: [Unit], leader: ID<Machine>? = nil) -> ClusterContents {
    var restored = contents(machines, units, leader: leader)
    restored.isRestored = true
    return restored
}

@Suite struct `After a store was restored from a backup` {
    private let running = UnitState(active: .active, sub: "running")

    private func agent(of units: [Unit]) -> Agent {
        var agent = Agent(machine: Machine(id: "a"))
        let local = units.map {
            Agent.LocalUnit(name: $0.name, hash: file().hash, isLaunched: true, state: running)
        }
        _ = agent.handle(.adopted(local), at: second(0))
        _ = agent.handle(.registered, at: second(0))
        _ = agent.handle(.contents(contents(["a"], units), revision: 100), at: second(1))
        return agent
    }

    @Test func `an agent takes older revisions, keeps what is still wanted, and tells its states again`() {
        var agent = agent(of: [unit("web.service", on: "a"), unit("late.service", on: "a")])
        let backup = restored(["a"], [unit("web.service", on: "a")])

        let effects = agent.handle(.contents(backup, revision: 40), at: second(9))

        #expect(effects.contains(.unload("late.service")))
        #expect(effects.contains { if case .publish("web.service", .some) = $0 { true } else { false } })
        let change = ClusterChange.placement("web.service", nil)
        #expect(agent.handle(.changes([change], revision: 41), at: second(10)).contains(.unload("web.service")))
    }

    @Test func `an agent stops nothing for a store that was emptied`() {
        var agent = agent(of: [unit("web.service", on: "a")])
        #expect(agent.handle(.contents(restored(["a"], []), revision: 2), at: second(9)) == [])
        #expect(agent.runs("web.service"))
    }

    @Test func `a scheduler leads no longer, takes older revisions, and gives machines a lease's time`() {
        var scheduler = Scheduler()
        let units = [unit("web.service", on: "a")]
        _ = scheduler.handle(.contents(contents(["a", "b"], units), revision: 100), at: second(50))
        for moment in 51...60 { _ = scheduler.handle(.heard, at: second(Int64(moment))) }
        _ = scheduler.handle(.elected(fence: 101), at: second(60))
        #expect(scheduler.isLeading)

        let anew = scheduler.handle(.contents(restored(["b"], units), revision: 40), at: second(61))

        #expect(!scheduler.isLeading)
        #expect(anew.contains(.campaign))
        _ = scheduler.handle(.elected(fence: 41), at: second(61))
        for moment in 62...65 {
            #expect(scheduler.handle(.heard, at: second(Int64(moment))).allSatisfy { !$0.isCommit })
        }
        _ = scheduler.handle(.changes([.leader("b")], revision: 42), at: second(65))
        #expect(scheduler.handle(.heard, at: second(66)).contains { $0.isCommit })
    }
}

@Suite struct `A process that was stopped for long` {
    @Test func `moves nothing for the time that went by`() {
        var scheduler = Scheduler()
        let units = [unit("web.service", on: "a")]
        _ = scheduler.handle(.contents(contents(["a", "b"], units), revision: 10), at: second(50))
        _ = scheduler.handle(.elected(fence: 11), at: second(51))
        _ = scheduler.handle(.changes([.leader("b")], revision: 11), at: second(51))
        let day: Int64 = 86_400

        #expect(scheduler.handle(.wake, at: second(day)).allSatisfy { !$0.isCommit })
        #expect(scheduler.handle(.heard, at: second(day)).allSatisfy { !$0.isCommit })
        // What the store tells first is that all leases ran out; then the machines are back.
        let gone: [ClusterChange] = [.machineGone("a"), .machineGone("b")]
        #expect(scheduler.handle(.changes(gone, revision: 12), at: second(day)).allSatisfy { !$0.isCommit })
        let back: [ClusterChange] = [.machine(Machine(id: "a")), .machine(Machine(id: "b"))]
        #expect(scheduler.handle(.changes(back, revision: 13), at: second(day + 3)).allSatisfy { !$0.isCommit })
        for moment in 4...20 {
            #expect(scheduler.handle(.heard, at: second(day + Int64(moment))).allSatisfy { !$0.isCommit })
        }
    }
}

extension Scheduler.Effect {
    fileprivate var isCommit: Bool { if case .commit = self { true } else { false } }
}
