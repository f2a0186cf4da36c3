import Model

/// Nova's *hypervisor*: our server.
struct NovaHypervisor: Listed, Sendable {
    static let listName = "hypervisors"

    private struct Service: Decodable {
        var host: String?
        var reason: String?

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            host = fields.safe("host")
            reason = fields.safe("disabled_reason")
        }
    }

    var id: String
    var hostname: String
    var isUp: Bool?
    var isEnabled: Bool
    var serviceHost: String?
    var disabledReason: String?
    var vcpus: Int?
    var vcpusUsed: Int?
    var memoryMiB: Int?
    var memoryUsedMiB: Int?
    var diskGiB: Int?
    var diskUsedGiB: Int?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        hostname = try fields.id("hypervisor_hostname")
        isUp = fields.text("state").map { $0 == "up" }
        isEnabled = fields.text("status") != "disabled"
        let service = fields.value(Service.self, "service")
        serviceHost = service?.host
        disabledReason = service?.reason
        vcpus = fields.number("vcpus")
        vcpusUsed = fields.number("vcpus_used")
        memoryMiB = fields.number("memory_mb")
        memoryUsedMiB = fields.number("memory_mb_used")
        diskGiB = fields.number("local_gb")
        diskUsedGiB = fields.number("local_gb_used")
    }
}

/// The part of Nova that runs on a server.
struct NovaService: Listed, Sendable {
    static let listName = "services"
    var host: String
    var isUp: Bool
    var isEnabled: Bool
    var isForcedDown: Bool
    var reason: String?
    var zone: String?
    var binary: String?

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        host = try fields.id("host")
        isUp = fields.text("state") != "down"
        isEnabled = fields.text("status") != "disabled"
        isForcedDown = fields.flag("forced_down") ?? false
        reason = fields.safe("disabled_reason")
        zone = fields.safe("zone")
        binary = fields.text("binary")
    }
}

/// A size of VM.
struct NovaFlavor: Listed, Sendable {
    static let listName = "flavors"
    var id: String
    var name: String
    var vcpus: Int
    var memoryMiB: Int
    var diskGiB: Int
    var isDisabled: Bool

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name") ?? id
        vcpus = fields.number("vcpus") ?? 0
        memoryMiB = fields.number("ram") ?? 0
        diskGiB = fields.number("disk") ?? 0
        isDisabled = fields.flag("OS-FLV-DISABLED:disabled") ?? false
    }
}

/// A key pair, in the envelope that Nova puts it in.
struct NovaKey: Listed, Sendable {
    static let listName = "keypairs"
    var name: String

    private struct Inner: Decodable {
        var name: String?
    }

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        guard let name = fields.value(Inner.self, "keypair")?.name else {
            self.name = try fields.id("name")
            return
        }
        self.name = SafeText.name(name)
    }
}

/// VMs that the scheduler keeps together or apart.
struct NovaGroup: Listed, Sendable {
    static let listName = "server_groups"
    var id: String
    var name: String

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        id = try fields.id()
        name = fields.safe("name") ?? id
    }
}

/// Something that was done with a VM.
struct NovaAction: Listed, Sendable {
    static let listName = "instanceActions"

    /// A step of it.
    struct Step: Decodable, Sendable {
        var name: String?
        var result: String?
        var details: String?

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            name = fields.safe("event")
            result = fields.text("result")
            details = fields.text("details").map { SafeText.clean($0, limit: 300) }
        }
    }

    var action: String
    var requestID: String
    var started: Timestamp?
    var updated: Timestamp?
    var message: String?
    var steps: [Step]

    init(from decoder: any Decoder) throws {
        let fields = try Fields(decoder)
        action = try fields.id("action")
        requestID = fields.safe("request_id") ?? ""
        started = fields.moment("start_time")
        updated = fields.moment("updated_at")
        message = fields.safe("message")
        steps = fields.value([Step].self, "events") ?? []
    }

    var failed: Bool { message == "Error" }
}

/// Answers that hold one thing.
enum Single {
    struct Action: Decodable {
        var instanceAction: NovaAction
    }

    struct Server: Decodable {
        struct Identified: Decodable {
            var id: String
        }
        var server: Identified
    }

    struct Group: Decodable {
        var server_group: NovaGroup
    }

    struct Console: Decodable {
        var output: String?
    }
}

/// How much the user may use.
struct NovaLimits: Decodable {
    private struct Absolute: Decodable {
        var quota: Quota?

        init(from decoder: any Decoder) throws {
            let fields = try Fields(decoder)
            let share = { (used: String, limit: String) -> Quota.Share? in
                guard let used = fields.number(used), let limit = fields.number(limit) else { return nil }
                return Quota.Share(used: used, limit: limit < 0 ? nil : limit)
            }
            guard let vms = share("totalInstancesUsed", "maxTotalInstances"),
                let vcpus = share("totalCoresUsed", "maxTotalCores"),
                let memory = share("totalRAMUsed", "maxTotalRAMSize")
            else { return }
            quota = Quota(vms: vms, vcpus: vcpus, memoryMiB: memory)
        }
    }

    private struct Limits: Decodable {
        var absolute: Absolute?
    }

    private var limits: Limits

    var quota: Quota? { limits.absolute?.quota }
}
