import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP server in front of one handler.
///
/// **Invariant:** without authentication it serves the loopback addresses and unix sockets only, and answers only
/// requests that name a loopback host, so that no web page can reach it by a name of its own. To others it speaks TLS,
/// unless it is made for the public.
public struct WebServer: Sendable {
    /// How long a body may be.
    public static let bodyLimit = 2 << 20
    let address: WebAddress
    let tls: TLSConfiguration?
    private let knowsPeers: Bool
    /// The socket that somebody else opened; nil when it is opened here.
    let descriptor: Int32?
    private let socketMode: mode_t
    private let refuse: Refusing
    private let handler: @Sendable (WebRequest) async -> WebResponse

    /// Answers a request that never comes to the handler, by the parts of its path, with this status and sentence.
    public typealias Refusing = @Sendable (_ segments: [String], _ status: Int, _ text: String) -> WebResponse

    /// Says it in plain text.
    public static let plainly: Refusing = { _, status, text in
        WebResponse(status: status, contentType: "text/plain", body: .bytes(Array((text + "\n").utf8)))
    }

    /// A server on an address of this computer; port 0 takes a free one.
    /// - Throws: `WebError.cannotListen` for an address that others can reach.
    public init(
        host: String, port: Int, handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        try self.init(.tcp(host: host, port: port), tls: nil, knowsPeers: false, handler: handler)
    }

    /// A server on any address.
    ///
    /// - Parameters:
    ///   - knowsPeers: the handler refuses everybody that it does not know
    ///   - socketMode: who may use a socket in the file system
    ///   - refuse: answers what never comes to the handler
    /// - Throws: `WebError.cannotListen` for an address that others can reach without TLS, or without being known;
    ///   `WebError.badFile`.
    public init(
        _ address: WebAddress, tls: WebTLS?, knowsPeers: Bool, socketMode: UInt32 = 0o600,
        refuse: @escaping Refusing = WebServer.plainly,
        handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        try self.init(address, nil, tls, knowsPeers, socketMode, refuse, handler)
    }

    /// A server on a socket that was opened for this process.
    ///
    /// - Throws: as for an address.
    public init(
        _ socket: PassedSocket, tls: WebTLS?, knowsPeers: Bool, refuse: @escaping Refusing = WebServer.plainly,
        handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        try self.init(socket.address, socket.descriptor, tls, knowsPeers, 0, refuse, handler)
    }

    private init(
        _ address: WebAddress, _ descriptor: Int32?, _ tls: WebTLS?, _ knowsPeers: Bool, _ socketMode: mode_t,
        _ refuse: @escaping Refusing, _ handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        guard address.isLocal || (tls != nil && knowsPeers) else {
            let missing = tls == nil ? "a certificate (TLS)" : "client certificates or tokens to know the callers by"
            throw WebError.cannotListen(
                address: address.description,
                cause: "only loopback addresses and unix sockets are served without \(missing)")
        }
        self.address = address
        self.descriptor = descriptor
        self.socketMode = socketMode
        self.tls = try tls?.server()
        self.knowsPeers = knowsPeers
        self.refuse = refuse
        self.handler = handler
    }

    /// A server for everybody that reaches the address, known or not: its handler tells and keeps nothing that would
    /// have to be guarded.
    /// - Throws: `WebError.badFile`.
    public init(
        public address: WebAddress, tls: WebTLS?, handler: @escaping @Sendable (WebRequest) async -> WebResponse
    ) throws {
        self.address = address
        descriptor = nil
        socketMode = 0o600
        self.tls = try tls?.server()
        knowsPeers = true
        refuse = Self.plainly
        self.handler = handler
    }

    /// Serves until cancelled.
    public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        if let descriptor { try await serve(descriptor, onListening) } else { try await serve(onListening) }
    }

    private func serve(
        _ onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        var logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let responder = CallbackResponder<PeerContext> { request, context in
            await self.answer(request, context.channel)
        }
        let server = HTTPServerBuilder { [tls] responder in
            try ClosedWhenDropped.channel(HTTP1Channel(responder: responder), tls)
        }
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(address: try bindAddress()),
            onServerRunning: { channel in
                if case .unix(let path) = address { chmod(path, socketMode) }
                await onListening(channel.localAddress?.port ?? 0)
            }, logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw WebError.cannotListen(address: address.description, cause: "\(error)")
        }
    }

    private func bindAddress() throws -> BindAddress {
        switch address {
        case .tcp(let host, let port): return .hostname(host, port: port)
        case .unix(let path):
            try checkFree(path)
            return .unixDomainSocket(path: path)
        }
    }

    /// Hummingbird takes away whatever socket is there: right for one that an earlier process left.
    /// - Throws: `WebError.cannotListen` for one that somebody listens on, and for another file.
    private func checkFree(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw WebError.cannotListen(address: address.description, cause: "a file is there that is no socket")
        }
        guard let connection = UnixSocket.connect(path) else { return }
        close(connection)
        throw WebError.cannotListen(address: address.description, cause: "another program listens there")
    }

    private func peer(_ request: Request, _ channel: any Channel) async -> WebPeer {
        var peer = WebPeer()
        if case .unix = address { peer.isUnix = true }
        if let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") {
            peer.token = String(header.dropFirst(7))
        }
        if tls != nil, let sent = try? await channel.nioSSL_peerCertificate().get() {
            peer.certificate = WebCertificate(sent)
        }
        return peer
    }

    func answer(_ request: Request, _ channel: any Channel) async -> Response {
        let answer = await handled(request, channel)
        return request.method == .head ? head(of: answer) : response(answer)
    }

    private func handled(_ request: Request, _ channel: any Channel) async -> WebResponse {
        var request = request
        let parts = request.uri.path.percentDecoded.split(separator: "/", omittingEmptySubsequences: false)
        let segments = parts.map(String.init)
        if !knowsPeers, case .tcp = address {
            guard let name = request.head.authority, Self.isLoopback(Self.host(of: name)) else {
                return refuse(segments, 403, "this server answers to loopback names only")
            }
        }
        let peer = await peer(request, channel)
        guard let body = try? await request.collectBody(upTo: Self.bodyLimit) else {
            return refuse(segments, 413, "the body is longer than \(Self.bodyLimit) bytes")
        }
        if let coding = request.headers[.contentEncoding]?.lowercased(), coding != "identity", body.readableBytes > 0 {
            return refuse(segments, 415, "bodies are read as they are, without Content-Encoding")
                .with("Accept-Encoding", "identity")
        }
        let path = request.uri.path.split(separator: "/").map { String($0).percentDecoded }
        let query = request.uri.queryParameters.map { (String($0.key), String($0.value).percentDecoded) }
        let headers = request.headers.map { ($0.name.canonicalName, $0.value) }
        let seen = WebRequest(
            method: request.method.rawValue, path: path, segments: segments,
            query: Dictionary(query) { first, _ in first }, queryItems: query,
            contentType: request.headers[.contentType], contentTypes: request.headers[values: .contentType],
            headers: Dictionary(headers) { _, last in last },
            body: Array(body.readableBytesView), peer: peer)
        return await handler(seen)
    }

    /// The answer's head, with the length of its body: the body itself would be taken for the next answer.
    private func head(of answer: WebResponse) -> Response {
        // How long a stream becomes nobody knows, and a head that names no length is followed by an end of one.
        guard case .bytes = answer.body else { return Response(status: .methodNotAllowed, headers: [.allow: "GET"]) }
        let whole = response(answer)
        return Response(status: whole.status, headers: whole.headers)
    }

    private func response(_ answer: WebResponse) -> Response {
        let body: ResponseBody =
            switch answer.body {
            case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            case .stream(let produce): .pieces(produce)
            }
        var headers: HTTPFields = [.server: "quarterdeck"]
        if !answer.contentType.isEmpty { headers[.contentType] = answer.contentType }
        for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
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
