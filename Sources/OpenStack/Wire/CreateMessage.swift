/// What Nova is asked to make a server with.
struct CreateMessage: Encodable {
    enum Networks {
        /// Older clouds choose by themselves.
        case unsaid
        case auto
        case some([String])
    }

    var name: String
    var flavor: String
    var image: String
    var networks: Networks
    var key: String?
    var zone: String?
    var userData: String?
    var metadata: [String: String]
    var tags: [String]
    var group: String?

    func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: AnyKey.self)
        var server = top.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("server"))
        try server.encode(name, forKey: AnyKey("name"))
        try server.encode(flavor, forKey: AnyKey("flavorRef"))
        try server.encode(image, forKey: AnyKey("imageRef"))
        switch networks {
        case .unsaid: break
        case .auto: try server.encode("auto", forKey: AnyKey("networks"))
        case .some(let ids): try server.encode(ids.map { ["uuid": $0] }, forKey: AnyKey("networks"))
        }
        try server.encodeIfPresent(key, forKey: AnyKey("key_name"))
        try server.encodeIfPresent(zone, forKey: AnyKey("availability_zone"))
        try server.encodeIfPresent(userData, forKey: AnyKey("user_data"))
        try server.encode(metadata, forKey: AnyKey("metadata"))
        if !tags.isEmpty { try server.encode(tags, forKey: AnyKey("tags")) }
        if let group { try top.encode(["group": group], forKey: AnyKey("os:scheduler_hints")) }
    }
}

/// What Nova is asked to make a server group with.
struct GroupMessage: Encodable {
    var name: String
    var policy: String
    /// Before 2.64 policies were a list.
    var isOld: Bool

    func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: AnyKey.self)
        var group = top.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("server_group"))
        try group.encode(name, forKey: AnyKey("name"))
        if isOld {
            try group.encode([policy], forKey: AnyKey("policies"))
        } else {
            try group.encode(policy, forKey: AnyKey("policy"))
        }
    }
}
