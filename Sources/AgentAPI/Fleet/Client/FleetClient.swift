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
    private let deadline: Duration
    private let note: @Sendable (String) -> Void

    /// Which endpoint is asked first: the one that answered last.
    private final class Turn: Sendable {
        private let at = Mutex(0)
        var index: Int {
            get { at.withLock { $0 } }
            set { at.withLock { $0 = newValue } }
        }
    }

    /// How long one answer may take unless that is said: a server with thousands of units needs seconds for a page.
    private static let usualDeadline = Duration.seconds(20)
    /// What fleet answers that cannot reach its store.
    static let unable = 503
    /// A connection that breaks sooner than this was an old one; what only looks is asked again at once.
    private static let stale = Duration.seconds(1)

    /// A client of a cluster whose members answer at these endpoints.
    ///
    /// - Parameters:
    ///   - deadline: how long one answer may take; nil for the usual
    ///   - note: is told every request and what came of it, in words
    /// - Throws: `SourceError` for what is no endpoint; `WebError.badFile`.
    public init(
        endpoints: [String], tls: WebTLS = WebTLS(), deadline: Duration? = nil,
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        guard !endpoints.isEmpty else { throw SourceError("a fleet cluster needs an endpoint") }
        self.endpoints = try endpoints.map { try FleetEndpoint($0) }
        self.note = note
        self.deadline = deadline ?? Self.usualDeadline
        web = try WebClient(tls: tls, token: nil, deadline: self.deadline)
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
        let answered = try await send("GET", Self.path(name))
        if answered.answer.status == 404 { return nil }
        return try Self.decoded(FleetMessages.Unit.self, try Self.checked(answered), answered.url)
    }

    /// Stores a unit's options, wants a state of it, or both.
    func put(_ name: UnitName, options: [FleetMessages.Option]?, desired: String?) async throws {
        let unit = FleetMessages.Unit(desiredState: desired, name: name.text, options: options)
        _ = try Self.checked(try await send("PUT", Self.path(name), body: Array(try JSONEncoder().encode(unit))))
    }

    /// Forgets a unit; false when there is none of that name.
    func delete(_ name: UnitName) async throws -> Bool {
        let answered = try await send("DELETE", Self.path(name))
        // An endpoint that was asked before and did not answer has perhaps done it.
        if answered.answer.status == 404 { return !answered.isFirst }
        _ = try Self.checked(answered)
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
            let answered = try await send("GET", whole)
            let body = try Self.checked(answered)
            let one = try Self.decoded(page, body, answered.url)
            let list = one.list ?? Lenient()
            all.elements += list.elements
            all.odd += list.odd
            token = try paging.next(
                after: one.nextPageToken, elements: list.elements.count + list.odd, bytes: body.count,
                path == "state" ? "states" : path)
        } while token != nil
        return all
    }

    /// What an endpoint answered.
    private struct Answered {
        let answer: WebAnswer
        let url: String
        /// No other endpoint was asked the same before and left it open what became of it.
        let isFirst: Bool
    }

    /// Asks one endpoint after the other until one answers for the cluster.
    private func send(_ method: String, _ path: String, body: [UInt8]? = nil) async throws -> Answered {
        var failure: (any Error)?
        var unable: Answered?
        let first = turn.index
        for step in endpoints.indices {
            let index = (first + step) % endpoints.count
            let url = endpoints[index].url(path)
            do {
                let answer = try await exchange(WebCall(method, url, body: body))
                note("\(method) \(url): \(answer.status), \(answer.body.count) bytes")
                let answered = Answered(answer: answer, url: url, isFirst: failure == nil)
                if answer.status == Self.unable {
                    unable = unable ?? answered
                    continue
                }
                turn.index = index
                return answered
            } catch let error as CancellationError {
                throw error
            } catch {
                note("\(method) \(url): \(SafeText.clean("\(error)", limit: 512))")
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
        } catch WebError.unreachable(_, _)
            where call.method == "GET" && ContinuousClock.now - begin < min(Self.stale, deadline)
        {
            try Task.checkCancellation()
            return try await web.exchange(call)
        }
    }

    /// The body of an answer that says yes.
    /// - Throws: `FleetRefusal` with fleet's own words.
    private static func checked(_ answered: Answered) throws -> [UInt8] {
        let answer = answered.answer
        if answer.isSuccess { return answer.body }
        let told = try? JSONDecoder().decode(FleetMessages.Refusal.self, from: Data(answer.body)).error.message
        let text = told ?? String(decoding: answer.body.prefix(300), as: UTF8.self)
        throw FleetRefusal(
            status: answer.status, text: SafeText.clean(text, limit: 300), url: SafeText.name(answered.url))
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
package struct FleetRefusal: Error, CustomStringConvertible {
    let status: Int
    let text: String
    let url: String

    /// Repeating it changes nothing: what was asked was wrong, not the moment.
    package var isFinal: Bool { (400..<500).contains(status) }

    /// fleet's words, and where it said them.
    package var description: String {
        let what = text.isEmpty ? "fleet answered \(status) without a word" : "fleet says: \(text)"
        return what + (isFinal ? "" : " ('\(url)'; look at its log there)")
    }
}
