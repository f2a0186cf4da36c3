import Model
import Web

/// What is asked of a cloud, in the versions that it and we know.
struct ComputeAPI: Sendable {
    /// The newest version of the compute API that this was written for.
    static let own = Microversion(2, 93)
    /// The last version whose list of hypervisors says what they have and use.
    static let withSizes = Microversion(2, 87)

    /// Which versions a compute API speaks; none on clouds older than those.
    struct Range: Sendable {
        var lowest: Microversion
        var highest: Microversion
    }

    let session: Session
    let range: Range?

    /// Asks the compute API which versions it speaks.
    /// - Throws: `OpenStackError`.
    init(_ session: Session) async throws {
        self.session = session
        range = try await Self.range(session)
    }

    private static func range(_ session: Session) async throws -> Range? {
        let message: VersionMessage
        do {
            message = try await session.get(VersionMessage.self, ServiceCall("GET", .compute, "/"))
        } catch OpenStackError.refused(let refusal) where refusal.status == 404 {
            return nil
        }
        let newest = message.version ?? message.versions?.last { $0.version?.isEmpty == false }
        guard let highest = newest?.version.flatMap({ Microversion($0) }) else { return nil }
        return Range(lowest: newest?.min_version.flatMap { Microversion($0) } ?? Microversion(2, 1), highest: highest)
    }

    /// The version to ask in: at most `wanted`, at most the cloud's.
    func version(_ wanted: Microversion = own) -> Microversion? {
        range.map { max(min(wanted, $0.highest), $0.lowest) }
    }

    /// Whether the cloud knows what came with a version.
    func knows(_ minor: Int) -> Bool { (version() ?? Microversion(2, 0)) >= Microversion(2, minor) }

    /// A request to the compute API in the version wanted.
    func call(
        _ method: String, _ path: String, query: [(String, String)] = [], at wanted: Microversion = own
    ) -> ServiceCall {
        var call = ServiceCall(method, .compute, path, query: query)
        call.microversion = version(wanted)
        return call
    }
}

extension ComputeAPI {
    /// How many VMs the first page has: few enough to be there soon.
    static let pageSize = 200

    /// VMs; those that changed since a moment, the removed ones among them, or all.
    ///
    /// - Parameter pageSize: at most so many a page; nil for as many as the cloud gives
    func servers(
        since: Timestamp? = nil, ofAll: Bool, pageSize: Int? = pageSize,
        _ show: @Sendable ([NovaServer], Bool) async -> Void = { _, _ in }
    ) async throws -> Session.Pages<NovaServer> {
        var query = ofAll ? [("all_tenants", "1")] : []
        if let since { query.append(("changes-since", since.iso8601)) }
        if since == nil, let pageSize { query.append(("limit", "\(pageSize)")) }
        return try await session.pages(NovaServer.self, call("GET", "/servers/detail", query: query), show)
    }

    /// Servers, with sizes where the cloud still gives them.
    func hypervisors() async throws -> Session.Pages<NovaHypervisor> {
        let path = "/os-hypervisors/detail"
        do {
            return try await session.pages(NovaHypervisor.self, call("GET", path, at: Self.withSizes))
        } catch OpenStackError.refused(let refusal) where refusal.status == 406 {
            return try await session.pages(NovaHypervisor.self, call("GET", path))
        }
    }

    func services() async throws -> Session.Pages<NovaService> {
        try await session.pages(NovaService.self, call("GET", "/os-services", query: [("binary", "nova-compute")]))
    }

    func flavors() async throws -> [NovaFlavor] {
        try await session.pages(NovaFlavor.self, call("GET", "/flavors/detail", query: [("is_public", "None")])).items
            .filter { !$0.isDisabled }.sorted { ($0.memoryMiB, $0.vcpus, $0.name) < ($1.memoryMiB, $1.vcpus, $1.name) }
    }

    func images(named name: String? = nil) async throws -> [GlanceImage] {
        var query = [("status", "active"), ("limit", "500")]
        if let name { query.append(("name", name)) }
        return try await session.pages(GlanceImage.self, ServiceCall("GET", .image, "/images", query: query)).items
    }

    func networks() async throws -> [NeutronNetwork] {
        try await session.pages(NeutronNetwork.self, ServiceCall("GET", .network, "/networks")).items
    }

    func subnets() async throws -> [NeutronSubnet] {
        try await session.pages(NeutronSubnet.self, ServiceCall("GET", .network, "/subnets")).items
    }

    func keys() async throws -> [String] {
        try await session.pages(NovaKey.self, call("GET", "/os-keypairs")).items.map(\.name).sorted()
    }

    func quota() async throws -> Quota? { try await session.get(NovaLimits.self, call("GET", "/limits")).quota }

    /// The customers we may know of: all for an admin, else our own.
    func projects() async throws -> [ProjectMessage] {
        let own = ServiceCall("GET", .identity, "/auth/projects")
        guard try await session.token().roles.contains("admin") else {
            return try await session.pages(ProjectMessage.self, own).items
        }
        do {
            return try await session.pages(ProjectMessage.self, ServiceCall("GET", .identity, "/projects")).items
        } catch OpenStackError.refused(let refusal) where refusal.status == 403 {
            return try await session.pages(ProjectMessage.self, own).items
        }
    }

    func actions(of vm: ID<VM>) async throws -> [NovaAction] {
        let path = "/servers/\(vm.text.percentEncoded)/os-instance-actions"
        return try await session.pages(NovaAction.self, call("GET", path)).items
    }

    func action(_ id: String, of vm: ID<VM>) async throws -> NovaAction {
        let path = "/servers/\(vm.text.percentEncoded)/os-instance-actions/\(id.percentEncoded)"
        return try await session.get(Single.Action.self, call("GET", path)).instanceAction
    }
}
