/// A request as a client sends it.
public struct WebCall: Sendable {
    /// One header.
    public struct Header: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// What it says.
        public let value: String

        /// A header.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// `GET`, `POST`, …
    public let method: String
    /// Where it goes.
    public let url: String
    /// Headers beside those that HTTP itself needs.
    public var headers: [Header]
    /// JSON; nil for none.
    public var body: [UInt8]?
    /// How long the whole answer may take; nil for the client's own limit.
    public var deadline: Duration?

    /// A call.
    public init(
        _ method: String, _ url: String, headers: [Header] = [], body: [UInt8]? = nil, deadline: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
    }
}

/// An answer as a client sees it.
public struct WebAnswer: Sendable {
    /// The HTTP status.
    public let status: Int
    /// The headers, by their names in small letters; of a name given twice the first.
    public let headers: [String: String]
    /// The body.
    public let body: [UInt8]

    /// An answer.
    public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether it says that all went well.
    public var isSuccess: Bool { (200..<300).contains(status) }
}
