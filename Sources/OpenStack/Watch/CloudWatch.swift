import Model
import Runtime

/// Looks at one cloud again and again, each piece by itself, and says when there is something new.
struct CloudWatch: Sendable {
    /// What a poll has to say.
    enum Signal: Sendable {
        case changed
        case quiet
        case silent(String)
        case events([FarmEvent])
        case failed(OpenStackError)
    }

    /// How much earlier than the last answer a look at changes begins: a change is written before it is seen.
    static let overlap = Duration.seconds(5)
    /// After how many VMs that changed at once their actions are no longer asked for.
    static let actionsMax = 10

    let session: Session
    let memory: CloudMemory
    let intervals: OpenStackIntervals
    let allProjects: Bool
    let signals: AsyncStream<Signal>.Continuation

    /// Looks until cancelled, or until something fails that cannot mend.
    func run() async {
        guard let api = await begin() else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watchVMs(api) }
            group.addTask { await watchServers(api) }
            group.addTask { await watchRest(api) }
        }
    }

    /// Logs in and asks for the versions, until that works; nil when it cannot.
    private func begin() async -> ComputeAPI? {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(15))
        while !Task.isCancelled {
            do {
                return try await ComputeAPI(session)
            } catch {
                guard await tell(error, isVital: true) else { return nil }
                let pause = max(backoff.next(), Self.wish(error))
                guard (try? await Task.sleep(for: pause)) != nil else { return nil }
            }
        }
        return nil
    }

    /// Tells of a failure; false when it is no use to go on.
    func tell(_ error: any Error, isVital: Bool) async -> Bool {
        guard let error = error as? OpenStackError else { return false }
        if case .loginRefused = error {
            signals.yield(.failed(error))
            return false
        }
        if isVital { signals.yield(error.isPermanent ? .failed(error) : .silent(error.description)) }
        return !(isVital && error.isPermanent)
    }

    /// How long a service wants to be left alone, at most a minute.
    static func wish(_ error: any Error) -> Duration {
        guard case OpenStackError.refused(let refusal) = error else { return .zero }
        return min(refusal.retryAfter ?? .zero, .seconds(60))
    }

    /// Takes one piece of the picture, or why it is not there.
    /// - Throws: `CancellationError`; `OpenStackError.loginRefused`.
    func take<Value: Sendable>(
        _ piece: CloudPicture.Piece, _ place: any WritableKeyPath<CloudPicture, Value> & Sendable,
        _ ask: () async throws -> Value
    ) async throws {
        do {
            let value = try await ask()
            await memory.change { picture in
                picture[keyPath: place] = value
                picture.missing[piece] = nil
            }
        } catch let error as OpenStackError {
            if case .loginRefused = error { throw error }
            let why = Self.sentence(piece, error)
            await memory.change { $0.missing[piece] = why }
        }
    }

    /// Why a piece is not there, in words.
    static func sentence(_ piece: CloudPicture.Piece, _ error: OpenStackError) -> String {
        switch error.status {
        case 403: "\(piece.words): not for this user; that needs another role (\(error))"
        case 401: "\(piece.words): the service does not take our token (\(error))"
        default: "\(piece.words): \(error)"
        }
    }
}
