import Model
import Roles

/// The unit manager of a machine: what the agent tells it to do takes time, and may fail.
extension World {
    mutating func load(_ node: Int, _ name: UnitName, _ file: UnitFile, start: Bool) {
        if let old = nodes[node].managed[name], old.isLaunched, old.hash == file.hash, start {
            violate("\(name) is loaded anew on \(nodes[node].machine.id) though nothing changed")
        }
        let restarts = nodes[node].managed[name]?.restarts ?? 0
        nodes[node].managed[name] = Node.Managed(
            hash: file.hash, file: file, isLaunched: start, active: start ? .activating : .inactive,
            sub: start ? "start" : "dead", restarts: restarts, since: now)
        begin(node, name, chance.within(20...400))
    }

    mutating func start(_ node: Int, _ name: UnitName) {
        nodes[node].managed[name]?.isLaunched = true
        enter(node, name, .activating, "start")
        begin(node, name, chance.within(20...400))
    }

    mutating func stop(_ node: Int, _ name: UnitName) {
        checkStop(node, name)
        nodes[node].managed[name]?.isLaunched = false
        enter(node, name, .deactivating, "stop-sigterm")
        begin(node, name, chance.within(10...600))
    }

    mutating func unload(_ node: Int, _ name: UnitName) {
        checkStop(node, name)
        nodes[node].managed[name]?.isLaunched = false
        nodes[node].managed[name]?.sub = "unload"
        nodes[node].managed[name]?.active = .deactivating
        begin(node, name, chance.within(10...600))
    }

    private mutating func begin(_ node: Int, _ name: UnitName, _ milliseconds: Int) {
        eventNumber += 1
        nodes[node].operation[name] = eventNumber
        after(milliseconds, .settle(node, boot: nodes[node].boot, name, operation: eventNumber))
    }

    private mutating func enter(_ node: Int, _ name: UnitName, _ active: UnitState.Active, _ sub: String) {
        nodes[node].managed[name]?.active = active
        nodes[node].managed[name]?.sub = sub
        nodes[node].managed[name]?.since = now
        report(node, name)
    }

    private mutating func report(_ node: Int, _ name: UnitName) {
        let state = nodes[node].managed[name]?.state
        after(1, .process(node, life: nodes[node].life, .agent(.state(name, state))))
    }

    /// An operation ends, or a unit that crashed is back.
    mutating func settle(_ node: Int, _ name: UnitName) {
        nodes[node].operation[name] = nil
        guard let unit = nodes[node].managed[name] else {
            after(1, .process(node, life: nodes[node].life, .agent(.finished(name, failure: nil))))
            return
        }
        let program = unit.file.value("Service", "ExecStart") ?? ""
        var failure: String?
        switch (unit.active, unit.sub) {
        case (.activating, _) where program == "/bin/broken":
            nodes[node].managed[name] = nil
            failure = "there is no program /bin/broken"
        case (.activating, _) where program == "/bin/false":
            nodes[node].managed[name]?.restarts += 1
            enter(node, name, .failed, "failed")
        case (.activating, _): enter(node, name, .active, "running")
        case (.deactivating, "unload"): nodes[node].managed[name] = nil
        case (.deactivating, _): enter(node, name, .inactive, "dead")
        case (.inactive, _): report(node, name)
        default: break
        }
        let isCrash = unit.sub == "auto-restart"
        if isCrash { return }
        after(2, .process(node, life: nodes[node].life, .agent(.finished(name, failure: failure))))
    }

    /// A unit dies and is started again by its unit manager.
    mutating func crash(_ node: Int, _ name: UnitName) {
        guard nodes[node].managed[name]?.active == .active, nodes[node].operation[name] == nil else { return }
        nodes[node].managed[name]?.restarts += 1
        count.crashes += 1
        enter(node, name, .activating, "auto-restart")
        begin(node, name, 100)
    }
}
