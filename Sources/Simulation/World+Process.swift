import Model
import Roles

extension World {
    // MARK: Roles

    mutating func tellAgent(_ node: Int, _ event: Agent.Event) {
        for effect in nodes[node].agent.handle(event, at: now) { carryOut(effect, node) }
    }

    mutating func tellScheduler(_ node: Int, _ event: Scheduler.Event) {
        for effect in nodes[node].scheduler.handle(event, at: now) {
            switch effect {
            case .campaign: campaign(node)
            case .commit(let batch, let fence, let guards, let writes):
                ask(node, .commit(batch: batch, fence: fence, guards: guards, writes: writes))
            case .readAnew: ask(node, .read(isFeed: false))
            case .wake(let moment):
                if let at = nodes[node].wakeAt, at > now, at <= moment { continue }
                nodes[node].wakeAt = moment
                queue.push(.process(node, life: nodes[node].life, .scheduler(.wake)), at: max(moment, now))
            }
        }
    }

    mutating func campaign(_ node: Int) {
        if nodes[node].lease != nil {
            ask(node, .campaign)
        } else {
            after(100, .process(node, life: nodes[node].life, .request(.campaign)))
        }
    }

    private mutating func carryOut(_ effect: Agent.Effect, _ node: Int) {
        switch effect {
        case .register: break  // The lease is kept by itself.
        case .publish(let name, let state):
            nodes[node].unpublished[name] = .some(state)
            publish(node)
        case .load(let name, let file, let start): load(node, name, file, start: start)
        case .start(let name): start(node, name)
        case .stop(let name): stop(node, name)
        case .unload(let name): unload(node, name)
        case .askPeers(let peers):
            let answer = ProcessEvent.agent(.peers(hearNothing: hearNothing(node, Array(peers.keys))))
            after(20, .process(node, life: nodes[node].life, answer))
        case .readAnew: ask(node, .read(isFeed: false))
        case .wake(let moment):
            queue.push(.process(node, life: nodes[node].life, .agent(.wake)), at: max(moment, now))
        }
    }

    /// Whether all others can be asked, and none of them hears the store.
    private func hearNothing(_ node: Int, _ peers: [ID<Machine>]) -> Bool {
        !nodes[node].isCut
            && peers.allSatisfy { id in
                guard let peer = numberOf[id] else { return false }
                return nodes[peer].isHealthy && isStoreAway
            }
    }

    private mutating func publish(_ node: Int) {
        guard !nodes[node].isPublishing, !nodes[node].unpublished.isEmpty, nodes[node].lease != nil else { return }
        nodes[node].isPublishing = true
        ask(node, .publish(nodes[node].unpublished))
        nodes[node].unpublished = [:]
    }

    // MARK: The process

    /// Starts the process of a machine: nothing is remembered but the units and the lease.
    mutating func startProcess(_ node: Int) {
        nodes[node].life += 1
        nodes[node].agent = Agent(machine: nodes[node].machine, grace: Self.grace)
        nodes[node].scheduler = Scheduler(limits: .init(leaseTTL: .seconds(Self.leaseSeconds)))
        nodes[node].lease = nil
        nodes[node].cutSince = nil
        nodes[node].nextRevision = nil
        nodes[node].isDelivering = false
        nodes[node].isPublishing = false
        nodes[node].unpublished = [:]
        nodes[node].known = 0
        nodes[node].wakeAt = nil
        nodes[node].deferred = []
        nodes[node].operation = nodes[node].operation.filter { nodes[node].managed[$0.key] != nil }
        let local = nodes[node].managed.sorted { $0.key < $1.key }.map { name, unit in
            Agent.LocalUnit(name: name, hash: unit.hash, isLaunched: unit.isLaunched, state: unit.state)
        }
        tellAgent(node, .adopted(local))
        after(5, .process(node, life: nodes[node].life, .keepLease))
        after(5, .process(node, life: nodes[node].life, .request(.read(isFeed: true))))
    }

    mutating func keepLease(_ node: Int) {
        ask(node, nodes[node].lease.map { .keepAlive($0) } ?? .register)
    }

    private mutating func keepLease(_ node: Int, in milliseconds: Int) {
        after(milliseconds, .process(node, life: nodes[node].life, .keepLease))
    }

    mutating func take(_ answer: Answer, _ node: Int) {
        switch answer {
        case .read(let contents, let revision, let isFeed):
            if isFeed { nodes[node].nextRevision = revision + 1 }
            nodes[node].known = max(nodes[node].known, revision)
            tellAgent(node, .contents(contents, revision: revision))
            tellScheduler(node, .contents(contents, revision: revision))
            if isFeed {
                nodes[node].isDelivering = true
                deliver(node)
            }
        case .registered(let lease):
            if nodes[node].isHealthy, nodes[node].healthySince == nil { nodes[node].healthySince = now }
            nodes[node].lease = lease
            tellAgent(node, .registered)
            publish(node)
            keepLease(node, in: Int(Self.leaseSeconds) * 1_000 / 3)
        case .keptAlive:
            if nodes[node].isHealthy, nodes[node].healthySince == nil { nodes[node].healthySince = now }
            tellScheduler(node, .heard)
            tellAgent(node, .heard)
            keepLease(node, in: Int(Self.leaseSeconds) * 1_000 / 3)
        case .leaseGone:
            nodes[node].lease = nil
            nodes[node].savedLease = nil
            tellAgent(node, .leaseLost)
            tellScheduler(node, .deposed)
            keepLease(node, in: 50)
        case .elected(let fence): tellScheduler(node, .elected(fence: fence))
        case .notElected, .deposed: tellScheduler(node, .deposed)
        case .committed(let batch, let revision):
            tellScheduler(node, .committed(batch: batch, revision: revision))
        case .refused(let batch): tellScheduler(node, .refused(batch: batch))
        case .published: takePublished([], node)
        case .unpublished(let names): takePublished(names, node)
        case .failed(let request): retry(request, node)
        }
    }

    private mutating func takePublished(_ failed: [UnitName], _ node: Int) {
        nodes[node].isPublishing = false
        for name in failed { tellAgent(node, .unpublished(name)) }
        publish(node)
    }

    private mutating func retry(_ request: Request, _ node: Int) {
        switch request {
        case .read, .campaign:
            after(500, .process(node, life: nodes[node].life, .request(request)))
        case .register, .keepAlive: keepLease(node, in: 200)
        case .commit(let batch, _, _, _): tellScheduler(node, .refused(batch: batch))
        case .publish(let states):
            nodes[node].isPublishing = false
            nodes[node].unpublished.merge(states) { newer, _ in newer }
            publish(node)
        }
    }
}
