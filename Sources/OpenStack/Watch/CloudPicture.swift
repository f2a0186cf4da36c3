import Model

/// Everything known of one cloud, piece by piece as it comes in.
struct CloudPicture: Sendable {
    /// What is asked for by itself and may fail by itself.
    enum Piece: Int, Comparable, CaseIterable, Sendable {
        case vms, servers, services, figures, flavors, images, networks, keys, quota, customers

        /// The thing in a sentence.
        var words: String {
            switch self {
            case .vms: "all VMs"
            case .servers: "servers"
            case .services: "why servers take no VMs, and their zones"
            case .figures: "what servers have and use"
            case .flavors: "flavors"
            case .images: "images"
            case .networks: "networks"
            case .keys: "key pairs"
            case .quota: "the quota"
            case .customers: "the names of customers"
            }
        }

        static func < (left: Piece, right: Piece) -> Bool { left.rawValue < right.rawValue }
    }

    let cloud: ID<Cloud>
    var vms: [ID<VM>: KnownVM] = [:]
    /// nil while they are not known, or not for us.
    var hypervisors: [NovaHypervisor]?
    var services: [NovaService] = []
    var figures: [String: PlacementFigures] = [:]
    var flavors: [NovaFlavor] = []
    var images: [GlanceImage] = []
    var networks: [Network] = []
    var keys: [String] = []
    var quota: Quota?
    var customers: [Customer] = []
    var isAdmin: Bool?
    /// Why a piece is not there, a sentence each.
    var missing: [Piece: String] = [:]
    /// The VMs are all there, and the servers told or refused.
    var hasVMs = false
    var hasServers = false

    init(cloud: ID<Cloud>) {
        self.cloud = cloud
    }

    /// Takes a list that is all there is; a VM of which its cell says nothing keeps what was known.
    mutating func replace(_ servers: [NovaServer]) {
        let old = vms
        vms = [:]
        for server in servers where !server.isDeleted { vms[ID(server.id)] = known(server, old[ID(server.id)]) }
        hasVMs = true
    }

    /// Takes some, and drops those that are gone. Returns the VMs that are not as they were.
    mutating func apply(_ servers: [NovaServer]) -> [ID<VM>] {
        var changed: [ID<VM>] = []
        for server in servers {
            let id = ID<VM>(server.id)
            let new = server.isDeleted ? nil : known(server, vms[id])
            if vms[id] != new { changed.append(id) }
            vms[id] = new
        }
        return changed
    }

    private func known(_ server: NovaServer, _ old: KnownVM?) -> KnownVM {
        guard server.isStub, var kept = old else { return KnownVM(server, cloud: cloud) }
        kept.vm.state = server.state
        return kept
    }

    /// Some VM is on its way to another state: it is worth looking again soon.
    var isBusy: Bool {
        vms.values.contains { known in
            switch known.vm.state {
            case .building, .rebooting, .migrating, .resizing: true
            // What is softly deleted stays so for days.
            case .active, .stopped, .paused, .suspended, .shelved, .resized, .deleting, .error, .lost, .unknown:
                known.vm.task != nil
            }
        }
    }
}
