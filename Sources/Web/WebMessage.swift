/// A request as a server's handler sees it.
public struct WebRequest: Sendable {
    /// `GET`, `POST`, …
    public let method: String
    /// The path's parts, percent-decoded: `/v1/units/a%401.service` is `["v1", "units", "a@1.service"]`.
    public var path: [String]
    /// The path's parts with the empty ones, percent-decoded before it is split: `/units/` is `["", "units", ""]`.
    public var segments: [String] = []
    /// The query, percent-decoded; of a name given twice the first.
    public let query: [String: String]
    /// The query, percent-decoded, in the order it was sent.
    public internal(set) var queryItems: [(name: String, value: String)] = []
    /// The first `Content-Type` header, as sent.
    public let contentType: String?
    /// All `Content-Type` headers, as sent.
    public internal(set) var contentTypes: [String] = []
    /// All headers, by their names in small letters; of a name given twice the last.
    public let headers: [String: String]
    /// The body, at most as long as the server's limit.
    public let body: [UInt8]
    /// Who sent it.
    public let peer: WebPeer
}

/// What a handler answers.
public struct WebResponse: Sendable {
    /// What follows the head.
    public enum Body: Sendable {
        /// All of it at once.
        case bytes([UInt8])
        /// Piece by piece; the writer waits while the reader is slow.
        case stream(@Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void)
    }

    /// The HTTP status.
    public let status: Int
    /// The media type; empty for none.
    public let contentType: String
    /// The body.
    public let body: Body
    /// Headers beside the media type, by name.
    public let headers: [String: String]

    /// A response.
    public init(
        status: Int = 200, contentType: String = "application/json", headers: [String: String] = [:],
        body: Body = .bytes([])
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    /// The same with one header more.
    func with(_ name: String, _ value: String) -> WebResponse {
        WebResponse(
            status: status, contentType: contentType, headers: headers.merging([name: value]) { $1 }, body: body)
    }
}

/// What can go wrong between two programs that talk HTTP.
public enum WebError: Error, Sendable, CustomStringConvertible {
    /// Nobody answered, or not in time.
    case unreachable(url: String, cause: String)
    /// The other side refused, with the beginning of its words.
    case status(url: String, Int, String)
    /// The answer was longer than allowed.
    case tooLarge(url: String, limit: Int)
    /// A file for TLS is of no use.
    case badFile(path: String, cause: String)
    /// The address cannot be listened on.
    case cannotListen(address: String, cause: String)

    /// What happened, where, what to do.
    public var description: String {
        switch self {
        case .unreachable(let url, let cause):
            "cannot reach '\(url)': \(cause); check that the program there runs and that nothing blocks the way"
        case .status(let url, let status, let text):
            "'\(url)' answered \(status)" + (text.isEmpty ? "" : ": \(text)")
        case .tooLarge(let url, let limit): "the answer of '\(url)' is longer than \(limit) bytes and was dropped"
        case .badFile(let path, let cause): "cannot use '\(path)': \(cause)"
        case .cannotListen(let address, let cause):
            "cannot listen on '\(address)': \(cause); choose another address, or end the program that has it"
        }
    }
}
