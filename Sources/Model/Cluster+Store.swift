extension Cluster {
    /// The store's members that should answer and do not.
    public var silentMembers: [Member] { members.filter { $0.isAsked && !$0.isAnswering } }

    /// What keeps the store from taking writes, and what to do; nil when nothing does.
    public var storeTrouble: String? {
        if let corrupt = members.first(where: { $0.alarms.contains("corrupt") }) {
            return "store's member \(corrupt.name) is corrupt: remove it with etcdctl, add it anew and empty"
        }
        if hasQuorum == false {
            let answering = members.count { $0.isAnswering }
            return "store has no quorum: \(answering) of \(members.count) members answer, start the others"
        }
        if members.contains(where: { $0.alarms.contains("no space") }) {
            return "store is out of space: run etcdctl compact and defrag, then alarm disarm"
        }
        return nil
    }
}
