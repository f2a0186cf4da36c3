import Model
import Roles
import Testing

/// A scheduler that leads a cluster it has known for a minute.
private struct Leading {
    var scheduler = Scheduler()
    var now = second(60)

    init(_ machines: [ID<Machine>], _ units: [Unit]) {
        _ = scheduler.handle(.contents(contents(machines, units), revision: 10), at: second(50))
        for moment in 51...60 { _ = scheduler.handle(.heard, at: second(Int64(moment))) }
    }

    mutating func lead() -> [Scheduler.Effect] {
        let effects = scheduler.handle(.elected(fence: 11), at: now)
        return effects + tell([.leader("a")])
    }

    mutating func tell(_ changes: [ClusterChange], revision: Int64 = 11) -> [Scheduler.Effect] {
        scheduler.handle(.changes(changes, revision: revision), at: now)
    }
}

extension [Scheduler.Effect] {
    /// Where units are put, by every commit in order; "-" for a record taken away.
    fileprivate var placements: [String] {
        flatMap { effect -> [String] in
            guard case .commit(_, _, _, let writes) = effect else { return [] }
            return writes.compactMap { write in
                guard case .placement(let name, let placement) = write else { return nil }
                return "\(name) \(placement?.machine.text ?? "-")"
            }
        }
    }

    fileprivate var commits: Int { count { if case .commit = $0 { true } else { false } } }
    fileprivate var isReading: Bool { contains(.readAnew) }
}

@Suite struct `A scheduler` {
    @Test func `campaigns once it knows the store, and writes nothing before it leads`() {
        var scheduler = Scheduler()
        #expect(scheduler.handle(.heard, at: second(0)) == [])
        let effects = scheduler.handle(.contents(contents(["a"], [unit("web.service")])), at: second(1))
        #expect(effects == [.campaign])
        #expect(scheduler.handle(.changes([.leader("b")]), at: second(2)).commits == 0)
        #expect(!scheduler.isLeading)
    }

    @Test func `campaigns again when nobody leads`() {
        var scheduler = Scheduler()
        _ = scheduler.handle(.contents(contents(["a"], [], leader: "b")), at: second(1))
        #expect(scheduler.handle(.deposed, at: second(2)) == [])
        #expect(scheduler.handle(.changes([.leader(nil)]), at: second(3)) == [.campaign])
    }

    @Test func `writes only under its fence, and not before it knows all that was written before it led`() {
        var leading = Leading(["a", "b"], [unit("web.service")])
        #expect(leading.scheduler.handle(.elected(fence: 11), at: leading.now).commits == 0)
        let effects = leading.tell([.leader("a")])
        guard case .commit(let batch, let fence, let guards, _)? = effects.last else {
            Issue.record("no commit in \(effects)")
            return
        }
        #expect(batch == 1)
        #expect(fence == 11)
        #expect(guards == [.placement("web.service", revision: 0), .unit("web.service", revision: 5)])
        #expect(effects.placements == ["web.service a"])
    }

    @Test func `writes many decisions in batches, and the next plan only when all are answered`() {
        var leading = Leading(
            ["a"],
            (1...100).compactMap { number in
                (try? UnitName("u\(number).service")).map { unit($0) }
            })
        #expect(leading.lead().commits == 3)
        #expect(leading.tell([.machine(Machine(id: "b")), .unitGone("u1.service")], revision: 12).commits == 0)
        for batch in 1...2 {
            #expect(leading.scheduler.handle(.committed(batch: batch, revision: 12), at: leading.now).commits == 0)
        }
        let last = leading.scheduler.handle(.committed(batch: 3, revision: 13), at: leading.now)
        #expect(last.placements == ["u1.service -"])
    }

    @Test func `reads anew after a refused commit and plans nothing until then`() {
        var leading = Leading(["a", "b"], [unit("web.service")])
        _ = leading.lead()
        #expect(leading.scheduler.handle(.refused(batch: 1), at: leading.now) == [.readAnew])
        #expect(leading.tell([.unit("api.service", file(), .launched, revision: 12)], revision: 12).commits == 0)
        let anew = contents(["a", "b"], [unit("web.service", on: "b"), unit("api.service")], leader: "a")
        let effects = leading.scheduler.handle(.contents(anew, revision: 13), at: leading.now)
        #expect(effects.placements == ["api.service a"])
    }

    @Test func `reads once more when what it read is older than what it was told`() {
        var leading = Leading(["a"], [unit("web.service")])
        _ = leading.lead()
        _ = leading.scheduler.handle(.refused(batch: 1), at: leading.now)
        _ = leading.tell([.unitGone("x.service")], revision: 20)
        #expect(leading.scheduler.handle(.contents(contents(["a"], []), revision: 15), at: leading.now).isReading)
    }

    @Test func `takes no old news after new ones`() {
        var leading = Leading(["a", "b"], [unit("web.service", on: "a")])
        _ = leading.lead()
        let effects = leading.tell([.machineGone("a")], revision: 9)
        #expect(effects == [])
    }

    @Test func `forgets what it planned when it is deposed with a commit on its way`() {
        var leading = Leading(["a", "b"], [unit("web.service")])
        _ = leading.lead()
        let effects = leading.scheduler.handle(.deposed, at: leading.now)
        #expect(effects.isReading)
        #expect(!leading.scheduler.isLeading)
    }

    @Test func `leads on when a late answer to an old campaign deposes it`() {
        var leading = Leading(["a"], [])
        _ = leading.lead()
        #expect(leading.scheduler.handle(.deposed, at: leading.now) == [.campaign])
        #expect(leading.scheduler.handle(.deposed, at: leading.now) == [])
    }

    @Test func `answers a wish to move`() {
        var leading = Leading(["a", "b"], [unit("web.service", on: "a")])
        _ = leading.lead()
        let refused = leading.tell([.move("web.service", Move(to: "a"))], revision: 12)
        guard case .commit(_, _, _, let writes)? = refused.first else {
            Issue.record("no commit")
            return
        }
        #expect(writes == [.move("web.service", Move(to: "a", refusal: "it is there already"))])
        _ = leading.scheduler.handle(.committed(batch: 1, revision: 13), at: leading.now)
        let moved = leading.tell([.move("web.service", Move(to: "b"))], revision: 14)
        guard case .commit(_, _, let guards, let moves)? = moved.first else {
            Issue.record("no commit")
            return
        }
        #expect(guards.first == .placement("web.service", revision: 5))
        #expect(moves.contains(.move("web.service", nil)))
        #expect(moved.placements == ["web.service b"])
    }

    @Test func `guards what it placed by the revision of its commit, and what it only told a reason for by the old`() {
        var leading = Leading(["a"], [unit("web.service", on: "a"), unit("x.service")])
        _ = leading.lead()
        _ = leading.scheduler.handle(.committed(batch: 1, revision: 12), at: leading.now)
        _ = leading.tell([.draining("a", true)], revision: 13)
        _ = leading.scheduler.handle(.committed(batch: 2, revision: 14), at: leading.now)
        let effects = leading.tell([.machine(Machine(id: "b"))], revision: 15)
        guard case .commit(_, _, let guards, _)? = effects.first else {
            Issue.record("no commit")
            return
        }
        #expect(guards.contains(.placement("web.service", revision: 5)))
        #expect(guards.contains(.placement("x.service", revision: 12)))
    }

    @Test func `takes a reason to wait back that no longer holds`() {
        var waiting = unit("web.service", desired: .inactive)
        waiting.waiting = Unit.Waiting(why: "there is no machine")
        var leading = Leading(["a"], [waiting])
        guard case .commit(_, _, _, let writes)? = leading.lead().last else {
            Issue.record("no commit")
            return
        }
        #expect(writes == [.waiting("web.service", nil)])
    }
}

@Suite struct `A scheduler that loses machines` {
    @Test func `moves the units of one whose lease ended at once`() {
        var leading = Leading(["a", "b", "c"], [unit("web.service", on: "a")])
        _ = leading.lead()
        #expect(leading.tell([.machineGone("a")], revision: 12).placements == ["web.service b"])
    }

    @Test func `gives those missing at its start a lease's time`() {
        var scheduler = Scheduler()
        _ = scheduler.handle(.contents(contents(["b"], [unit("web.service", on: "a")])), at: second(0))
        let elected = scheduler.handle(.elected(fence: 3), at: second(0))
        #expect(elected.placements == [])
        #expect(elected.contains(.wake(at: second(5))))
        for moment in 1...4 { #expect(scheduler.handle(.heard, at: second(Int64(moment))).placements == []) }
        var other = scheduler
        #expect(scheduler.handle(.heard, at: second(5)).placements == ["web.service b"])
        #expect(other.handle(.changes([.machine(Machine(id: "a"))]), at: second(4)).placements == [])
        #expect(other.handle(.heard, at: second(5)).placements == [])
    }

    @Test func `believes none lost because the store was silent`() {
        var leading = Leading(["a", "b"], [unit("web.service", on: "a")])
        _ = leading.lead()
        leading.now = second(105)
        #expect(leading.tell([.machineGone("a"), .machineGone("b")], revision: 12).placements == [])
        leading.now = second(107)
        #expect(leading.tell([.machine(Machine(id: "a"))], revision: 13).placements == [])
        for moment in 108...120 {
            #expect(leading.scheduler.handle(.heard, at: second(Int64(moment))).placements == [])
        }
    }

    @Test func `gives machines time to connect again, however short their leases are`() {
        var scheduler = Scheduler(limits: .init(leaseTTL: .seconds(2)))
        let units = [unit("web.service", on: "a")]
        _ = scheduler.handle(.contents(contents(["b"], units), revision: 10), at: second(100))
        _ = scheduler.handle(.elected(fence: 9), at: second(100))
        for moment in 101...104 {
            #expect(scheduler.handle(.heard, at: second(Int64(moment))).placements == [])
        }
        #expect(scheduler.handle(.heard, at: second(105)).placements == ["web.service b"])
    }

    @Test func `lets nobody's time go by while the store is silent again`() {
        var leading = Leading(["a", "b"], [unit("web.service", on: "a")])
        _ = leading.lead()
        leading.now = second(105)
        _ = leading.tell([.machineGone("a")], revision: 12)
        #expect(leading.scheduler.handle(.wake, at: second(110)).placements == [])
        #expect(leading.scheduler.handle(.heard, at: second(130)).placements == [])
        for moment in 131...134 { _ = leading.scheduler.handle(.heard, at: second(Int64(moment))) }
        #expect(leading.scheduler.handle(.heard, at: second(135)).placements == ["web.service b"])
    }

    @Test func `brings the units of many back slowly, and lets those stay whose machine returns`() {
        let units = (1...30).compactMap { number in
            (try? UnitName("u\(number).service")).map { unit($0, on: ["a", "b", "c"][number % 3]) }
        }
        var leading = Leading(["a", "b", "c"], units)
        _ = leading.lead()
        let first = leading.tell([.machineGone("a"), .machineGone("b")], revision: 12)
        #expect(first.placements.count == 10)
        #expect(first.contains(.wake(at: second(61))))
        _ = leading.scheduler.handle(.committed(batch: 1, revision: 13), at: leading.now)
        #expect(leading.scheduler.handle(.wake, at: leading.now).placements == [])
        let back = leading.tell([.machine(Machine(id: "a")), .machine(Machine(id: "b"))], revision: 14)
        #expect(back.placements == [])
    }

    @Test func `remembers a drain of a machine that is gone for now`() {
        var leading = Leading(["a", "b"], [unit("web.service", on: "b")])
        _ = leading.lead()
        _ = leading.tell([.draining("a", true)], revision: 12)
        _ = leading.tell([.machineGone("a")], revision: 13)
        let anew = contents(["b"], [unit("web.service", on: "b")], leader: "a")
        _ = leading.scheduler.handle(.contents(anew, revision: 14), at: leading.now)
        _ = leading.tell([.machine(Machine(id: "a"))], revision: 15)
        let effects = leading.tell([.unit("api.service", file(), .launched, revision: 16)], revision: 16)
        #expect(effects.placements == ["api.service b"])
    }
}
