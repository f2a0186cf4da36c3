import Model
import Roles
import Testing

private func vm(_ number: Int, _ state: VM.State = .active, created: Timestamp? = second(0)) -> VM {
    VM(id: ID("vm\(number)"), cloud: "local", name: "c-\(number)", cluster: "c", state: state, created: created)
}

/// A provisioner that is told a wish, the VMs there are, and that all of them joined.
private struct Wishing {
    var provisioner = Provisioner(cluster: "c")

    mutating func want(_ count: Int, wish: Int64 = 1) -> [Provisioner.Effect] {
        provisioner.handle(.wanted(count: count, VMChoice(), wish: wish), at: second(1))
    }

    mutating func show(_ vms: [VM], at now: Timestamp = second(1)) -> [Provisioner.Effect] {
        provisioner.handle(.vms(vms), at: now)
    }

    mutating func join(_ numbers: [Int], units: [Int: Int] = [:]) -> [Provisioner.Effect] {
        let machines = numbers.map { Machine(id: ID("m\($0)"), vm: ID("vm\($0)")) }
        let counts = Dictionary(uniqueKeysWithValues: units.map { (ID<Machine>("m\($0.key)"), $0.value) })
        return provisioner.handle(.machines(machines, units: counts), at: second(1))
    }
}

extension [Provisioner.Effect] {
    fileprivate var created: [String] {
        compactMap { if case .create(let spec) = $0 { spec.name } else { nil } }
    }
}

@Suite struct `A provisioner` {
    @Test func `makes nothing before it knows what there is`() {
        var wishing = Wishing()
        #expect(wishing.want(2) == [])
    }

    @Test func `makes what is missing under the first free names, each asked for once`() {
        var wishing = Wishing()
        _ = wishing.show([vm(2)])
        #expect(wishing.want(3).created == ["c-1", "c-3"])
        #expect(wishing.provisioner.handle(.wake, at: second(2)).created == [])
        #expect(wishing.provisioner.handle(.created("c-1", failure: nil), at: second(3)).created == [])
        #expect(wishing.show([vm(1, .building), vm(2), vm(3, .building)]).created == [])
        #expect(wishing.join([1, 2, 3]) == [.settled(wish: 1, failure: nil)])
    }

    @Test func `asks no second time for a VM that the cloud does not show yet`() {
        var wishing = Wishing()
        _ = wishing.show([])
        #expect(wishing.want(1).created == ["c-1"])
        #expect(wishing.show([]).created == [])
        #expect(wishing.want(2, wish: 2).created == ["c-2"])
    }

    @Test func `gives up with the cloud's words`() {
        var wishing = Wishing()
        _ = wishing.show([])
        _ = wishing.want(1)
        let effects = wishing.provisioner.handle(.created("c-1", failure: "no valid host"), at: second(2))
        #expect(effects.last == .settled(wish: 1, failure: "VM c-1 cannot be made: no valid host"))
        #expect(wishing.provisioner.handle(.wake, at: second(9)).created == [])
    }

    @Test func `makes no more of them when one fails after the order was taken`() {
        var wishing = Wishing()
        _ = wishing.show([])
        _ = wishing.want(1)
        let effects = wishing.show([vm(1, .error("no disk left"))])
        #expect(effects.contains(.settled(wish: 1, failure: "VM c-1 failed: no disk left")))
        #expect(effects.created == [])
        #expect(wishing.show([vm(1, .error("no disk left"))]) == [])
    }

    @Test func `gives up a VM that the cloud never shows`() {
        var wishing = Wishing()
        _ = wishing.show([])
        _ = wishing.want(1)
        let effects = wishing.provisioner.handle(.wake, at: second(121))
        #expect(
            effects.last
                == .settled(wish: 1, failure: "VM c-1 was asked for 2m ago and the cloud never showed it"))
    }

    @Test func `does not replace a VM that is lost after the count was reached`() {
        var wishing = Wishing()
        _ = wishing.show([vm(1), vm(2)])
        _ = wishing.want(2)
        #expect(wishing.join([1, 2]) == [.settled(wish: 1, failure: nil)])
        #expect(wishing.show([vm(1), vm(2, .lost("killed"))]).created == [])
    }

    @Test func `empties a machine before its VM goes, the one with the fewest units first`() {
        var wishing = Wishing()
        _ = wishing.show([vm(1), vm(2)])
        _ = wishing.join([1, 2], units: [1: 5, 2: 1])
        #expect(wishing.want(1).first == .drain("m2"))
        #expect(wishing.join([1, 2], units: [1: 6, 2: 0]).first == .delete("vm2"))
        #expect(wishing.show([vm(1)]) == [.settled(wish: 1, failure: nil)])
    }

    @Test func `deletes a VM that cannot be emptied after half a minute`() {
        var wishing = Wishing()
        _ = wishing.show([vm(1), vm(2)])
        _ = wishing.join([1, 2], units: [1: 5, 2: 1])
        _ = wishing.want(1)
        #expect(wishing.provisioner.handle(.wake, at: second(30)) == [])
        #expect(wishing.provisioner.handle(.wake, at: second(31)) == [.delete("vm2")])
    }

    @Test func `gives a VM its time to join from when it is active, however long it was built`() {
        var wishing = Wishing()
        _ = wishing.show([])
        _ = wishing.want(1)
        _ = wishing.show([vm(1, .building)], at: second(2))
        #expect(wishing.show([vm(1)], at: second(600)) == [.wake(at: second(780))])
        #expect(wishing.provisioner.handle(.wake, at: second(779)) == [.wake(at: second(780))])
    }

    @Test func `says once that a VM did not join in time`() {
        var wishing = Wishing()
        #expect(wishing.show([vm(1)], at: second(10)) == [.wake(at: second(180))])
        let late = wishing.provisioner.handle(.wake, at: second(180))
        guard case .tell(let event)? = late.first else {
            Issue.record("nothing was told")
            return
        }
        #expect(
            event.text == "has not joined c within 3m: look at its console log, or delete it")
        #expect(wishing.provisioner.handle(.wake, at: second(70)) == [])
    }
}
