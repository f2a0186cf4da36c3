import Model
import Roles
import Testing

private let running = UnitState(active: .active, sub: "running")

/// An agent of machine a that is registered and knows the store.
private func agent(_ units: [Unit], adopting local: [Agent.LocalUnit] = []) -> (Agent, [Agent.Effect]) {
    var agent = Agent(machine: Machine(id: "a", metadata: ["disk": "ssd"]))
    _ = agent.handle(.adopted(local), at: second(0))
    _ = agent.handle(.registered, at: second(0))
    var known = contents(["a", "b"], units)
    known.machines[0].metadata = ["disk": "ssd"]
    let effects = agent.handle(.contents(known), at: second(1))
    return (agent, effects)
}

extension Agent {
    fileprivate mutating func tell(_ changes: ClusterChange...) -> [Effect] {
        handle(.changes(changes), at: second(2))
    }

    fileprivate mutating func finish(_ name: UnitName, _ failure: String? = nil) -> [Effect] {
        handle(.finished(name, failure: failure), at: second(3))
    }
}

@Suite struct `An agent` {
    @Test func `loads and starts what is placed on its machine, and nothing else`() {
        let (_, effects) = agent([
            unit("web.service", on: "a"), unit("far.service", on: "b"), unit("idle.service", desired: .loaded, on: "a"),
            unit("off.service", desired: .inactive, on: "a"), unit("nowhere.service"),
        ])
        #expect(
            effects == [
                .load("idle.service", file(), start: false), .load("web.service", file(), start: true),
            ])
    }

    @Test func `starts, stops and unloads as the store says, one operation at a time`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        #expect(agent.tell(.unit("web.service", file(), .loaded, revision: 6)) == [])
        #expect(agent.finish("web.service") == [.stop("web.service")])
        #expect(agent.tell(.unit("web.service", file(), .launched, revision: 7)) == [])
        #expect(agent.finish("web.service") == [.start("web.service")])
        _ = agent.finish("web.service")
        #expect(agent.tell(.placement("web.service", nil)) == [.unload("web.service")])
        #expect(agent.finish("web.service") == [])
    }

    @Test func `stops and starts a unit that was to be stopped and to run again while it was busy`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        #expect(agent.tell(.unit("web.service", file(), .loaded, revision: 6)) == [])
        #expect(agent.tell(.unit("web.service", file(), .launched, revision: 7)) == [])
        #expect(agent.finish("web.service") == [.stop("web.service")])
        #expect(agent.finish("web.service") == [.start("web.service")])
        #expect(agent.finish("web.service") == [])
    }

    @Test func `restarts a unit that is loaded and launched before it has stopped`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.finish("web.service")
        #expect(agent.tell(.unit("web.service", file(), .loaded, revision: 6)) == [.stop("web.service")])
        #expect(agent.tell(.unit("web.service", file(), .launched, revision: 7)) == [])
        #expect(agent.finish("web.service") == [.start("web.service")])
    }

    @Test func `unloads a unit that was withdrawn while it was being loaded`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        #expect(agent.tell(.placement("web.service", Placement(machine: "b"))) == [])
        #expect(agent.finish("web.service") == [.unload("web.service")])
    }

    @Test func `does not repeat what failed for the same file, and holds up no other unit`() {
        var (agent, _) = agent([unit("bad.service", on: "a"), unit("good.service", on: "a")])
        let effects = agent.finish("bad.service", "no such program")
        guard case .publish("bad.service", let state?)? = effects.first else {
            Issue.record("nothing was published")
            return
        }
        #expect(effects.count == 1)
        #expect(state.note == "no such program")
        #expect(state.active == .failed)
        #expect(agent.tell(.unit("bad.service", file(), .launched, revision: 6)) == [])
        #expect(agent.tell(.unit("good.service", file(), .loaded, revision: 6)) == [])
        #expect(agent.finish("good.service") == [.stop("good.service")])
        let mended = file(program: "/bin/other")
        #expect(
            agent.tell(.unit("bad.service", mended, .launched, revision: 7)) == [
                .load("bad.service", mended, start: true)
            ])
    }

    @Test func `tries again what failed once its unit manager answers again`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.finish("web.service", "systemd cannot be reached")
        #expect(agent.handle(.answersAgain, at: second(4)) == [.load("web.service", file(), start: true)])
        _ = agent.finish("web.service")
        #expect(agent.handle(.answersAgain, at: second(5)) == [])
    }

    @Test func `tells that a unit has failed when its unit manager has it but did not take its file`() {
        var (agent, _) = agent([unit("bad.service", on: "a")])
        _ = agent.handle(
            .state("bad.service", UnitState(load: "bad-setting", active: .inactive, sub: "dead")), at: second(2))
        guard case .publish("bad.service", let state?)? = agent.finish("bad.service", "Refusing.").last else {
            Issue.record("nothing was published")
            return
        }
        #expect(state.active == .failed && state.load == "bad-setting" && state.note == "Refusing.")
    }

    @Test func `blames a failed load on the file it was for, not on a newer one`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        let newer = file(program: "/bin/other")
        _ = agent.tell(.unit("web.service", newer, .launched, revision: 6))
        #expect(agent.finish("web.service", "no such program").first == .load("web.service", newer, start: true))
    }

    @Test func `does not try for ever to unload what cannot be unloaded`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.finish("web.service")
        _ = agent.tell(.placement("web.service", nil))
        #expect(!agent.finish("web.service", "systemd does not answer").contains(.unload("web.service")))
    }

    @Test func `replaces a unit whose file changed in place`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.finish("web.service")
        let newer = file(program: "/bin/other")
        #expect(
            agent.tell(.unit("web.service", newer, .launched, revision: 6)) == [
                .load("web.service", newer, start: true)
            ])
    }

    @Test func `adopts what runs without touching it`() {
        let have = Agent.LocalUnit(name: "web.service", hash: file().hash, isLaunched: true, state: running)
        let (_, effects) = agent([unit("web.service", on: "a")], adopting: [have])
        #expect(effects.count == 1)
        guard case .publish("web.service", _)? = effects.first else {
            Issue.record("it was not published")
            return
        }
    }

    @Test func `unloads what it has and the store does not want there, and tells of it until it is gone`() {
        let have = Agent.LocalUnit(name: "old.service", hash: file().hash, isLaunched: true, state: running)
        var (agent, effects) = agent([], adopting: [have])
        #expect(effects.first == .unload("old.service") && effects.count == 2)
        guard case .publish("old.service", _?)? = effects.last else {
            Issue.record("\(effects)")
            return
        }

        effects = agent.handle(.state("old.service", nil), at: second(1))
        effects += agent.handle(.finished("old.service", failure: nil), at: second(1))

        #expect(effects == [.publish("old.service", nil)])
    }

    @Test func `takes away what an earlier agent said of a unit that is gone`() {
        var agent = Agent(machine: Machine(id: "a"))
        _ = agent.handle(.adopted([]), at: second(0))
        _ = agent.handle(.registered, at: second(0))
        var contents = contents(["a", "b"], [])
        contents.leaving = [.destroyed("old.service", ["a": running]), .destroyed("other.service", ["b": running])]

        #expect(agent.handle(.contents(contents), at: second(1)) == [.publish("old.service", nil)])
    }

    @Test func `does nothing before it knows the store, nor when the lease is lost`() {
        let have = Agent.LocalUnit(name: "web.service", hash: file().hash, isLaunched: true, state: running)
        var agent = Agent(machine: Machine(id: "a"))
        #expect(agent.handle(.adopted([have]), at: second(0)) == [])
        #expect(agent.tell(.unitGone("web.service")) == [])
        _ = agent.handle(.contents(contents(["a"], [unit("web.service", on: "a")])), at: second(1))
        #expect(agent.handle(.leaseLost, at: second(9)) == [.register])
    }

    @Test func `publishes a state once, and everything again under a new lease`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        #expect(agent.handle(.state("web.service", running), at: second(2)).count == 1)
        #expect(agent.handle(.state("web.service", running), at: second(3)) == [])
        _ = agent.handle(.leaseLost, at: second(9))
        #expect(agent.handle(.state("web.service", running), at: second(10)) == [])
        #expect(agent.handle(.registered, at: second(11)).count == 1)
    }

    @Test func `takes its record back once a unit is unloaded`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.handle(.state("web.service", running), at: second(2))
        _ = agent.finish("web.service")
        _ = agent.tell(.placement("web.service", nil))
        #expect(agent.finish("web.service") == [.publish("web.service", nil)])
    }

    @Test func `takes changes of one revision once`() {
        var (agent, _) = agent([unit("web.service", on: "a")])
        _ = agent.finish("web.service")
        let gone = ClusterChange.placement("web.service", nil)
        #expect(agent.handle(.changes([gone], revision: 9), at: second(2)) == [.unload("web.service")])
        _ = agent.finish("web.service")
        #expect(
            agent.handle(.changes([.placement("web.service", Placement(machine: "a"))], revision: 9), at: second(3))
                == [])
    }
}

@Suite struct `An agent with global units` {
    @Test func `runs those whose metadata it has`() {
        let (_, effects) = agent([
            unit("all.service", [("Global", "true")]),
            unit("hdd.service", [("Global", "true"), ("MachineMetadata", "disk=hdd")]),
            unit("ssd.service", [("Global", "true"), ("MachineMetadata", "disk=ssd")]),
        ])
        #expect(effects.count == 2)
    }

    @Test func `runs and leaves those that its metadata in the store says`() {
        let options = [("Global", "true"), ("MachineMetadata", "zone=a")]
        var (agent, effects) = agent([unit("zoned.service", options), unit("all.service", [("Global", "true")])])
        #expect(effects == [.load("all.service", file([("Global", "true")]), start: true)])
        _ = agent.finish("all.service")
        #expect(agent.tell(.machine(Machine(id: "b", metadata: ["zone": "a"]))) == [])
        #expect(
            agent.tell(.machine(Machine(id: "a", metadata: ["zone": "a"]))) == [
                .load("zoned.service", file(options), start: true)
            ])
        _ = agent.finish("zoned.service")
        #expect(agent.tell(.machine(Machine(id: "a"))) == [.unload("zoned.service")])
    }

    @Test func `runs none beside a placed unit it conflicts with, until that is gone`() {
        let options = [("Global", "true"), ("Conflicts", "web.service")]
        var (agent, effects) = agent([unit("all.service", options), unit("web.service", on: "a")])
        #expect(effects == [.load("web.service", file(), start: true)])
        _ = agent.finish("web.service")
        #expect(
            agent.tell(.placement("web.service", nil)) == [
                .load("all.service", file(options), start: true), .unload("web.service"),
            ])
    }

    @Test func `gives way when a unit that conflicts is placed there`() {
        let rude = [("Conflicts", "all.service")]
        var (agent, _) = agent([unit("all.service", [("Global", "true")]), unit("web.service", rude)])
        _ = agent.finish("all.service")
        #expect(
            agent.tell(.placement("web.service", Placement(machine: "a"))) == [
                .unload("all.service"), .load("web.service", file(rude), start: true),
            ])
    }

    @Test func `runs the first by name of two that conflict`() {
        let options = [("Global", "true"), ("Conflicts", "g*.service")]
        let (_, effects) = agent([unit("g1.service", options), unit("g0.service", options)])
        #expect(effects == [.load("g0.service", file(options), start: true)])
    }
}

/// An agent of machine a with a grace time of 60 s that runs `web.service` and a global one, beside machine b.
private func runningAgent() -> Agent {
    var agent = Agent(machine: Machine(id: "a"), grace: .seconds(60))
    _ = agent.handle(.adopted([]), at: second(0))
    _ = agent.handle(.registered, at: second(0))
    let units = [unit("web.service", on: "a"), unit("log.service", [("Global", "true")])]
    _ = agent.handle(.contents(contents(["a", "b"], units)), at: second(1))
    for name: UnitName in ["web.service", "log.service"] {
        _ = agent.handle(.finished(name, failure: nil), at: second(2))
        _ = agent.handle(.state(name, running), at: second(2))
    }
    return agent
}

extension Agent {
    /// The grace time ends, and the others say for the first time that they hear the store.
    fileprivate mutating func hearsTheFirstAnswer() {
        _ = handle(.wake, at: second(55))
        _ = handle(.peers(hearNothing: false), at: second(55))
        _ = handle(.wake, at: second(60))
    }
}

@Suite struct `A machine that does not hear the store` {
    @Test func `asks the others when the grace time is over, and not before`() {
        var agent = runningAgent()
        #expect(agent.handle(.wake, at: second(54)) == [])
        #expect(agent.handle(.wake, at: second(55)).contains { if case .askPeers = $0 { true } else { false } })
        var heard = runningAgent()
        _ = heard.handle(.heard, at: second(30))
        #expect(heard.handle(.wake, at: second(60)) == [.wake(at: second(85))])
    }

    @Test func `goes on when none of them hears it either, and asks again`() {
        var agent = runningAgent()
        _ = agent.handle(.wake, at: second(60))
        #expect(agent.handle(.peers(hearNothing: true), at: second(61)) == [.wake(at: second(65))])
        #expect(agent.cutOffUnits.isEmpty)
    }

    @Test func `asks again soon after an answer that took long, but not at once`() {
        var agent = runningAgent()
        _ = agent.handle(.wake, at: second(55))
        #expect(agent.handle(.peers(hearNothing: false), at: second(59)) == [.wake(at: second(61))])
    }

    @Test func `stops what others may run by now, but no global unit`() {
        var agent = runningAgent()
        agent.hearsTheFirstAnswer()
        let effects = agent.handle(.peers(hearNothing: false), at: second(61))
        #expect(effects.filter { if case .stop = $0 { true } else { false } } == [.stop("web.service")])
    }

    @Test func `stops nothing when the store is just coming back for everybody`() {
        var agent = runningAgent()
        _ = agent.handle(.wake, at: second(55))
        #expect(agent.handle(.peers(hearNothing: false), at: second(56)) == [.wake(at: second(60))])
        _ = agent.handle(.heard, at: second(57))
        #expect(agent.handle(.wake, at: second(61)) == [.wake(at: second(112))])
        #expect(agent.cutOffUnits.isEmpty)
    }

    @Test func `starts again only what the store says it has, once that is read anew`() {
        var agent = runningAgent()
        agent.hearsTheFirstAnswer()
        _ = agent.handle(.peers(hearNothing: false), at: second(61))
        _ = agent.handle(.finished("web.service", failure: nil), at: second(62))
        let effects = agent.handle(.heard, at: second(80))
        #expect(effects.contains(.readAnew) && !effects.contains(.start("web.service")))

        var moved = agent
        let here = contents(["a", "b"], [unit("web.service", on: "a")])
        #expect(agent.handle(.contents(here), at: second(81)).contains(.start("web.service")))
        let there = contents(["a", "b"], [unit("web.service", on: "b")])
        #expect(moved.handle(.contents(there), at: second(81)).contains(.unload("web.service")))
    }

    @Test func `stops everything while another computer has its ID`() {
        var agent = runningAgent()
        _ = agent.handle(.leaseLost, at: second(10))
        let effects = agent.handle(.refused, at: second(20))
        #expect(
            effects.filter { if case .stop = $0 { true } else { false } }
                == [.stop("log.service"), .stop("web.service")])
        for name: UnitName in ["log.service", "web.service"] {
            _ = agent.handle(.finished(name, failure: nil), at: second(21))
        }
        let after = agent.handle(.registered, at: second(30))
        #expect(after.contains(.start("web.service")) && after.contains(.start("log.service")))
    }

    @Test func `goes on for ever when it is alone or has no grace time`() {
        var alone = Agent(machine: Machine(id: "a"), grace: .seconds(60))
        _ = alone.handle(.registered, at: second(0))
        _ = alone.handle(.contents(contents(["a"], [unit("web.service", on: "a")])), at: second(1))
        #expect(alone.handle(.wake, at: second(60)) == [.wake(at: second(120))])
        var patient = Agent(machine: Machine(id: "a"))
        #expect(patient.handle(.registered, at: second(0)) == [])
    }
}
