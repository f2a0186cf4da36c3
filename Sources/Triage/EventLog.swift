import Model

/// What happened lately, by what it is about, oldest first.
///
/// **Invariant:** the same events give the same log in whatever order they come.
struct EventLog: Sendable {
    let all: [FarmEvent]
    private let bySubject: [Subject: [FarmEvent]]

    /// Older events tell nothing of what is wrong now.
    static let kept: Duration = .seconds(3_600)

    init(_ events: [FarmEvent], at now: Timestamp) {
        // The texts that decide between events of one moment are made once each.
        let kept = events.filter { now.since($0.at) <= Self.kept && $0.at <= now }
        let ordered = kept.map { (event: $0, order: Self.order($0)) }.sorted { left, right in
            left.event.at == right.event.at ? left.order < right.order : left.event.at < right.event.at
        }
        all = ordered.map(\.event)
        var bySubject: [Subject: [FarmEvent]] = [:]
        for event in all { bySubject[event.subject, default: []].append(event) }
        self.bySubject = bySubject
    }

    subscript(subject: Subject) -> [FarmEvent] { bySubject[subject] ?? [] }

    /// When the last of a kind happened to a subject.
    func last(_ kind: FarmEvent.Kind, _ subject: Subject, where fits: (FarmEvent) -> Bool = { _ in true })
        -> FarmEvent?
    {
        self[subject].last { $0.kind == kind && fits($0) }
    }

    /// The machines that something happened to, in order.
    var machines: [(cluster: ID<Cluster>, machine: ID<Machine>)] {
        bySubject.keys.compactMap { if case .machine(let cluster, let id) = $0 { (cluster, id) } else { nil } }
            .sorted { $0 < $1 }
    }

    private static func order(_ event: FarmEvent) -> String { order(event.subject) + event.text }

    /// A subject as text that sorts.
    static func order(_ subject: Subject) -> String {
        switch subject {
        case .cloud(let id): "1\(id)"
        case .source(let id): "0\(id)"
        case .server(let id): "2\(id)"
        case .vm(let id): "3\(id)"
        case .cluster(let id): "4\(id)"
        case .machine(let cluster, let id): "5\(cluster) \(id)"
        case .unit(let key): "6\(key)"
        }
    }
}
