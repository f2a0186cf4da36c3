import EtcdWire
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

/// Makes calls: at the member that answered last, then at the others; within one deadline; with a valid token.
struct Caller: Sendable {
    /// When a call that failed on its way may be made again.
    enum Repeat: Sendable {
        /// Doing it twice is doing it once.
        case always
        /// Only while it is certain that no member has seen it.
        case ifUnsent
    }

    /// A method of etcd's and its messages.
    struct Method<Request: Message, Response: Message>: Sendable {
        let descriptor: MethodDescriptor
        let repeats: Repeat
        /// Whether it goes over the connection of watches and keep-alives.
        var isStream = false
        /// Whether a member that knows no leader must refuse it at once instead of keeping it waiting.
        var needsLeader = true
    }

    /// The largest answer taken: a page of 5,000 keys with large values, far below what a member may send by mistake.
    static let messageBytesMax = 256 << 20
    /// The shortest time an attempt is given while there are members left to try.
    private static let attemptMin = Duration.milliseconds(500)
    /// The pause before a member is tried a second time.
    private static let pause = Duration.milliseconds(100)

    let links: [Link]
    let session: Session
    let configuration: EtcdConfiguration

    /// Makes a call with one request and one answer.
    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request
    ) async throws -> Response {
        let deadline = ContinuousClock.now + configuration.requestTimeout
        let first = await session.preferred
        let attempts = max(links.count, 2)
        var failure = EtcdError.closed
        for attempt in 0..<attempts {
            let index = (first + attempt) % links.count
            if attempt >= links.count { try await Task.sleep(for: Self.pause) }
            let left = ContinuousClock.now.duration(to: deadline)
            if left <= .zero { break }
            let share = attempt + 1 < attempts && links.count > 1 ? max(left / 2, Self.attemptMin) : left
            let sent = SentMark()
            do {
                let answer = try await authenticated(method, request, at: links[index], within: share, sent)
                await session.settle(on: index)
                return answer
            } catch let error as EtcdError {
                failure = error
                guard error.mayMend else { throw error }
                await session.leave(index, of: links.count)
                if case .ifUnsent = method.repeats, await sent.isSet { throw error }
            }
        }
        throw failure
    }

    /// Makes a call at one member, and once more after authenticating anew if the token was refused.
    func authenticated<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, at link: Link, within timeout: Duration,
        _ sent: SentMark = SentMark()
    ) async throws -> Response {
        try await withToken(at: link, within: timeout) { metadata in
            var metadata = metadata
            if !method.needsLeader { metadata.removeAllValues(forKey: "hasleader") }
            return try await once(method, request, metadata, at: link, within: timeout, sent)
        }
    }

    /// Runs a call with a token, and once more with a new one if it was refused.
    func withToken<Answer>(
        at link: Link, within timeout: Duration,
        isStale: (any Error) -> Bool = { ($0 as? RPCError)?.isStaleToken ?? false },
        _ body: (Metadata) async throws -> Answer
    ) async throws -> Answer {
        let token = try await token(at: link, within: timeout)
        do {
            do {
                return try await body(Self.metadata(token))
            } catch  where configuration.user != nil && isStale(error) {
                await session.refuse(token)
                return try await body(Self.metadata(try await self.token(at: link, within: timeout)))
            }
        } catch {
            throw translate(error, at: link, within: timeout)
        }
    }

    /// An error of gRPC's as ours; cancellation stays what it is.
    func translate(_ error: any Error, at link: Link, within timeout: Duration) -> any Error {
        if Task.isCancelled || error is CancellationError { return CancellationError() }
        if error is EtcdError { return error }
        if let error = error as? RuntimeError { return error.code == .clientIsStopped ? EtcdError.closed : error }
        guard let error = error as? RPCError else { return error }
        return EtcdError(error, endpoint: link.endpoint.text, user: configuration.user, timeout: timeout)
    }

    static func options(timeout: Duration?) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = timeout
        // grpc-swift bounds answers by the limit for requests too, so both are set.
        options.maxRequestMessageBytes = messageBytesMax
        options.maxResponseMessageBytes = messageBytesMax
        return options
    }
}

/// Whether a request has begun to go out.
actor SentMark {
    private(set) var isSet = false
    func set() { isSet = true }
}

extension Caller {
    private func once<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, _ metadata: Metadata, at link: Link,
        within timeout: Duration, _ sent: SentMark
    ) async throws -> Response {
        let outgoing = StreamingClientRequest<Request>(metadata: metadata) { writer in
            await sent.set()
            try await writer.write(request)
        }
        let connection = method.isStream ? link.streams : link.calls
        return try await connection.bidirectionalStreaming(
            request: outgoing, descriptor: method.descriptor, serializer: ProtobufSerializer<Request>(),
            deserializer: ProtobufDeserializer<Response>(), options: Self.options(timeout: timeout)
        ) { response in
            // To the end of the stream: leaving before would reset it.
            var answer: Response?
            for try await message in response.messages { answer = message }
            guard let answer else { throw RPCError(code: .unavailable, message: "the call ended without an answer") }
            return answer
        }
    }

    private func token(at link: Link, within timeout: Duration) async throws -> String? {
        guard let user = configuration.user else { return nil }
        if let token = await session.token { return token }
        let request = Etcdserverpb_AuthenticateRequest.with {
            $0.name = user
            $0.password = configuration.password ?? ""
        }
        do {
            let answer = try await once(.authenticate, request, [:], at: link, within: timeout, SentMark())
            await session.accept(answer.token)
            return answer.token
        } catch let error as RPCError where error.message.contains("authentication is not enabled") {
            // As etcd's own client: who needs no password does not mind one.
            return nil
        } catch {
            throw translate(error, at: link, within: timeout)
        }
    }

    private static func metadata(_ token: String?) -> Metadata {
        // Without it a member that is cut off from the others would keep calls waiting, and watches silent.
        var metadata: Metadata = ["hasleader": "true"]
        if let token { metadata.addString(token, forKey: "token") }
        return metadata
    }
}
