import Model

/// Where the services of a cloud are.
struct Catalog: Sendable {
    private struct Endpoint {
        let type: String
        let interface: String
        let region: String
        let url: String
    }

    private let endpoints: [Endpoint]

    init(_ services: [TokenMessage.Service]) {
        endpoints = services.flatMap { service in
            (service.endpoints ?? []).compactMap { endpoint in
                guard let type = service.type, let url = endpoint.url else { return nil }
                return Endpoint(
                    type: type, interface: endpoint.interface ?? "public",
                    region: endpoint.region_id ?? endpoint.region ?? "", url: url)
            }
        }
    }

    var types: [String] { Set(endpoints.map { SafeText.name($0.type) }).sorted() }

    /// The address of a service, as the settings choose among regions and interfaces.
    /// - Throws: `OpenStackError.noService` with what there is.
    func address(of service: Service, _ settings: OpenStackSettings) throws -> String {
        if service == .identity { return service.versioned(settings.authURL) }
        if let override = settings.overrides[service.rawValue] { return service.versioned(override) }
        let candidates = service.types.lazy.map { type in endpoints.filter { $0.type == type } }.first { !$0.isEmpty }
        guard let candidates else {
            throw OpenStackError.noService(
                "cloud '\(settings.name)' has no \(service.rawValue) service; its catalog has "
                    + (types.isEmpty ? "none at all: is a project named in \(settings.origin)?" : Self.list(types)))
        }
        let inRegion = candidates.filter { settings.region == nil || $0.region == settings.region }
        if inRegion.isEmpty {
            throw OpenStackError.noService(
                "cloud '\(settings.name)' has no \(service.rawValue) service in region '\(settings.region ?? "")'; "
                    + "it has \(Self.list(candidates.map(\.region))): correct 'region_name'")
        }
        let regions = Set(inRegion.map(\.region))
        if settings.region == nil, regions.count > 1 {
            throw OpenStackError.noService(
                "cloud '\(settings.name)' has several regions: \(Self.list(Array(regions))); name one as 'region_name'")
        }
        guard
            let found = inRegion.first(where: {
                $0.interface == settings.interface || $0.interface == settings.interface + "URL"
            })
        else {
            throw OpenStackError.noService(
                "cloud '\(settings.name)' shows no \(settings.interface) address of the \(service.rawValue) service; "
                    + "it has \(Self.list(inRegion.map(\.interface))): correct 'interface'")
        }
        guard found.url.hasPrefix("http://") || found.url.hasPrefix("https://") else {
            throw OpenStackError.noService(
                "the catalog of cloud '\(settings.name)' has no usable address of the \(service.rawValue) service")
        }
        return service.versioned(found.url)
    }

    private static func list(_ names: [String]) -> String {
        Set(names).sorted().prefix(12).map { "'\(SafeText.name($0))'" }.joined(separator: ", ")
    }
}
