/// Something of Keystone by its ID, or by its name and the domain that the name is unique in.
public enum KeystoneName: Hashable, Sendable {
    case id(String)
    case name(String, domain: Domain)

    /// A domain.
    public enum Domain: Hashable, Sendable {
        case id(String)
        case name(String)
    }

    /// As given, for messages.
    public var text: String {
        switch self {
        case .id(let id): id
        case .name(let name, _): name
        }
    }
}

/// How we say who we are.
public enum Credentials: Hashable, Sendable {
    case password(user: KeystoneName, Secret)
    case applicationCredential(id: String, Secret)
    case namedApplicationCredential(String, user: KeystoneName, Secret)
    case token(Secret)

    /// Who it is, as given; for messages.
    var who: String {
        switch self {
        case .password(let user, _): "user '\(user.text)'"
        case .applicationCredential(let id, _): "application credential '\(id)'"
        case .namedApplicationCredential(let name, let user, _):
            "application credential '\(name)' of user '\(user.text)'"
        case .token: "the token of the settings"
        }
    }

    var secret: Secret {
        switch self {
        case .password(_, let secret), .applicationCredential(_, let secret),
            .namedApplicationCredential(_, _, let secret), .token(let secret):
            secret
        }
    }
}

/// What a token is to be good for.
public enum LoginScope: Hashable, Sendable {
    case project(KeystoneName)
    case domain(KeystoneName.Domain)
    case system
    /// The user's own default.
    case unnamed

    var words: String {
        switch self {
        case .project(let project): " in project '\(project.text)'"
        case .domain(.id(let text)), .domain(.name(let text)): " in domain '\(text)'"
        case .system: " for the whole system"
        case .unnamed: ""
        }
    }
}
