import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1

/// An HTTP client with a deadline and a size limit on everything; it follows no redirect.
public struct WebClient: Sendable {
    private let connections: ClientConnections
    private var client: HTTPClient { connections.client }
    private let deadline: Duration
    private let sizeLimit: Int
    private let token: String?

    /// A client; every whole answer has to come within `deadline` and have at most `sizeLimit` bytes.
    public init(deadline: Duration = .seconds(5), sizeLimit: Int = 16 << 20) {
        self.init(configuration: HTTPClient.Configuration(), token: nil, deadline: deadline, sizeLimit: sizeLimit)
    }

    /// A client that shows a certificate or a token, and checks those it talks to.
    /// - Throws: `WebError.badFile`.
    public init(
        tls: WebTLS, token: String?, deadline: Duration = .seconds(5), sizeLimit: Int = 16 << 20
    ) throws {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try tls.client()
        self.init(configuration: configuration, token: token, deadline: deadline, sizeLimit: sizeLimit)
    }

    private init(configuration: HTTPClient.Configuration, token: String?, deadline: Duration, sizeLimit: Int) {
        var configuration = configuration
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(3)
        connections = ClientConnections(configuration)
        self.deadline = deadline
        self.sizeLimit = sizeLimit
        self.token = token
    }

    /// Sends a request and returns the body of a 2xx answer.
    /// - Throws: `WebError`.
    public func send(_ method: String, _ url: String, body: [UInt8]? = nil) async throws -> [UInt8] {
        let answer = try await exchange(WebCall(method, url, body: body))
        try check(answer.status, url, String(decoding: answer.body.prefix(2_000), as: UTF8.self))
        return answer.body
    }

    /// Sends a request and returns the whole answer, whatever its status: a redirect is an answer like others.
    ///
    /// The deadline holds for all of it, from the connection to the last byte.
    /// - Throws: `WebError`.
    public func exchange(_ call: WebCall) async throws -> WebAnswer {
        let limit = call.deadline ?? deadline
        return try await withThrowingTaskGroup(of: WebAnswer?.self) { group in
            group.addTask { try await fetch(call) }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw WebError.unreachable(url: call.url, cause: "no whole answer within \(limit)")
            }
            return answer
        }
    }

    private func fetch(_ call: WebCall) async throws -> WebAnswer {
        let response = try await begin(call)
        do {
            let collected = try await response.body.collect(upTo: sizeLimit)
            let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
            return WebAnswer(
                status: Int(response.status.code), headers: Dictionary(headers) { first, _ in first },
                body: Array(collected.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw WebError.tooLarge(url: call.url, limit: sizeLimit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw WebError.unreachable(url: call.url, cause: "\(error)")
        }
    }

    /// Reads a 2xx answer line by line as it comes, until it ends or the task is cancelled.
    ///
    /// Lines of more than 1 MiB are cut there; the rest of such a line is dropped.
    /// - Throws: `WebError`.
    public func lines(_ url: String, _ tell: @Sendable ([String]) async throws -> Void) async throws {
        let response = try await begin(WebCall("GET", url), isEndless: true)
        if !(200..<300).contains(Int(response.status.code)) {
            let words = try? await response.body.collect(upTo: 4_096)
            try check(Int(response.status.code), url, words.map { String(buffer: $0) } ?? "")
        }
        var line: [UInt8] = []
        do {
            for try await piece in response.body {
                var done: [String] = []
                for byte in piece.readableBytesView {
                    if byte == 0x0A {
                        done.append(String(decoding: line, as: UTF8.self))
                        line.removeAll(keepingCapacity: true)
                    } else if line.count < 1 << 20 {
                        line.append(byte)
                    }
                }
                if done.isEmpty { continue }
                do { try await tell(done) } catch { throw ReaderFailure(cause: error) }
            }
        } catch let failure as ReaderFailure {
            throw failure.cause
        } catch let error as CancellationError {
            throw error
        } catch {
            throw WebError.unreachable(url: url, cause: "\(error)")
        }
    }

    /// What the reader of lines threw, told apart from what went wrong on the way.
    private struct ReaderFailure: Error {
        let cause: any Error
    }

    private func begin(_ call: WebCall, isEndless: Bool = false) async throws -> HTTPClientResponse {
        let url = call.url
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: call.method)
        for header in call.headers { request.headers.add(name: header.name, value: header.value) }
        // A token goes only to who is known: by a certificate, or by a socket in the file system.
        if let token, url.hasPrefix("https://") || url.hasPrefix("http+unix://") {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let span = call.deadline ?? deadline
        let limit = TimeAmount.nanoseconds(isEndless ? 86_400_000_000_000 * 365 : span.nanoseconds)
        do {
            return try await client.execute(request, timeout: limit)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw WebError.unreachable(url: url, cause: "\(error)")
        }
    }

    private func check(_ status: Int, _ url: String, _ text: String) throws {
        guard (200..<300).contains(status) else { throw WebError.status(url: url, status, String(text.prefix(500))) }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}

/// The connections of one client, ended when its last user is gone.
private final class ClientConnections: Sendable {
    let client: HTTPClient

    init(_ configuration: HTTPClient.Configuration) {
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        client.shutdown { _ in }
    }
}
