import Model
import Runtime

/// The one token of a session: however many ask, there is one login at a time.
actor Keyring {
    private enum Answer: Sendable {
        case token(Token)
        case failed(OpenStackError)
        /// Who was logging in was cancelled: somebody else has to.
        case again
    }

    private let clock: SystemClock
    private let login: @Sendable () async throws -> Token
    private var token: Token?
    private var isLoggingIn = false
    private var waiting: [CheckedContinuation<Answer, Never>] = []
    /// Why Keystone does not want us; asking again only locks the account.
    private var refusal: OpenStackError?

    init(clock: SystemClock, login: @escaping @Sendable () async throws -> Token) {
        self.clock = clock
        self.login = login
    }

    /// A token that will do; a new one when a service refused the one named.
    /// - Throws: `OpenStackError`.
    func token(insteadOf refused: Secret? = nil) async throws -> Token {
        while true {
            if let token, token.isFresh(at: clock.now()), token.secret != refused { return token }
            if let refusal { throw refusal }
            guard isLoggingIn else { return try await logIn() }
            switch await withCheckedContinuation({ waiting.append($0) }) {
            case .token(let token): return token
            case .failed(let error): throw error
            case .again: try Task.checkCancellation()
            }
        }
    }

    /// Forgets that Keystone refused us: somebody may have mended that.
    func tryAgain() {
        refusal = nil
    }

    private func logIn() async throws -> Token {
        isLoggingIn = true
        do {
            let new = try await login()
            token = new
            finish(.token(new))
            return new
        } catch let error as OpenStackError {
            if error.isPermanent { refusal = error }
            finish(.failed(error))
            throw error
        } catch {
            finish(.again)
            throw error
        }
    }

    private func finish(_ answer: Answer) {
        isLoggingIn = false
        for one in waiting { one.resume(returning: answer) }
        waiting = []
    }
}
