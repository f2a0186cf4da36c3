import Model

/// An image of Glance.
struct GlanceImage: Listed, Sendable {
    static let listName = "images"
    var id: String
    var name: String?
    var status: String?
    var created: Timestamp?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name")
        status = fields.text("status")
        created = fields.moment("created_at")
    }
}

/// A network of Neutron.
struct NeutronNetwork: Listed, Sendable {
    static let listName = "networks"
    var id: String
    var name: String
    var isExternal: Bool

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name") ?? id
        isExternal = fields.flag("router:external") ?? false
    }
}

/// A subnet of a network.
struct NeutronSubnet: Listed, Sendable {
    static let listName = "subnets"
    var id: String
    var network: String
    var range: String

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        network = try fields.id("network_id")
        range = try fields.id("cidr")
    }
}

/// Where a VM is plugged in.
struct NeutronPort: Listed, Sendable {
    static let listName = "ports"

    private struct Address: Decodable {
        var ip_address: String?
    }

    var id: String
    var network: String
    var mac: String?
    var status: String?
    var addresses: [String]
    var groups: [String]

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        network = try fields.id("network_id")
        mac = fields.safe("mac_address")
        status = fields.safe("status")
        addresses = (fields.value([Address].self, "fixed_ips") ?? []).compactMap(\.ip_address).map { SafeText.name($0) }
        groups = (fields.value([String].self, "security_groups") ?? []).map { SafeText.name($0) }
    }
}

/// An address outside that leads to a port.
struct NeutronFloating: Listed, Sendable {
    static let listName = "floatingips"
    var id: String
    var port: String?
    var outer: String?
    var inner: String?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        port = fields.safe("port_id")
        outer = fields.safe("floating_ip_address")
        inner = fields.safe("fixed_ip_address")
    }
}

/// Rules of what may come and go.
struct NeutronGroup: Listed, Sendable {
    static let listName = "security_groups"

    /// One rule.
    struct Rule: Decodable, Sendable {
        var words: String

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            let isIn = fields.text("direction") != "egress"
            let what = fields.safe("protocol") ?? "anything"
            let ports = [fields.number("port_range_min"), fields.number("port_range_max")].compactMap { $0 }
            let span = ports.isEmpty ? "" : " " + (Set(ports).count == 1 ? "\(ports[0])" : "\(ports[0])-\(ports[1])")
            let family = fields.safe("ethertype").map { " (\($0))" } ?? ""
            let peer =
                fields.safe("remote_ip_prefix")
                ?? (fields.safe("remote_group_id").map { "group \($0.prefix(8))" } ?? "anywhere")
            words = "\(what)\(span) \(isIn ? "from" : "to") \(peer)\(family)"
        }
    }

    var id: String
    var name: String
    var rules: [String]

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name") ?? id
        rules = (fields.value([Rule].self, "security_group_rules") ?? []).map(\.words).sorted()
    }
}

/// A server as Placement knows it.
struct PlacementProvider: Listed, Sendable {
    static let listName = "resource_providers"
    var id: String
    var name: String?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id("uuid")
        name = fields.safe("name")
    }
}

/// What a server has to offer.
struct PlacementInventories: Decodable, Sendable {
    struct Share: Decodable, Sendable {
        var total: Int?
    }

    var inventories: [String: Share]
}

/// What a server's VMs have of it.
struct PlacementUsages: Decodable, Sendable {
    var usages: [String: Int]
}
