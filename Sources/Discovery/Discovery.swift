import FoundationEssentials
public import Web

/// A server of etcd's discovery protocol, version 2, which is what `discovery.etcd.io` spoke.
///
/// Members of a new cluster that know nothing but an address with a token find each other here: the first so many that
/// come are the cluster, and later ones are refused. A token makes one cluster, once.
///
/// **Invariant:** it keeps addresses of members alone. Who knows a token may register with it: a token is a secret
/// until the cluster is there.
/// - Source: etcd 3.4, `Documentation/dev-internal/discovery_protocol.md`.
public struct Discovery: Sendable {
    /// How long a value may be: a name and its peer URLs.
    static let valueMax = 2_048
    /// How long a watch is held without news; its client asks again.
    private let patience: Duration
    private let tokens: DiscoveryTokens
    private let watchers = Watchers(limit: 1_000)

    /// A server whose tokens are kept in a folder, which is made if need be.
    /// - Throws: `DiscoveryError.badFile`, also while another server has the folder.
    public init(directory: String, patience: Duration = .seconds(60)) throws(DiscoveryError) {
        tokens = try DiscoveryTokens(directory: directory)
        self.patience = patience
    }

    /// Makes a token for a cluster with so many members, and returns it; without a name of yours one nobody guesses.
    /// - Throws: `DiscoveryError.tokenUsed`, `.badToken`, `.badSize`, `.tooManyTokens`, `.badFile`.
    @discardableResult
    public func create(token: String? = nil, size: Int) async throws(DiscoveryError) -> String {
        let token = token ?? DiscoveryTokens.randomToken()
        try await tokens.create(token, size: size)
        return token
    }

    /// Serves until cancelled.
    ///
    /// - Parameters:
    ///   - url: what members reach the server by, `http://10.0.0.9:8087`; that of the address unless given
    ///   - onListening: is told the port
    /// - Throws: `WebError`.
    public func run(
        _ address: WebAddress, tls: WebTLS? = nil, url: String? = nil,
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let base = Base()
        let server = try WebServer(public: address, tls: tls) { await answer($0, base: await base.url) }
        try await server.run { port in
            await base.set(url ?? Self.url(address, port: port, isTLS: tls != nil))
            await onListening(port)
        }
    }

    private static func url(_ address: WebAddress, port: Int, isTLS: Bool) -> String {
        guard case .tcp(let host, _) = address else { return "\(address)" }
        return (isTLS ? "https://" : "http://") + WebAddress.tcp(host: host, port: port).description
    }

    /// The answer to one request.
    ///
    /// - Parameter base: the address that new tokens are told with
    func answer(_ request: WebRequest, base: String) async -> WebResponse {
        let isPut = request.method == "PUT" || request.method == "POST"
        guard isPut || request.method == "GET" else { return WebResponse(status: 405, text: "GET or PUT\n") }
        switch request.path.count {
        case 1 where request.path[0] == "health": return WebResponse(text: "OK\n")
        case 1 where request.path[0] == "new": return await new(request, base: base)
        case 1 where !isPut: return await read(request.path[0], request.query)
        case 2 where isPut: return await register(request.path[0], id: request.path[1], request)
        case 2: return await member(request.path[0], id: request.path[1], request.query)
        case 3 where !isPut && request.path[1...] == ["_config", "size"]: return await size(request.path[0])
        default: return Refusal.notFound("/" + request.path.joined(separator: "/"))
        }
    }

    private func new(_ request: WebRequest, base: String) async -> WebResponse {
        guard let size = Int(request.query["size"] ?? "3") else { return Refusal.invalid("size is a number") }
        do {
            let token = try await create(token: request.query["token"], size: size)
            return WebResponse(text: "\(base)/\(token)")
        } catch {
            switch error {
            case .badToken, .badSize: return Refusal.invalid("\(error)")
            case .tokenUsed, .tooManyTokens: return Refusal.forbidden("\(error)")
            case .badFile: return WebResponse(status: 500, text: "\(error)\n")
            }
        }
    }

    private func size(_ token: String) async -> WebResponse {
        guard let registration = await tokens.registration(token) else {
            return Refusal.noToken(token)
        }
        let answer = Answer(action: "get", node: .size(token, registration))
        return WebResponse(json: answer, index: registration.index)
    }

    /// A member watches for itself, after it registered.
    private func member(_ token: String, id: String, _ query: [String: String]) async -> WebResponse {
        let registration = await tokens.registration(token)
        if let registration, query["wait"] == "true" { return watch(token, id: id, query, now: registration.index) }
        guard let registration, let member = registration.members.first(where: { $0.id == id }) else {
            return Refusal.notFound("\(Answer.Node.root)\(token)/\(id)", index: registration?.index ?? 0)
        }
        return WebResponse(json: Answer(action: "get", node: .init(token, member)), index: registration.index)
    }

    private func read(_ token: String, _ query: [String: String]) async -> WebResponse {
        guard let registration = await tokens.registration(token) else {
            return Refusal.noToken(token)
        }
        guard query["wait"] == "true" else {
            return WebResponse(json: Answer(action: "get", node: .init(token, registration)), index: registration.index)
        }
        return watch(token, query, now: registration.index)
    }

    private func register(_ token: String, id: String, _ request: WebRequest) async -> WebResponse {
        let key = "\(Answer.Node.root)\(token)/\(id)"
        guard (1...64).contains(id.utf8.count),
            id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return Refusal.invalid("a member's ID is hexadecimal") }
        guard let value = request.form["value"] ?? request.query["value"], value.isMember else {
            return Refusal.invalid("the value is name=http://address:port, at most \(Self.valueMax) characters")
        }
        let outcome: Registration.Outcome?
        do {
            outcome = try await tokens.register(token, id: id, value: value)
        } catch {
            return WebResponse(status: 500, text: "\(error)\n")
        }
        guard let outcome, let now = await tokens.registration(token) else { return Refusal.noToken(token) }
        switch outcome {
        case .registered(let member), .again(let member):
            return WebResponse(
                status: 201, json: Answer(action: "create", node: .init(token, member)), index: now.index)
        case .taken: return Refusal.exists(key, index: now.index)
        case .nameTaken(let other):
            return Refusal.forbidden("a member of that name is there: \(other.value)", index: now.index)
        case .full: return Refusal.forbidden(Self.fullWords(token, now), index: now.index)
        }
    }

    private static func fullWords(_ token: String, _ registration: Registration) -> String {
        "the cluster of token '\(token)' has its \(registration.size) members: "
            + registration.members.map(\.value).joined(separator: ", ")
            + "; a later machine uses these as its store, and a new cluster needs a new token"
    }

    /// Holds the answer back until somebody comes, and ends it empty when nobody does.
    private func watch(_ token: String, id: String? = nil, _ query: [String: String], now: Int) -> WebResponse {
        guard let from = Int(query["waitIndex"] ?? String(now + 1)) else {
            return Refusal.invalid("waitIndex is a number")
        }
        return WebResponse(
            headers: ["X-Etcd-Index": String(now)],
            body: .stream { write in
                guard await watchers.enter() else { return try await Task.sleep(for: .seconds(1)) }
                do {
                    let answer = try await next(token, id: id, from: from).map { WebResponse(json: $0, index: now) }
                    if case .bytes(let bytes)? = answer?.body { try await write(bytes) }
                } catch {
                    await watchers.leave()
                    throw error
                }
                await watchers.leave()
            })
    }

    private func next(_ token: String, id: String?, from index: Int) async throws -> Answer? {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            let members = await tokens.registration(token)?.members ?? []
            if let member = members.first(where: { $0.createdIndex >= index && (id ?? $0.id) == $0.id }) {
                return Answer(action: "create", node: .init(token, member))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}

/// The address that new tokens are told with; known once the server listens.
private actor Base {
    private(set) var url = ""

    func set(_ url: String) { self.url = url }
}

/// How many wait.
private actor Watchers {
    private var count = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func enter() -> Bool {
        guard count < limit else { return false }
        count += 1
        return true
    }

    func leave() { count -= 1 }
}

extension WebRequest {
    /// The body as a form.
    fileprivate var form: [String: String] {
        guard body.count <= 4 * Discovery.valueMax else { return [:] }
        let pairs = String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]).formDecoded : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension String {
    fileprivate var formDecoded: String {
        String(map { $0 == "+" ? " " : $0 }).percentDecoded
    }

    /// Whether it is names with peer URLs, as etcd writes them.
    fileprivate var isMember: Bool {
        !isEmpty && utf8.count <= Discovery.valueMax && utf8.allSatisfy { (0x21..<0x7F).contains($0) }
            && split(separator: "&", omittingEmptySubsequences: false).allSatisfy { entry in
                let parts = entry.split(separator: "=", maxSplits: 1)
                return parts.count == 2 && (parts[1].hasPrefix("http://") || parts[1].hasPrefix("https://"))
            }
    }
}
