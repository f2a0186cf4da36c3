import Model

extension Agent {
    /// What a machine knows of its connection to the store and to the other machines.
    struct Contact: Hashable, Sendable {
        /// When the lease was last known to live.
        var heard: Timestamp?
        /// When it wakes to look.
        var wakesAt: Timestamp?
        /// Where the agents of the other machines answer; empty text for those that serve no API.
        var peers: [ID<Machine>: String] = [:]
        /// When it asked the other machines, while it waits for their answer.
        var askedAt: Timestamp?
        /// The last answer was that others may hear the store: the next one like it counts, as the store may just be
        /// coming back.
        var isDoubtful = false
        /// Units that were stopped because others may run them by now.
        var stopped: Set<UnitName> = []
        /// The store is heard again, and is being read anew.
        var isBack = false
    }

    /// How long after a question it asks the others again.
    public static let asksEvery = Duration.seconds(5)
    /// How long it waits after an answer at least, however long that took: the store may just be coming back.
    public static let doubtsFor = Duration.seconds(2)

    mutating func note(_ other: Machine) {
        if other.id == machine.id { metadata = other.metadata } else { contact.peers[other.id] = other.api ?? "" }
    }

    /// The store answered. What was stopped starts again only by what the store says now: it may run elsewhere.
    mutating func hear(at now: Timestamp, _ effects: inout [Effect]) {
        guard let grace else { return }
        contact.heard = now
        contact.askedAt = nil
        contact.isDoubtful = false
        if !contact.stopped.isEmpty, !contact.isBack {
            contact.isBack = true
            effects.append(.readAnew)
        }
        if contact.wakesAt == nil { wake(at: now + grace - Self.asksEvery, &effects) }
    }

    mutating func watchContact(at now: Timestamp, _ effects: inout [Effect]) {
        guard let grace, let heard = contact.heard else { return }
        if let moment = contact.wakesAt, now < moment { return }
        contact.wakesAt = nil
        let due = heard + grace - Self.asksEvery
        guard now >= due else { return wake(at: due, &effects) }
        guard contact.stopped.isEmpty, !contact.peers.isEmpty else { return wake(at: now + grace, &effects) }
        contact.askedAt = now
        effects.append(.askPeers(contact.peers))
    }

    /// Others that hear the store, or that cannot be asked, may have been given what runs here.
    mutating func judge(_ hearNothing: Bool, at now: Timestamp, _ effects: inout [Effect]) {
        guard let askedAt = contact.askedAt else { return watchContact(at: now, &effects) }
        contact.askedAt = nil
        let wasDoubtful = contact.isDoubtful
        contact.isDoubtful = !hearNothing
        guard !hearNothing, wasDoubtful else {
            return wake(at: max(askedAt + Self.asksEvery, now + Self.doubtsFor), &effects)
        }
        wake(at: now + (grace ?? Self.asksEvery), &effects)
        contact.stopped = Set(
            local.filter { name, have in
                // Global units belong to each machine, sticky ones to this one.
                guard let asks = wanted[name]?.requirements else { return have.isLaunched && have.isUp }
                return !asks.isGlobal && !asks.isSticky && have.isLaunched && have.isUp
            }.keys)
        for name in contact.stopped.sorted() { reconcile(name, &effects) }
    }

    /// Stops everything: what is placed on the machine's ID runs on the computer that has it.
    mutating func refuse(_ effects: inout [Effect]) {
        if isRefused { return }
        isRefused = true
        for name in local.keys.sorted() { reconcile(name, &effects) }
    }

    /// The machine has its ID again.
    mutating func allow(_ effects: inout [Effect]) {
        guard isRefused else { return }
        isRefused = false
        for name in local.keys.sorted() { reconcile(name, &effects) }
    }

    private mutating func wake(at moment: Timestamp, _ effects: inout [Effect]) {
        contact.wakesAt = moment
        effects.append(.wake(at: moment))
    }
}

extension Agent.Local {
    /// Whether it runs, or is about to.
    fileprivate var isUp: Bool {
        switch state?.active {
        case .inactive?, .failed?: false
        case .active?, .reloading?, .activating?, .deactivating?, .maintenance?, .other?, nil: true
        }
    }
}
