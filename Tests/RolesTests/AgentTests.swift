import Model
import Roles
import Testing

private let running = UnitState(active: .active, sub: "running")

/// An agent of machine a that is registered and knows the store.
private func agent(_ units: [Unit], adopting local: [Agent.LocalUnit] = []) -> (Agent, [Agent.Effect]) {
    var agent = Agent(machine: Machine(id: "a", metadata: ["disk": "ssd"]))
    _ = agent.handle(.adopted(local), at: second(0))
    _ = agent.handle(.registered, at: second(0))
    let effects = agent.handle(.contents(contents(["a", "b"], units)), at: second(1))
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

    @Test func `unloads what it has and the store does not want there`() {
        let have = Agent.LocalUnit(name: "old.service", hash: file().hash, isLaunched: true, state: running)
        let (_, effects) = agent([], adopting: [have])
        #expect(effects == [.unload("old.service")])
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
