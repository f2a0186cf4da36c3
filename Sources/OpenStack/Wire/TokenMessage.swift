/// Keystone's answer to a login.
struct TokenMessage: Decodable {
    struct Named: Decodable {
        var id: String?
        var name: String?
    }

    struct Endpoint: Decodable {
        var interface: String?
        var region: String?
        var region_id: String?
        var url: String?
    }

    struct Service: Decodable {
        var type: String?
        var endpoints: [Endpoint]?
    }

    struct Token: Decodable {
        var expires_at: String?
        var issued_at: String?
        var project: Named?
        var user: Named?
        var roles: [Named]?
        var catalog: [Service]?
    }

    var token: Token
}

/// A customer, as Keystone lists them.
struct ProjectMessage: Listed {
    static let listName = "projects"
    var id: String
    var name: String?
}

/// What a service's root says of its versions.
struct VersionMessage: Decodable {
    struct Version: Decodable {
        var id: String?
        var version: String?
        var min_version: String?
    }

    var version: Version?
    var versions: [Version]?
}
