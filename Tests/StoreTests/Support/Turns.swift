/// Lets few tests at a time have what costs much, so that none of them is starved.
actor Turns {
    /// Real etcd, alone or in threes: more at once wait for the disk and for each other.
    static let etcd = Turns(2)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func give() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }

    /// Runs the body when its turn has come.
    nonisolated func run<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        await take()
        do {
            let answer = try await body()
            await give()
            return answer
        } catch {
            await give()
            throw error
        }
    }
}
