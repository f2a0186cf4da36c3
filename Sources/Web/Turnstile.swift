/// Lets a few through at a time, so that a producer waits for a slow reader instead of filling memory.
actor Turnstile {
    private var permits: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(permits: Int) {
        self.permits = permits
    }

    func enter() async {
        if permits > 0 {
            permits -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { permits += 1 } else { waiting.removeFirst().resume() }
    }

    /// Lets everybody through for good: the reader is gone.
    func open() {
        permits = .max / 2
        for one in waiting { one.resume() }
        waiting = []
    }
}
