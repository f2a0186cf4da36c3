import Model

/// A token with what Keystone said beside it.
struct Token: Sendable {
    let secret: Secret
    /// By our own steady clock.
    let expires: Timestamp
    private let life: Duration
    let projectID: String?
    let projectName: String?
    let roles: [String]
    let catalog: Catalog

    /// A token is used until this long before its end.
    static let margin = Duration.seconds(60)

    init(secret: Secret, message: TokenMessage.Token, now: Timestamp) {
        self.secret = secret
        let issued = message.issued_at.flatMap { Moment.iso8601($0) }
        let ends = message.expires_at.flatMap { Moment.iso8601($0) }
        // The difference of Keystone's own times: our clock may be wrong.
        life = if let issued, let ends { ends.since(issued) } else { Duration.seconds(300) }
        expires = now + life
        projectID = message.project?.id.map { SafeText.name($0) }
        projectName = message.project?.name.map { SafeText.name($0) }
        roles = (message.roles ?? []).compactMap { $0.name.map { SafeText.name($0) } }
        catalog = Catalog(message.catalog ?? [])
    }

    /// Whether it will do for a request that begins now; a token made to be short-lived is used for most of its life.
    func isFresh(at now: Timestamp) -> Bool {
        expires.since(now) > min(Self.margin, life / 4)
    }
}
