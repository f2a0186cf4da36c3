/// What Keystone is asked for a token with.
struct LoginMessage: Encodable {
    private let settings: OpenStackSettings

    init(_ settings: OpenStackSettings) {
        self.settings = settings
    }

    func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: AnyKey.self)
        var auth = top.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("auth"))
        var identity = auth.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("identity"))
        switch settings.credentials {
        case .password(let user, let password):
            try identity.encode(["password"], forKey: AnyKey("methods"))
            var method = identity.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("password"))
            var body = method.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("user"))
            try Self.write(user, &body)
            try body.encode(password.text, forKey: AnyKey("password"))
        case .applicationCredential(let id, let secret):
            try identity.encode(["application_credential"], forKey: AnyKey("methods"))
            try identity.encode(["id": id, "secret": secret.text], forKey: AnyKey("application_credential"))
        case .namedApplicationCredential(let name, let user, let secret):
            try identity.encode(["application_credential"], forKey: AnyKey("methods"))
            var body = identity.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("application_credential"))
            try body.encode(name, forKey: AnyKey("name"))
            try body.encode(secret.text, forKey: AnyKey("secret"))
            var owner = body.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("user"))
            try Self.write(user, &owner)
        case .token(let token):
            try identity.encode(["token"], forKey: AnyKey("methods"))
            try identity.encode(["id": token.text], forKey: AnyKey("token"))
        }
        try writeScope(&auth)
    }

    private func writeScope(_ auth: inout KeyedEncodingContainer<AnyKey>) throws {
        switch settings.scope {
        case .unnamed: return
        case .project(let project):
            var scope = auth.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("scope"))
            var body = scope.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("project"))
            try Self.write(project, &body)
        case .domain(let domain):
            try auth.encode(["domain": Self.reference(domain)], forKey: AnyKey("scope"))
        case .system:
            try auth.encode(["system": ["all": true]], forKey: AnyKey("scope"))
        }
    }

    private static func write(_ name: KeystoneName, _ body: inout KeyedEncodingContainer<AnyKey>) throws {
        switch name {
        case .id(let id): try body.encode(id, forKey: AnyKey("id"))
        case .name(let name, let domain):
            try body.encode(name, forKey: AnyKey("name"))
            try body.encode(reference(domain), forKey: AnyKey("domain"))
        }
    }

    private static func reference(_ domain: KeystoneName.Domain) -> [String: String] {
        switch domain {
        case .id(let id): ["id": id]
        case .name(let name): ["name": name]
        }
    }
}
