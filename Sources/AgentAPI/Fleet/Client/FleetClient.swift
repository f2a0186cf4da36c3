import FoundationEssentials
import Model
import Runtime
import Synchronization
public import Web

/// Asks a fleet cluster over its HTTP API, at the first endpoint that answers.
public struct FleetClient: Sendable {
    /// Where it answers.
    let endpoints: [FleetEndpoint]
    private let web: WebClient
    private let turn = Turn()

    /// Which endpoint is asked first: the one that answered last.
    private final class Turn: Sendable {
        private let at = Mutex(0)
        var index: Int {
            get { at.withLock { $0 } }
            set { at.withLock { $0 = newValue } }
        }
    }

    /// How long one answer may take: a server with thousands of units needs seconds for a page.
    private static let deadline = Duration.seconds(20)
    /// A connection that breaks sooner than this was an old one; what only looks is asked again at once.
    private static let stale = Duration.seconds(1)

    /// A client of a cluster whose members answer at these endpoints.
    /// - Throws: `SourceError` for what is no endpoint; `WebError.badFile`.
    public init(endpoints: [String], tls: WebTLS = WebTLS()) throws {
        guard !endpoints.isEmpty else { throw SourceError("a fleet cluster needs an endpoint") }
        self.endpoints = try endpoints.map { try FleetEndpoint($0) }
        web = try WebClient(tls: tls, token: nil, deadline: Self.deadline)
    }

    /// What fleet says of its machines.
    func machines() async throws -> Lenient<FleetMessages.Machine> { try await all(FleetMachinePage.self, "machines") }

    /// What fleet says of its units.
    func units() async throws -> Lenient<FleetMessages.Unit> { try await all(FleetUnitPage.self, "units") }

    /// What fleet says of the states of all units, or of one.
    func states(of unit: UnitName? = nil) async throws -> Lenient<FleetMessages.State> {
        try await all(FleetStatePage.self, "state", unit.map { "unitName=\($0.text.percentEncoded)" })
    }

    /// What fleet says of one unit; nil when it has none of that name.
    func unit(_ name: UnitName) async throws -> FleetMessages.Unit? {
        let (answer, url) = try await send("GET", Self.path(name))
        if answer.status == 404 { return nil }
        return try Self.decoded(FleetMessages.Unit.self, try Self.checked(answer, url), url)
    }

    /// Stores a unit's options, wants a state of it, or both.
    func put(_ name: UnitName, options: [FleetMessages.Option]?, desired: String?) async throws {
        let unit = FleetMessages.Unit(desiredState: desired, name: name.text, options: options)
        let (answer, url) = try await send("PUT", Self.path(name), body: Array(try JSONEncoder().encode(unit)))
        _ = try Self.checked(answer, url)
    }

    /// Forgets a unit; false when there is none of that name.
    func delete(_ name: UnitName) async throws -> Bool {
        let (answer, url) = try await send("DELETE", Self.path(name))
        if answer.status == 404 { return false }
        _ = try Self.checked(answer, url)
        return true
    }

    private static func path(_ name: UnitName) -> String { "units/\(name.text.percentEncoded)" }

    private func all<Page: FleetPage>(
        _ page: Page.Type, _ path: String, _ query: String? = nil
    ) async throws -> Lenient<Page.Element> {
        var all = Lenient<Page.Element>()
        var paging = FleetPaging()
        var token: String?
        repeat {
            let queries = [query, token.map { "nextPageToken=\($0.percentEncoded)" }].compactMap(\.self)
            let whole = path + (queries.isEmpty ? "" : "?" + queries.joined(separator: "&"))
            let (answer, url) = try await send("GET", whole)
            let body = try Self.checked(answer, url)
            let one = try Self.decoded(page, body, url)
            let list = one.list ?? Lenient()
            all.elements += list.elements
            all.odd += list.odd
            token = try paging.next(
                after: one.nextPageToken, elements: list.elements.count + list.odd, bytes: body.count,
                path == "state" ? "states" : path)
        } while token != nil
        return all
    }

    /// Asks one endpoint after the other until one answers for the cluster.
    private func send(_ method: String, _ path: String, body: [UInt8]? = nil) async throws -> (WebAnswer, String) {
        var failure: (any Error)?
        var unable: (WebAnswer, String)?
        let first = turn.index
        for step in endpoints.indices {
            let index = (first + step) % endpoints.count
            let url = endpoints[index].url(path)
            do {
                let answer = try await exchange(WebCall(method, url, body: body))
                if answer.status == 503 {
                    unable = unable ?? (answer, url)
                    continue
                }
                turn.index = index
                return (answer, url)
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = failure ?? error
            }
        }
        if let unable { return unable }
        throw failure ?? SourceError("no fleet endpoint answers")
    }

    private func exchange(_ call: WebCall) async throws -> WebAnswer {
        let begin = ContinuousClock.now
        do {
            return try await web.exchange(call)
        } catch WebError.unreachable(_, _) where call.method == "GET" && ContinuousClock.now - begin < Self.stale {
            try Task.checkCancellation()
            return try await web.exchange(call)
        }
    }

    /// The body of an answer that says yes.
    /// - Throws: `FleetRefusal` with fleet's own words.
    private static func checked(_ answer: WebAnswer, _ url: String) throws -> [UInt8] {
        if answer.isSuccess { return answer.body }
        let told = try? JSONDecoder().decode(FleetMessages.Refusal.self, from: Data(answer.body)).error.message
        let text = told ?? String(decoding: answer.body.prefix(300), as: UTF8.self)
        throw FleetRefusal(status: answer.status, text: SafeText.clean(text, limit: 300), url: SafeText.name(url))
    }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ body: [UInt8], _ url: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw SourceError(
                "'\(SafeText.name(url))' answers with what is not fleet's; check that this is fleet's API")
        }
    }
}

/// fleet refused, or could not.
struct FleetRefusal: Error, CustomStringConvertible {
    let status: Int
    let text: String
    let url: String

    /// Repeating it changes nothing: what was asked was wrong, not the moment.
    var isFinal: Bool { (400..<500).contains(status) }

    var description: String {
        let what = text.isEmpty ? "fleet answered \(status) without a word" : "fleet says: \(text)"
        return what + (isFinal ? "" : " ('\(url)'; look at its log there)")
    }
}
