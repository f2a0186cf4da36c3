import Etcd
public import Model

extension ClusterRegistry {
    /// Tries to lead under a lease; the revision fences every later commit. nil when somebody leads already.
    public func campaign(machine: ID<Machine>, lease: Int64) async throws -> Int64? {
        let record = Coding.bytes(LeaderRecord(machine: machine.text))
        let answer = try await store.txn(
            if: [.absent(keys.leader)], then: [.put(keys.leader, record, lease: lease)], else: [.get(keys.leader)])
        if answer.succeeded { return answer.revision }
        // The answer to a first try may have been lost: then the record there is our own.
        guard let item = answer.fetched.first?.first, item.lease == lease else { return nil }
        return item.createRevision
    }

    /// What a guarded commit came to.
    public enum CommitOutcome: Hashable, Sendable {
        /// Written, at this revision.
        case committed(revision: Int64)
        /// A guard no longer held; nothing was written.
        case refused
        /// We no longer lead; nothing was written.
        case deposed
    }

    /// One kind of guard and of write as the role that leads means them.
    public struct Commit: Sendable {
        var guards: [Compare] = []
        var operations: [Op] = []
        fileprivate let keys: Keys
        fileprivate let eventLease: Int64?

        /// The placement must still be at this revision; 0 for none.
        public mutating func expect(placement name: UnitName, revision: Int64) {
            let key = keys.placement(name)
            guards.append(revision == 0 ? .absent(key) : .modRevision(key, revision))
        }

        /// The unit's record must still be at this revision.
        public mutating func expect(unit name: UnitName, revision: Int64) {
            guards.append(.modRevision(keys.unit(name), revision))
        }

        /// Writes a placement, or takes it away.
        public mutating func write(placement: Placement?, of name: UnitName) {
            let record = placement.map {
                PlacementRecord(machine: $0.machine.text, why: $0.why, since: $0.since?.milliseconds)
            }
            write(record, keys.placement(name))
        }

        /// Writes why a unit waits, or takes it away.
        public mutating func write(waiting: Unit.Waiting?, of name: UnitName) {
            write(waiting.map { WaitingRecord(why: $0.why, since: $0.since?.milliseconds) }, keys.waiting(name))
        }

        /// Answers a wish to reschedule, or takes it away.
        public mutating func write(move: Move?, of name: UnitName) {
            write(move.map { MoveRecord(to: $0.to?.text, refusal: $0.refusal) }, keys.move(name))
        }

        /// Keeps what happened, as long as the lease given for events lasts.
        public mutating func write(events: [FarmEvent], number: Int) {
            guard let first = events.first, let eventLease else { return }
            operations.append(
                .put(keys.event(first.at, number), Coding.bytes(events.map(EventRecord.init)), lease: eventLease))
        }

        private mutating func write(_ record: (some Encodable)?, _ key: String) {
            operations.append(record.map { .put(key, Coding.bytes($0)) } ?? .delete(key))
        }
    }

    /// An empty commit; events in it live as long as that lease, and are not kept without one.
    public func beginCommit(eventLease: Int64? = nil) -> Commit {
        Commit(keys: keys, eventLease: eventLease)
    }

    /// Writes all of it or nothing, if every guard holds and the leader record is still ours.
    public func finish(_ commit: Commit, fence: Int64) async throws -> CommitOutcome {
        let fencing = Compare.createRevision(keys.leader, fence)
        let answer = try await store.txn(
            if: [fencing] + commit.guards, then: commit.operations, else: [.get(keys.leader)])
        if answer.succeeded { return .committed(revision: answer.revision) }
        guard let leader = answer.fetched.first?.first, leader.createRevision == fence else { return .deposed }
        return .refused
    }
}
