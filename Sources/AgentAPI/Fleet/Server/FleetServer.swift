import Model
import Web

/// Serves fleet's HTTP API v1, for the unmodified `fleetctl` and other programs that speak it.
///
/// It answers as fleet 1.0 does, with fleet's words where programs or people know them, but for what was a trap there:
/// a page's token does not depend on the size of pages, what no machine could run is refused when it is stored, a
/// unit's missing state is an empty answer, and a unit that is loaded and launched at once is restarted.
public struct FleetServer: Sendable {
    let services: FleetServices
    let pageSize: Int
    let restarts = FleetRestarts()

    /// A server of these services.
    ///
    /// - Parameter pageSize: how many things one page of a list has
    public init(_ services: FleetServices, pageSize: Int = 100) {
        self.services = services
        self.pageSize = max(1, pageSize)
    }

    /// Whether a path is one of fleet's API, or the root that fleet answers too.
    static func owns(_ segments: [String]) -> Bool {
        let parts = segments.dropFirst()
        return parts.first == "fleet" || parts.first == "v1-alpha" || parts.elementsEqual([""])
    }

    /// Answers a request, whatever its path.
    func answer(_ request: WebRequest) async -> WebResponse {
        guard services.isHeard() else { return FleetAnswer.silent }
        let parts = Array(request.segments.dropFirst())
        if parts == [""] || parts == ["fleet", "v1"] || parts == ["v1-alpha"] { return FleetAnswer.refusal(405) }
        let rest: [String]
        switch (parts.first, parts.dropFirst().first) {
        case ("fleet", "v1"): rest = Array(parts.dropFirst(2))
        case ("v1-alpha", _): rest = Array(parts.dropFirst())
        default: return FleetAnswer.refusal(404)
        }
        do {
            return try await route(request, rest)
        } catch let bad as FleetBadRequest {
            return FleetAnswer.refusal(400, bad.text)
        } catch FleetWriteFailure.silent {
            return FleetAnswer.silent
        } catch FleetWriteFailure.refused(let why) {
            return FleetAnswer.refusal(500, why)
        } catch {
            return FleetAnswer.refusal(500, SafeText.clean("\(error)", limit: 512))
        }
    }

    /// An empty part is what stands after a trailing slash.
    private func route(_ request: WebRequest, _ parts: [String]) async throws -> WebResponse {
        switch (parts.count, parts.first) {
        case (1, "discovery"): return discovery(request)
        case (1, "machines"): return try await machines(request)
        case (1, "units"): return request.method == "GET" ? try listUnits(request) : Self.onlyGet
        case (2, "units") where !parts[1].isEmpty: return try await unit(request, parts[1])
        case (1, "state"): return request.method == "GET" ? try listStates(request) : Self.onlyGet
        case (2, "state") where !parts[1].isEmpty:
            return request.method == "GET" ? state(parts[1]) : Self.onlyGet
        default: return FleetAnswer.refusal(404)
        }
    }

    private static let onlyGet = FleetAnswer.refusal(405, "only GET supported against this resource")

    private func discovery(_ request: WebRequest) -> WebResponse {
        guard request.method == "GET" else {
            return FleetAnswer.refusal(400, "only HTTP GET supported against this resource")
        }
        return FleetAnswer.json(Array(FleetDiscovery.document.utf8))
    }

    private func machines(_ request: WebRequest) async throws -> WebResponse {
        switch request.method {
        case "GET": return try listMachines(request)
        case "PATCH": return try await patchMachines(request)
        default: return FleetAnswer.refusal(405, "only GET and PATCH supported against this resource")
        }
    }

    private func unit(_ request: WebRequest, _ name: String) async throws -> WebResponse {
        switch request.method {
        case "GET": return getUnit(name)
        case "PUT": return try await putUnit(request, name)
        case "DELETE": return try await deleteUnit(name)
        default: return FleetAnswer.refusal(405, "only GET, PUT and DELETE supported against this resource")
        }
    }
}
