import Glibc

/// Addresses of machines.
package enum Address {
    /// Whether a text is an IP address or a host name and nothing else: no option, no user, no port.
    package static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix("-") && !text.hasPrefix(".")
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.:_".contains($0)) }
    }

    /// Our address on the way to an endpoint such as `https://10.0.0.1:2379`; nothing is sent.
    static func towards(_ endpoint: String) -> String? {
        guard let scheme = endpoint.firstRange(of: "://") else { return nil }
        var rest = endpoint[scheme.upperBound...].prefix { $0 != "/" }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        let port = String(rest[rest.index(after: colon)...])
        rest = rest[..<colon]
        let host = rest.hasPrefix("[") ? String(rest.dropFirst().dropLast()) : String(rest)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let first = found else { return nil }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else { return nil }
        return own(descriptor)
    }

    private static func own(_ descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isKnown = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0
                    && getnameinfo(address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isKnown else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
