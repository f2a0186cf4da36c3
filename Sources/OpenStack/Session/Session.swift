import FoundationEssentials
import Model
import Runtime
import Web

/// A login to one cloud, and everything that is asked by it.
///
/// **Invariant:** a token goes only to addresses of the catalog or the settings: links in answers count only for their
/// query, and no redirect is followed.
struct Session: Sendable {
    static let agent = WebCall.Header("User-Agent", "quarterdeck")
    /// How long an answer may be: 20,000 VMs or so.
    static let sizeLimit = 64 << 20
    /// How long a busy service is waited for before whoever asks is told; the polls go on by themselves.
    static let patience = Duration.seconds(10)

    let settings: OpenStackSettings
    let clock: SystemClock
    private let web: WebClient
    private let keyring: Keyring

    /// - Throws: `OpenStackError.settings` when a file for TLS is of no use.
    init(_ settings: OpenStackSettings, clock: SystemClock) throws {
        var tls = WebTLS(ca: settings.cacert, cert: settings.cert, key: settings.key ?? settings.cert)
        tls.verifies = settings.verifies
        do {
            web = try WebClient(tls: tls, token: nil, deadline: ServiceCall.listLimit, sizeLimit: Self.sizeLimit)
        } catch {
            throw OpenStackError.settings(
                "cloud '\(settings.name)' (\(settings.origin)): \(error); correct 'cacert', 'cert' or 'key'")
        }
        self.settings = settings
        self.clock = clock
        let web = web
        keyring = Keyring(clock: clock) { try await Login(settings: settings, web: web, clock: clock).token() }
    }

    /// The token there is, or a new one.
    func token() async throws -> Token { try await keyring.token() }

    func tryAgain() async { await keyring.tryAgain() }

    /// Sends a request and returns a 2xx answer.
    ///
    /// After a 401 it logs in once and asks once more; what changes nothing is asked again, within the deadline, when
    /// a service is too busy.
    /// - Throws: `OpenStackError`; `CancellationError`.
    func answer(_ call: ServiceCall) async throws -> WebAnswer {
        let end = clock.now() + call.deadline
        var paused = Duration.zero
        var token = try await keyring.token()
        var hasLoggedIn = false
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(8))
        while true {
            let base = try token.catalog.address(of: call.service, settings)
            let answer = try await exchange(
                call.call(at: base, token: token.secret, left: end.since(clock.now())), token)
            if answer.isSuccess || (answer.status == 300 && call.isRepeatable) { return answer }
            let refusal = try self.refusal(answer, call.service, token)
            if answer.status == 401, !hasLoggedIn {
                hasLoggedIn = true
                token = try await keyring.token(insteadOf: token.secret)
                continue
            }
            guard call.isRepeatable, [429, 502, 503, 504].contains(answer.status) || refusal.retryAfter != nil else {
                throw OpenStackError.refused(refusal)
            }
            let pause = (refusal.retryAfter ?? .zero) + backoff.next()
            paused += pause
            guard paused < Self.patience, clock.now() + pause < end else { throw OpenStackError.refused(refusal) }
            try await Task.sleep(for: pause)
        }
    }

    private func exchange(_ call: WebCall, _ token: Token) async throws -> WebAnswer {
        do {
            return try await web.exchange(call)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Self.unreachable(error, settings, token)
        }
    }

    private func refusal(_ answer: WebAnswer, _ service: Service, _ token: Token) throws -> OpenStackError.Refusal {
        if (300..<400).contains(answer.status) {
            let target = SafeText.clean(answer.headers["location"] ?? "", limit: 200)
            throw OpenStackError.malformed(
                "the \(service.rawValue) service of cloud '\(settings.name)' sends us on to '\(target)'; a token is "
                    + "not carried there: correct the catalog, or set '\(service.rawValue)_endpoint_override'")
        }
        let refusal = OpenStackError.Refusal(answer, service: service.rawValue, now: clock.now())
        return OpenStackError.Refusal(
            service: refusal.service, status: refusal.status,
            message: token.secret.redacted(from: settings.credentials.secret.redacted(from: refusal.message)),
            requestID: refusal.requestID, retryAfter: refusal.retryAfter)
    }

    /// What went wrong on the way, with the remedy for certificates.
    static func unreachable(_ error: any Error, _ settings: OpenStackSettings, _ token: Token? = nil) -> OpenStackError
    {
        var words = settings.credentials.secret.redacted(from: SafeText.clean("\(error)", limit: 400))
        if let token { words = token.secret.redacted(from: words) }
        if words.contains("CERTIFICATE_VERIFY_FAILED") || words.contains("unableToValidateCertificate") {
            return .unreachable(
                "cloud '\(settings.name)' shows a certificate that this computer does not trust; name its authority's "
                    + "file as 'cacert' in \(settings.origin)")
        }
        return .unreachable("cloud '\(settings.name)': \(words)")
    }

    /// Reads a JSON answer.
    /// - Throws: `OpenStackError.malformed`.
    func decode<Message: Decodable>(_ type: Message.Type, _ answer: WebAnswer, _ call: ServiceCall) throws -> Message {
        do {
            return try JSONDecoder().decode(type, from: Data(answer.body))
        } catch {
            throw OpenStackError.malformed(
                "the \(call.service.rawValue) service of cloud '\(settings.name)' answers '\(call.path)' with "
                    + "something that is not in its documentation; is its address right?")
        }
    }

    /// Asks and reads the answer.
    func get<Message: Decodable>(_ type: Message.Type, _ call: ServiceCall) async throws -> Message {
        try decode(type, await answer(call), call)
    }
}
