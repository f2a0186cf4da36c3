import FoundationEssentials
import Model
import Runtime
import Web

/// One login to Keystone.
struct Login: Sendable {
    let settings: OpenStackSettings
    let web: WebClient
    let clock: SystemClock
    private static let limit = Duration.seconds(20)

    /// - Throws: `OpenStackError.loginRefused` when trying again cannot help.
    func token() async throws -> Token {
        let url = "\(settings.authURL)/v3/auth/tokens"
        let answer = try await exchange(url)
        let now = clock.now()
        switch answer.status {
        case 200..<300: return try token(answer, now)
        case 300..<400:
            let target = SafeText.clean(answer.headers["location"] ?? "another place", limit: 200)
            throw OpenStackError.loginRefused(
                "'\(url)' sends us on to '\(target)'; a password is not carried there: correct 'auth_url' in "
                    + settings.origin)
        case 401:
            throw OpenStackError.loginRefused(
                "cloud '\(settings.name)' does not let \(settings.credentials.who)\(settings.scope.words) in; "
                    + "Keystone does not say whether the name, the secret or the project is wrong: check them "
                    + "in \(settings.origin)"
            )
        case 400, 403, 404, 405, 410:
            let refusal = OpenStackError.Refusal(answer, service: "identity", now: now)
            throw OpenStackError.loginRefused(
                "'\(url)' refuses the login of \(settings.credentials.who)\(settings.scope.words): "
                    + "\(redacted(refusal.sentence)); check 'auth_url' and 'auth' in \(settings.origin)")
        default:
            let refusal = OpenStackError.Refusal(answer, service: "identity", now: now)
            throw OpenStackError.refused(
                OpenStackError.Refusal(
                    service: "identity", status: refusal.status, message: redacted(refusal.message),
                    requestID: refusal.requestID, retryAfter: refusal.retryAfter))
        }
    }

    private func exchange(_ url: String) async throws -> WebAnswer {
        do {
            let body = try JSONEncoder().encode(LoginMessage(settings))
            let headers: [WebCall.Header] = [.init("Accept", "application/json"), Session.agent]
            return try await web.exchange(
                WebCall("POST", url, headers: headers, body: Array(body), deadline: Self.limit))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Session.unreachable(error, settings)
        }
    }

    private func token(_ answer: WebAnswer, _ now: Timestamp) throws -> Token {
        guard let text = answer.headers["x-subject-token"],
            let message = try? JSONDecoder().decode(TokenMessage.self, from: Data(answer.body))
        else {
            throw OpenStackError.malformed(
                "'\(settings.authURL)' answers a login with something that is no token; is 'auth_url' in "
                    + "\(settings.origin) Keystone's address?")
        }
        return Token(secret: Secret(text), message: message.token, now: now)
    }

    private func redacted(_ words: String) -> String { settings.credentials.secret.redacted(from: words) }
}
