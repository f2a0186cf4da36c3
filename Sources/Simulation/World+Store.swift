import Keyspace
import Model
import Roles

extension World {
    /// Sends a request on its way.
    mutating func ask(_ node: Int, _ request: Request) {
        after(latency(), .store(node, life: nodes[node].life, request))
    }

    private mutating func latency() -> Int {
        faults.isSlow && chance.happens(perMille: 20) ? chance.within(200...1_500) : chance.within(1...12)
    }

    mutating func reach(_ node: Int, _ life: Int, _ request: Request) {
        guard isReachable(node) else {
            answer(node, life, .failed(request), in: 500)
            return
        }
        let result = serve(node, request)
        let isLost = faults.losesAnswers && now < faultsEnd && chance.happens(perMille: 15)
        answer(node, life, isLost ? .failed(request) : result, in: isLost ? 500 : latency())
    }

    private mutating func answer(_ node: Int, _ life: Int, _ answer: Answer, in milliseconds: Int) {
        after(milliseconds, .process(node, life: life, .answer(answer)))
    }

    private mutating func serve(_ node: Int, _ request: Request) -> Answer {
        let id = nodes[node].machine.id
        switch request {
        case .read(let isFeed): return .read(store.contents(), revision: store.revision, isFeed: isFeed)
        case .register: return register(node)
        case .keepAlive(let lease): return store.keepAlive(lease, at: now) ? .keptAlive : .leaseGone
        case .campaign:
            guard let lease = nodes[node].lease else { return .notElected }
            if let item = store.item(StoreTwin.leader) {
                return item.lease == lease ? .elected(fence: item.createRevision) : .notElected
            }
            let put = store.put(StoreTwin.leader, .leader(id), lease: lease)
            guard let revision = write([], [put]) else { return .notElected }
            return .elected(fence: revision)
        case .commit(let batch, let fence, let guards, let writes):
            return commit(node, batch, fence, guards, writes)
        case .publish(let states):
            guard let lease = nodes[node].lease else { return .unpublished(Array(states.keys).sorted()) }
            let operations = states.sorted { $0.key < $1.key }.map { name, state in
                store.put(StoreTwin.state(name, id), state.map { .state($0) }, lease: state == nil ? 0 : lease)
            }
            return write([], operations) == nil ? .unpublished(Array(states.keys).sorted()) : .published
        }
    }

    private mutating func register(_ node: Int) -> Answer {
        var lease = nodes[node].savedLease ?? 0
        if lease == 0 || !store.keepAlive(lease, at: now) {
            lease = store.grantLease(seconds: Self.leaseSeconds, at: now)
        }
        nodes[node].savedLease = lease
        let machine = nodes[node].machine
        return write([], [store.put(StoreTwin.machine(machine.id), .machine(machine), lease: lease)]) == nil
            ? .leaseGone : .registered(lease: lease)
    }

    private mutating func commit(
        _ node: Int, _ batch: Int, _ fence: Int64, _ guards: [StoreGuard], _ writes: [StoreWrite]
    ) -> Answer {
        var compares = [Keyspace.Compare(.key(StoreTwin.leader), .equal, .createRevision(fence))]
        for one in guards {
            switch one {
            case .placement(let name, let revision):
                compares.append(.init(.key(StoreTwin.placement(name)), .equal, .modRevision(revision)))
            case .unit(let name, let revision):
                compares.append(.init(.key(StoreTwin.unit(name)), .equal, .modRevision(revision)))
            }
        }
        let wrongs = wrongReasons(writes)
        let operations = writes.compactMap { operation($0) }
        guard let revision = write(compares, operations) else {
            count.refusedCommits += 1
            let isOurs = store.item(StoreTwin.leader)?.createRevision == fence
            return isOurs ? .refused(batch: batch) : .deposed
        }
        count.commits += 1
        if fence != self.fence {
            violate("\(nodes[node].machine.id) wrote under the stale fence \(fence), not \(self.fence)")
        }
        for wrong in wrongs { violate(wrong) }
        checkPlacements(writes)
        return .committed(batch: batch, revision: revision)
    }

    private mutating func operation(_ one: StoreWrite) -> Keyspace.Operation? {
        switch one {
        case .placement(let name, let placement):
            store.put(StoreTwin.placement(name), placement.map { .placement($0) })
        case .waiting(let name, let waiting): store.put(StoreTwin.waiting(name), waiting.map { .waiting($0) })
        case .move(let name, let move): store.put(StoreTwin.move(name), move.map { .move($0) })
        case .events: nil
        }
    }

    /// Writes all or nothing; the revision, or nil when it was refused.
    mutating func write(_ guards: [Keyspace.Compare], _ operations: [Keyspace.Operation]) -> Int64? {
        let applied: Keyspace.Applied<Keyspace.TxnAnswer>
        do {
            applied = try store.txn(if: guards, operations)
        } catch .leaseNotFound {
            return nil
        } catch {
            violate("the store refuses a request: \(error)")
            return nil
        }
        guard applied.answer.succeeded else { return nil }
        if let commit = applied.commit { note(commit) }
        return applied.revision
    }

    /// Wakes every watch, and keeps what happened.
    mutating func note(_ commit: Keyspace.Commit) {
        for event in commit.events {
            if event.item.key == StoreTwin.leader { fence = event.isDelete ? 0 : event.item.createRevision }
            describe(event)
        }
        for node in nodes.indices where nodes[node].nextRevision != nil && !nodes[node].isDelivering {
            nodes[node].isDelivering = true
            after(latency(), .process(node, life: nodes[node].life, .deliver))
        }
        if faults.compacts, chance.happens(perMille: 5) { store.compact(keeping: 3) }
    }

    mutating func deliver(_ node: Int) {
        nodes[node].isDelivering = false
        guard let next = nodes[node].nextRevision else { return }
        guard isReachable(node) else {
            nodes[node].isDelivering = true
            after(300, .process(node, life: nodes[node].life, .deliver))
            return
        }
        let isTwice = faults.isSlow && chance.happens(perMille: 30)
        let commits: [Keyspace.Commit]
        do {
            commits = try store.commits(from: isTwice ? max(2, next - 3) : next)
        } catch {
            if isTwice, case .compacted = error { return deliver(node) }
            nodes[node].nextRevision = nil
            ask(node, .read(isFeed: true))
            return
        }
        nodes[node].nextRevision = max(next, store.revision + 1)
        for commit in commits {
            let changes = meaning(of: commit)
            nodes[node].known = max(nodes[node].known, commit.revision)
            tellAgent(node, .changes(changes, revision: commit.revision))
            tellScheduler(node, .changes(changes, revision: commit.revision))
        }
    }

    /// The changes of a commit, made once for all that watch.
    private mutating func meaning(of commit: Keyspace.Commit) -> [ClusterChange] {
        if let known = meanings[commit.revision] { return known }
        if meanings.count >= 500 { meanings.removeAll(keepingCapacity: true) }
        let changes = commit.events.compactMap { store.change($0) }
        meanings[commit.revision] = changes
        return changes
    }
}
