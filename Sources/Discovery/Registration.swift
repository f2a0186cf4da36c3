/// What is known of one token: how many members the cluster is to have, and who came.
struct Registration: Codable, Hashable, Sendable {
    struct Member: Codable, Hashable, Sendable {
        let id: String
        /// `name=peer URL`, joined by `&` where there are several.
        let value: String
        let createdIndex: Int

        var names: Set<Substring> { Set(value.split(separator: "&").map { $0.prefix { $0 != "=" } }) }
    }

    /// What becomes of one who comes.
    enum Outcome: Hashable, Sendable {
        case registered(Member)
        /// Came before and tells the same, while nobody can have begun yet.
        case again(Member)
        case taken(Member)
        case nameTaken(Member)
        case full
    }

    let size: Int
    private(set) var members: [Member] = []

    init(size: Int) {
        self.size = size
    }

    /// The size has 1; every member has the next.
    var index: Int { 1 + members.count }
    var isFull: Bool { members.count >= size }

    /// Registers a member.
    ///
    /// One who restarts while others are still awaited may come again. Later it may not: the others have begun, and a
    /// member that lost its data must never come back as if it were new.
    mutating func register(id: String, value: String) -> Outcome {
        if let member = members.first(where: { $0.id == id }) {
            return !isFull && member.value == value ? .again(member) : .taken(member)
        }
        if isFull { return .full }
        let member = Member(id: id, value: value, createdIndex: index + 1)
        if let other = members.first(where: { !$0.names.isDisjoint(with: member.names) }) { return .nameTaken(other) }
        members.append(member)
        return .registered(member)
    }
}
