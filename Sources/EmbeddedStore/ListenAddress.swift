import GRPCNIOTransportHTTP2Posix

/// Where the store listens.
enum ListenAddress: Sendable, CustomStringConvertible {
    case ipv4(host: String, port: Int)
    case ipv6(host: String, port: Int)
    case socket(path: String)

    /// Reads `unix:` and a path, or an IP address; `localhost` is 127.0.0.1.
    init(host: String, port: Int) {
        if host.hasPrefix("unix:") {
            let path = host.dropFirst("unix:".count)
            self = .socket(path: String(path.hasPrefix("//") ? path.dropFirst(2) : path))
        } else if host.contains(":") {
            self = .ipv6(host: host.filter { $0 != "[" && $0 != "]" }, port: port)
        } else {
            self = .ipv4(host: host == "localhost" ? "127.0.0.1" : host, port: port)
        }
    }

    var socketAddress: SocketAddress {
        switch self {
        case .ipv4(let host, let port): .ipv4(host: host, port: port)
        case .ipv6(let host, let port): .ipv6(host: host, port: port)
        case .socket(let path): .unixDomainSocket(path: path)
        }
    }

    /// The address as asked for.
    var description: String {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port): url(port: port)
        case .socket(let path): "unix://\(path)"
        }
    }

    /// The address as clients give it, with the port in fact listened on.
    func url(port: Int) -> String {
        switch self {
        case .ipv4(let host, _): "http://\(host):\(port)"
        case .ipv6(let host, _): "http://[\(host)]:\(port)"
        case .socket: description
        }
    }
}
