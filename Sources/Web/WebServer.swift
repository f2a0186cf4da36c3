import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// An HTTP server in front of one handler.
///
/// **Invariant:** without authentication it serves the loopback addresses and unix sockets only, and answers only
/// requests that name a loopback host, so that no web page can reach it by a name of its own. To others it speaks TLS,
/// unless it is made for the public.
public struct WebServer: Sendable {
    /// How long a body may be.
    public static let bodyLimit = 2 << 20
    private let address: WebAddress
    private let tls: TLSConfiguration?
    private let knowsPeers: Bool
    private let handler: @Sendable (WebRequest) async -> WebResponse

    /// A server on an address of this computer; port 0 takes a free one.
    /// - Throws: `WebError.cannotListen` for an address that others can reach.
    public init(
        host: String, port: Int, handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        try self.init(.tcp(host: host, port: port), tls: nil, knowsPeers: false, handler: handler)
    }

    /// A server on any address.
    ///
    /// - Parameter knowsPeers: the handler refuses everybody that it does not know
    /// - Throws: `WebError.cannotListen` for an address that others can reach without TLS, or without being known;
    ///   `WebError.badFile`.
    public init(
        _ address: WebAddress, tls: WebTLS?, knowsPeers: Bool,
        handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        guard address.isLocal || (tls != nil && knowsPeers) else {
            let missing = tls == nil ? "a certificate (TLS)" : "client certificates or tokens to know the callers by"
            throw WebError.cannotListen(
                address: address.description,
                cause: "only loopback addresses and unix sockets are served without \(missing)")
        }
        self.address = address
        self.tls = try tls?.server()
        self.knowsPeers = knowsPeers
        self.handler = handler
    }

    /// A server for everybody that reaches the address, known or not: its handler tells and keeps nothing that would
    /// have to be guarded.
    /// - Throws: `WebError.badFile`.
    public init(
        public address: WebAddress, tls: WebTLS?, handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        self.address = address
        self.tls = try tls?.server()
        knowsPeers = true
        self.handler = handler
    }

    /// Serves until cancelled.
    public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        var logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let responder = CallbackResponder<PeerContext> { request, context in await self.answer(request, context) }
        let server: HTTPServerBuilder
        if let tls { server = try .tls(.http1(), tlsConfiguration: tls) } else { server = .http1() }
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(address: bindAddress(), serverName: "quarterdeck"),
            onServerRunning: { channel in
                if case .unix(let path) = address { chmod(path, 0o600) }
                await onListening(channel.localAddress?.port ?? 0)
            }, logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw WebError.cannotListen(address: address.description, cause: "\(error)")
        }
    }

    /// A socket that an earlier process left is taken away; one that somebody listens on is not.
    private func bindAddress() -> BindAddress {
        switch address {
        case .tcp(let host, let port): return .hostname(host, port: port)
        case .unix(let path):
            if !Self.answers(path) { unlink(path) }
            return .unixDomainSocket(path: path)
        }
    }

    private static func answers(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let size = MemoryLayout.size(ofValue: name.sun_path)
        guard path.utf8.count < size else { return false }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private func peer(_ request: Request, _ context: PeerContext) async -> WebPeer {
        var peer = WebPeer()
        if case .unix = address { peer.isUnix = true }
        if let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") {
            peer.token = String(header.dropFirst(7))
        }
        if tls != nil, let sent = try? await context.channel.nioSSL_peerCertificate().get() {
            peer.certificate = WebCertificate(sent)
        }
        return peer
    }

    private func answer(_ request: Request, _ context: PeerContext) async -> Response {
        var request = request
        if !knowsPeers, case .tcp = address {
            guard let name = request.head.authority, Self.isLoopback(Self.host(of: name)) else {
                return plain(403, "this server answers to loopback names only")
            }
        }
        let peer = await peer(request, context)
        guard let body = try? await request.collectBody(upTo: Self.bodyLimit) else {
            return plain(413, "the body is longer than \(Self.bodyLimit) bytes")
        }
        let path = request.uri.path.split(separator: "/").map { String($0).percentDecoded }
        let query = request.uri.queryParameters.map { (String($0.key), String($0.value).percentDecoded) }
        let headers = request.headers.map { ($0.name.canonicalName, $0.value) }
        let seen = WebRequest(
            method: request.method.rawValue, path: path, query: Dictionary(query) { first, _ in first },
            contentType: request.headers[.contentType], headers: Dictionary(headers) { _, last in last },
            body: Array(body.readableBytesView), peer: peer)
        return response(await handler(seen))
    }

    private func plain(_ status: Int, _ text: String) -> Response {
        response(WebResponse(status: status, contentType: "text/plain", body: .bytes(Array((text + "\n").utf8))))
    }

    private func response(_ answer: WebResponse) -> Response {
        let body: ResponseBody =
            switch answer.body {
            case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .stream(let produce): Self.stream(produce)
            }
        var headers: HTTPFields = [.contentType: answer.contentType]
        for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }

    private static func stream(
        _ produce: @escaping @Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) -> ResponseBody {
        ResponseBody { writer in
            let (pieces, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self, throwing: (any Error).self)
            let turnstile = Turnstile(permits: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await produce { piece in
                            await turnstile.enter()
                            try Task.checkCancellation()
                            continuation.yield(piece)
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
                do {
                    for try await piece in pieces {
                        try await writer.write(ByteBuffer(bytes: piece))
                        await turnstile.leave()
                    }
                } catch {
                    group.cancelAll()
                    await turnstile.open()
                    throw error
                }
            }
            try await writer.finish(nil)
        }
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "127.0.0.1"
    }
}

/// What is known of a request besides itself.
private struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

extension String {
    /// With `%40` read as `@`; what is not well-formed stays as it is.
    public var percentDecoded: String {
        guard contains("%") else { return self }
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                rest.removeFirst(2)
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// With everything but letters, digits and `-._~` as `%XX`.
    public var percentEncoded: String {
        utf8.map { byte -> String in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            if isPlain { return String(Unicode.Scalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
