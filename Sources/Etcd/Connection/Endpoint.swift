import GRPCNIOTransportHTTP2Posix

/// One member's address, read from the configuration.
struct Endpoint: Sendable {
    enum Place: Sendable, Equatable {
        case host(String, port: Int)
        case socket(path: String)
    }

    /// etcd's port for clients.
    private static let defaultPort = 2379

    /// The address as it was written, for messages.
    let text: String
    let place: Place
    let isTLS: Bool

    /// - Throws: `EtcdError.configuration`.
    init(_ text: String) throws {
        self.text = text
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let scheme = parts.count == 2 ? parts[0] : "http"
        var rest = parts[parts.count - 1]
        switch scheme {
        case "http", "https":
            if rest.last == "/" { rest.removeLast() }
            isTLS = scheme == "https"
            guard let place = Self.host(rest) else {
                throw EtcdError.configuration(
                    "'\(text)' is no address; write 'http://host:port' or 'https://host:port'")
            }
            self.place = place
        case "unix" where !rest.isEmpty:
            isTLS = false
            place = .socket(path: String(rest))
        default:
            throw EtcdError.configuration("'\(text)' has no known scheme; use 'http://', 'https://' or 'unix://'")
        }
    }

    /// The address in grpc-swift's words; only names go through DNS, since TLS must not be told an address as a name.
    var target: any ResolvableTarget {
        switch place {
        case .socket(let path): .unixDomainSocket(path: path)
        case .host(let host, let port) where Self.isIPv4(host): .ipv4(address: host, port: port)
        case .host(let host, let port) where host.contains(":"): .ipv6(address: host, port: port)
        case .host(let host, let port): .dns(host: host, port: port)
        }
    }

    private static func host(_ text: Substring) -> Place? {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            if host.contains(":") { return nil }
        }
        guard !host.isEmpty, !host.contains("/") else { return nil }
        guard let port else { return .host(String(host), port: defaultPort) }
        guard let number = UInt16(port), number > 0 else { return nil }
        return .host(String(host), port: Int(number))
    }

    private static func isIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
