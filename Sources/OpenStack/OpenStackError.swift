/// What can go wrong with an OpenStack cloud; the description is a sentence for people and holds no secret.
public enum OpenStackError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The settings are of no use as they are.
    case settings(String)
    /// Keystone does not know us: trying again only locks the account.
    case loginRefused(String)
    /// The cloud has no such service for us.
    case noService(String)
    /// Nobody answered, or not in time.
    case unreachable(String)
    /// A service said no.
    case refused(Refusal)
    /// An answer that is no such thing as was asked for.
    case malformed(String)

    /// What a service said no with.
    public struct Refusal: Hashable, Sendable {
        /// Whose words these are: `compute`.
        public let service: String
        /// The HTTP status.
        public let status: Int
        /// The service's words.
        public let message: String
        /// By what the service's logs name the request.
        public let requestID: String?
        /// How long the service wants to be left alone.
        public let retryAfter: Duration?

        /// The words with the service and the request.
        public var sentence: String {
            "the \(service) service answered \(status)" + (message.isEmpty ? "" : ": \(message)")
                + (requestID.map { " (\($0))" } ?? "")
        }
    }

    /// Whether trying again cannot help.
    public var isPermanent: Bool {
        switch self {
        case .settings, .loginRefused, .noService: true
        case .unreachable, .refused, .malformed: false
        }
    }

    /// The HTTP status of a refusal.
    public var status: Int? {
        if case .refused(let refusal) = self { refusal.status } else { nil }
    }

    /// What happened, where, what to do.
    public var description: String {
        switch self {
        case .settings(let text), .loginRefused(let text), .noService(let text), .unreachable(let text),
            .malformed(let text):
            text
        case .refused(let refusal): refusal.sentence
        }
    }
}
