import Web

/// A request to a service, before it is known where that is.
struct ServiceCall: Sendable {
    /// How long a list may take.
    static let listLimit = Duration.seconds(30)
    /// How long making something may take: Nova asks several services before it answers.
    static let createLimit = Duration.seconds(90)

    var method: String
    var service: Service
    /// Below the service's address: `/servers/detail`.
    var path: String
    /// As it stands in the address, encoded.
    var query = ""
    var body: [UInt8]?
    /// The compute API's own; nil for the service's oldest.
    var microversion: Microversion?
    var deadline = ServiceCall.listLimit

    init(_ method: String, _ service: Service, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.service = service
        self.path = path
        self.query = query.map { "\($0.0.percentEncoded)=\($0.1.percentEncoded)" }.joined(separator: "&")
    }

    /// Only what changes nothing may be asked twice.
    var isRepeatable: Bool { method == "GET" }

    /// The request at an address, by a token.
    func call(at base: String, token: Secret, left: Duration) -> WebCall {
        var call = WebCall(
            method, base + path + (query.isEmpty ? "" : "?" + query),
            headers: [.init("X-Auth-Token", token.text), .init("Accept", "application/json"), Session.agent],
            body: body,
            deadline: left)
        if let microversion {
            call.headers.append(.init("OpenStack-API-Version", "\(service.rawValue) \(microversion)"))
            if service == .compute {
                call.headers.append(.init("X-OpenStack-Nova-API-Version", "\(microversion)"))
            }
        }
        return call
    }
}
