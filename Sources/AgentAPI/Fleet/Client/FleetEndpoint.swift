import Model
package import Runtime
import Web

/// Where a fleet API answers, as fleetctl writes it: `http://10.0.0.1:49153`, `https://fleet.example/prefix`,
/// `unix:///var/run/fleet.sock` or `file:///var/run/fleet.sock`.
package struct FleetEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    /// What every path stands behind.
    let base: String

    /// Reads an endpoint.
    /// - Throws: a sentence for what is none.
    package init(_ text: String) throws(SourceError) {
        let shown = SafeText.name(text)
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard plain, let scheme = Self.schemes.first(where: { text.hasPrefix($0) }) else {
            throw SourceError("'\(shown)' is no fleet endpoint; write http://HOST:49153 or unix:///var/run/fleet.sock")
        }
        let rest = text.dropFirst(scheme.count)
        description = text
        if scheme == "unix://" || scheme == "file://" {
            guard rest.hasPrefix("/"), rest.utf8.count > 1 else {
                throw SourceError("'\(shown)' names no socket; write unix:///var/run/fleet.sock, with three slashes")
            }
            base = "http+unix://\(String(rest).percentEncoded)"
            return
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw SourceError("a fleet endpoint has no user and password; fleet knows none")
        }
        guard !authority.isEmpty, !rest.contains("?"), !rest.contains("#") else {
            throw SourceError("'\(shown)' names no host alone; write http://HOST:49153")
        }
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        base = String(trimmed)
    }

    private static let schemes = ["http://", "https://", "unix://", "file://"]

    /// The address of a path below the API.
    func url(_ path: String) -> String { base + "/fleet/v1/" + path }
}
