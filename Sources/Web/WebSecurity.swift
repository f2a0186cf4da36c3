import FoundationEssentials
import HummingbirdTLS
import NIOSSL
import SwiftASN1
import X509

/// Where a server listens.
public enum WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// A TCP port; 0 takes a free one.
    case tcp(host: String, port: Int)
    /// A socket in the file system; unless it is said otherwise only its owner may use it.
    case unix(path: String)

    /// Reads `HOST:PORT`, with the brackets of IPv6, or `unix:/PATH`; nil for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("unix:/") {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self = .tcp(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }

    /// Its text: `10.0.0.1:7443`, `unix:/run/a.sock`.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only this computer can reach it.
    public var isLocal: Bool {
        switch self {
        case .tcp(let host, _): host == "localhost" || host == "::1" || host == "127.0.0.1"
        case .unix: true
        }
    }
}

/// Who sent a request, as far as the connection tells.
public struct WebPeer: Hashable, Sendable {
    /// The verified certificate's names; nil without one.
    public var certificate: WebCertificate?
    /// The token of the `Authorization: Bearer` header.
    public var token: String?
    /// It came over a socket in the file system.
    public var isUnix: Bool

    /// A peer.
    public init(certificate: WebCertificate? = nil, token: String? = nil, isUnix: Bool = false) {
        self.certificate = certificate
        self.token = token
        self.isUnix = isUnix
    }
}

/// The names in a certificate.
public struct WebCertificate: Hashable, Sendable {
    /// The subject's common name.
    public var name: String
    /// The subject's organizations.
    public var organizations: [String]

    /// Names.
    public init(name: String, organizations: [String]) {
        self.name = name
        self.organizations = organizations
    }

    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: bytes) else {
            return nil
        }
        var names: [String] = []
        organizations = []
        for attribute in parsed.subject.flatMap({ Array($0) }) {
            let text = String(describing: attribute.value)
            if attribute.type == .RDNAttributeType.commonName { names.append(text) }
            if attribute.type == .RDNAttributeType.organizationName { organizations.append(text) }
        }
        name = names.first ?? ""
    }
}

/// The PEM files of one side of a TLS connection.
public struct WebTLS: Hashable, Sendable {
    /// The authorities that the other side's certificate is checked against; nil for the system's (a client), or for
    /// asking nobody for a certificate (a server).
    public var ca: String?
    /// Our certificate with its chain.
    public var cert: String?
    /// Its key.
    public var key: String?
    /// A client checks the other side's certificate; without that anybody on the way can read and change everything.
    public var verifies = true

    /// Files; nil where they are not used.
    public init(ca: String? = nil, cert: String? = nil, key: String? = nil) {
        self.ca = ca
        self.cert = cert
        self.key = key
    }

    /// - Throws: `WebError.badFile`.
    func server() throws -> TLSConfiguration {
        guard let cert, let key else {
            throw WebError.badFile(path: cert ?? key ?? "", cause: "a certificate and its key are needed for TLS")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try Self.chain(cert), privateKey: .privateKey(try Self.privateKey(key)))
        configuration.minimumTLSVersion = .tlsv12
        if let ca {
            configuration.trustRoots = .certificates(try Self.certificates(ca))
            configuration.certificateVerification = .optionalVerification
        }
        return configuration
    }

    /// - Throws: `WebError.badFile`.
    func client() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let ca { configuration.trustRoots = .certificates(try Self.certificates(ca)) }
        if !verifies { configuration.certificateVerification = .none }
        if let cert, let key {
            configuration.certificateChain = try Self.chain(cert)
            configuration.privateKey = .privateKey(try Self.privateKey(key))
        }
        return configuration
    }

    private static func certificates(_ path: String) throws -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw WebError.badFile(path: path, cause: "it holds no certificate in PEM form, or cannot be read")
        }
    }

    private static func chain(_ path: String) throws -> [NIOSSLCertificateSource] {
        try certificates(path).map { .certificate($0) }
    }

    private static func privateKey(_ path: String) throws -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw WebError.badFile(path: path, cause: "it holds no private key in PEM form, or cannot be read")
        }
    }
}
