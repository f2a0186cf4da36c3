import Glibc
import Model
public import Web

/// What a caller of an agent's API may do.
public enum AgentRole: String, Hashable, Sendable {
    /// Look at figures and logs.
    case viewer
    /// Everything.
    case `operator`
}

/// Who may call an agent's API.
///
/// **Invariant:** a caller that is not known may do nothing but ask whether the agent is well.
public struct AgentAccess: Sendable {
    private let checksCertificates: Bool
    private let tokens: [(token: [UInt8], role: AgentRole)]

    /// Everybody who can reach it: for loopback and unix sockets.
    public static let open = AgentAccess(checksCertificates: false, tokens: [])

    /// Access by certificates of the server's client authority, by tokens, or both.
    public init(checksCertificates: Bool, tokens: [(String, AgentRole)]) {
        self.checksCertificates = checksCertificates
        self.tokens = tokens.map { (Array($0.utf8), $1) }
    }

    /// Callers have to be known.
    public var knowsPeers: Bool { checksCertificates || !tokens.isEmpty }

    /// What a caller may do; nil for nothing.
    ///
    /// A certificate's role is its organization (`O=operator`, `O=viewer`), as Kubernetes reads its groups.
    public func role(of peer: WebPeer) -> AgentRole? {
        guard knowsPeers else { return .operator }
        if checksCertificates, let organizations = peer.certificate?.organizations {
            if organizations.contains(AgentRole.operator.rawValue) { return .operator }
            if organizations.contains(AgentRole.viewer.rawValue) { return .viewer }
        }
        guard let token = peer.token.map({ Array($0.utf8) }) else { return nil }
        var found: AgentRole?
        for known in tokens where Self.isEqual(known.token, token) { found = known.role }
        return found
    }

    /// What a viewer is told that wants to change something.
    static let viewerChanges = "a viewer may look, not change; use a certificate or token of an operator"

    /// What somebody is told who may do nothing.
    static func unknown(_ peer: WebPeer) -> String {
        let certificate = peer.certificate.map { "certificate '\(SafeText.name($0.name))' names no role" }
        let token = peer.token.map { _ in "the token is not known here" }
        let why = token ?? certificate ?? "no certificate and no token was shown"
        return "\(why); the agent knows O=operator or O=viewer certificates, and its own tokens"
    }

    /// Takes as long for tokens that differ early as for those that differ late.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Reads a file of lines `operator TOKEN` and `viewer TOKEN`; `#` begins a comment.
    /// - Throws: `WebError.badFile` with the line, when others can read the file, or when it holds no token.
    public static func tokens(file path: String) throws -> [(String, AgentRole)] {
        var found: [(String, AgentRole)] = []
        let lines = try SecretFile.text(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count == 2, let role = AgentRole(rawValue: String(words[0])), words[1].utf8.count >= 16 else {
                throw WebError.badFile(
                    path: path,
                    cause: "line \(number + 1) is not 'operator TOKEN' or 'viewer TOKEN' with 16 characters or more")
            }
            found.append((String(words[1]), role))
        }
        guard !found.isEmpty else { throw WebError.badFile(path: path, cause: "it holds no token") }
        return found
    }
}
