import Model
import Roles
import Testing

@Suite struct `A new file of a global unit` {
    private let old = UnitFile(options: [
        .init(section: "Service", name: "ExecStart", value: "/old"),
        .init(section: "X-Fleet", name: "Global", value: "yes"),
    ])
    private let new = UnitFile(options: [
        .init(section: "Service", name: "ExecStart", value: "/new"),
        .init(section: "X-Fleet", name: "Global", value: "yes"),
    ])

    private func agent() -> Agent {
        var agent = Agent(machine: Machine(id: "a"))
        let cluster = Cluster(id: "c", name: "c")
        let unit = Unit(name: "g.service", file: old, desired: .launched)
        let contents = ClusterContents(cluster: cluster, machines: [Machine(id: "a")], units: [unit])
        let effects = agent.handle(.contents(contents), at: Timestamp(milliseconds: 0))
        #expect(effects.contains(.load("g.service", old, start: true)))
        _ = agent.handle(.finished("g.service", failure: nil), at: Timestamp(milliseconds: 1))
        return agent
    }

    private func loads(_ effects: [Agent.Effect]) -> [Agent.Effect] {
        effects.filter { if case .load = $0 { true } else { false } }
    }

    @Test func `is taken by the machines that are named, and by no other`() {
        var agent = agent()
        let other = agent.handle(
            .changes([.roll("g.service", Roll(file: new, machines: ["b"]))]), at: Timestamp(milliseconds: 2))
        #expect(loads(other).isEmpty)
        let own = agent.handle(
            .changes([.roll("g.service", Roll(file: new, machines: ["a", "b"]))]), at: Timestamp(milliseconds: 3))
        #expect(loads(own) == [.load("g.service", new, start: true)])
    }

    @Test func `goes back when the roll is given up`() {
        var agent = agent()
        _ = agent.handle(
            .changes([.roll("g.service", Roll(file: new, machines: ["a"]))]), at: Timestamp(milliseconds: 2))
        _ = agent.handle(.finished("g.service", failure: nil), at: Timestamp(milliseconds: 3))
        let back = agent.handle(.changes([.roll("g.service", nil)]), at: Timestamp(milliseconds: 4))
        #expect(loads(back) == [.load("g.service", old, start: true)])
    }

    @Test func `is no change for those that have it when it becomes everybody's`() {
        var agent = agent()
        _ = agent.handle(
            .changes([.roll("g.service", Roll(file: new, machines: ["a"]))]), at: Timestamp(milliseconds: 2))
        _ = agent.handle(.finished("g.service", failure: nil), at: Timestamp(milliseconds: 3))
        let end = agent.handle(
            .changes([.unit("g.service", new, .launched, revision: 9), .roll("g.service", nil)]),
            at: Timestamp(milliseconds: 4))
        #expect(loads(end).isEmpty)
    }

    @Test func `is known by an agent that starts in the middle of a roll`() {
        var agent = Agent(machine: Machine(id: "a"))
        var unit = Unit(name: "g.service", file: old, desired: .launched)
        unit.roll = Roll(file: new, machines: ["a"])
        let contents = ClusterContents(
            cluster: Cluster(id: "c", name: "c"), machines: [Machine(id: "a")], units: [unit])
        #expect(
            loads(agent.handle(.contents(contents), at: Timestamp(milliseconds: 0))) == [
                .load("g.service", new, start: true)
            ])
    }
}
