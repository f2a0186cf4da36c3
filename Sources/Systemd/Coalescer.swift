/// Makes one of many equal wishes: at most one is carried out at a time, and one waits for all that came meanwhile.
///
/// Belongs to one actor; whoever wishes gets the result of work that began after the wish.
final class Coalescer {
    private var begun = 0
    private var ended = 0
    private var isBusy = false
    private var failure: (any Error)?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Has the work done once from now on.
    /// - Throws: what the work threw.
    func perform(_ work: () async throws -> Void) async throws {
        let wished = begun
        while isBusy {
            await withCheckedContinuation { waiting.append($0) }
            if ended > wished {
                if let failure { throw failure }
                return
            }
        }
        isBusy = true
        begun += 1
        var mineFailed: (any Error)?
        do { try await work() } catch { mineFailed = error }
        failure = mineFailed
        isBusy = false
        ended = begun
        let all = waiting
        waiting = []
        for one in all { one.resume() }
        if let mineFailed { throw mineFailed }
    }
}
