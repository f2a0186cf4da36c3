import Model

/// Nova's *server*: our VM.
struct NovaServer: Listed, Sendable {
    static let listName = "servers"

    /// An address of a server on one network.
    struct Address: Decodable, Sendable {
        var address: String
        var mac: String?
        var isFloating: Bool
        var isIPv4: Bool

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            address = try fields.id("addr")
            mac = fields.safe("OS-EXT-IPS-MAC:mac_addr")
            isFloating = fields.text("OS-EXT-IPS:type") == "floating"
            isIPv4 = fields.number("version") == 4
        }
    }

    /// A flavor or an image, by its ID or embedded.
    struct Part: Decodable, Sendable {
        var id: String?
        var name: String?

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            id = fields.safe("id")
            name = fields.safe("original_name") ?? fields.safe("name")
        }
    }

    struct Fault: Decodable, Sendable {
        var message: String?

        init(from decoder: any Decoder) throws {
            message = try Fields(decoder).text("message").map { SafeText.clean($0, limit: 512) }
        }
    }

    private struct Named: Decodable {
        var name: String?
    }

    var id: String
    var name: String?
    var status: String
    var task: String?
    var power: Int?
    var project: String?
    var metadata: [String: String]
    var tags: [String]
    var host: String?
    var hypervisor: String?
    var hostID: String?
    var hostStatus: String?
    var flavor: Part?
    var image: Part?
    var addresses: [String: [Address]]
    var created: Timestamp?
    var updated: Timestamp?
    var zone: String?
    var key: String?
    var isLocked: Bool
    var fault: String?
    var securityGroups: [String]
    var userData: String?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name")
        status = fields.safe("status")?.uppercased() ?? "UNKNOWN"
        task = fields.safe("OS-EXT-STS:task_state")
        power = fields.number("OS-EXT-STS:power_state")
        project = fields.safe("tenant_id") ?? fields.safe("project_id")
        metadata = Self.safe(fields.value([String: String].self, "metadata") ?? [:])
        tags = (fields.value([String].self, "tags") ?? []).map { SafeText.name($0) }
        host = fields.safe("OS-EXT-SRV-ATTR:host")
        hypervisor = fields.safe("OS-EXT-SRV-ATTR:hypervisor_hostname")
        hostID = fields.safe("hostId")
        hostStatus = fields.text("host_status")
        flavor = fields.value(Part.self, "flavor")
        image = fields.value(Part.self, "image")
        addresses = fields.value([String: [Address]].self, "addresses") ?? [:]
        created = fields.moment("created")
        updated = fields.moment("updated")
        zone = fields.safe("OS-EXT-AZ:availability_zone")
        key = fields.safe("key_name")
        isLocked = fields.flag("locked") ?? false
        fault = fields.value(Fault.self, "fault")?.message
        securityGroups = Set((fields.value([Named].self, "security_groups") ?? []).compactMap(\.name)).sorted()
            .map { SafeText.name($0) }
        userData = fields.text("OS-EXT-SRV-ATTR:user_data")
    }

    private static func safe(_ pairs: [String: String]) -> [String: String] {
        Dictionary(pairs.map { (SafeText.name($0.key), SafeText.clean($0.value, limit: 256)) }) { first, _ in first }
    }

    /// Gone, as `changes-since` tells it.
    var isDeleted: Bool { status == "DELETED" }

    /// All that is known of a server whose cell does not answer.
    var isStub: Bool { status == "UNKNOWN" && name == nil }

    var state: VM.State {
        if let task, ["deleting", "soft-deleting", "force-deleting"].contains(task) { return .deleting }
        switch status {
        case "BUILD", "REBUILD": return .building
        case "ACTIVE", "PASSWORD": return .active
        case "SHUTOFF", "STOPPED": return .stopped
        case "REBOOT", "HARD_REBOOT": return .rebooting
        case "PAUSED": return .paused
        case "SUSPENDED": return .suspended
        case "SHELVED", "SHELVED_OFFLOADED": return .shelved
        case "MIGRATING": return .migrating
        case "RESIZE", "REVERT_RESIZE": return .resizing
        case "VERIFY_RESIZE": return .resized
        case "DELETED", "SOFT_DELETED": return .deleting
        case "ERROR": return .error(fault ?? "")
        default: return .unknown(status.lowercased())
        }
    }

    var powerWord: String? {
        switch power {
        case 1: "running"
        case 3: "paused"
        case 4: "shutdown"
        case 6: "crashed"
        case 7: "suspended"
        default: nil
        }
    }
}
