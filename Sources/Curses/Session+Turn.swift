internal import CCurses
internal import Glibc
internal import Screen

extension Session {
    /// What the thread may sleep for now.
    var wait: Wait {
        if isSuspended || isOver { return .forJobs }
        guard isDirty else { return Wait(input: input, milliseconds: -1) }
        let delay = pace.delay(now: Clock.milliseconds, cause)
        return Wait(input: input, milliseconds: Int32(clamping: delay))
    }

    /// One turn of the loop: signals, all waiting keys, then at most one frame.
    func turn() {
        if Terminal.executor.takeWake() { isDirty = true }
        var keys = takeNews()
        guard !isSuspended, !isOver else { return }
        if isGone() { return end(.failure(.lost)) }
        keys += readKeys()
        if !keys.isEmpty {
            isDirty = true
            isUrgent = true
            client.handle(keys)
        }
        guard isDirty, !isSuspended, !isOver else { return }
        let now = Clock.milliseconds
        if pace.delay(now: now, cause) == 0 { paint(now) }
    }

    /// What the next frame is for.
    private var cause: Pace.Cause { isUrgent ? .key : unfinished != nil ? .rest : .news }

    /// Draws the newest picture, or of it what the line can take; the rest goes with the next frame, as it is then.
    private func paint(_ now: Int) {
        let cause = cause
        isDirty = false
        isUrgent = false
        let newest = client.frame(size) ?? unfinished
        unfinished = nil
        let budget = pace.budget(now: now, cause)
        guard let newest, let (bytes, isComplete) = painter.paint(newest, budget: budget, isAnswer: cause == .key)
        else { return }
        if !isComplete {
            unfinished = newest
            isDirty = true
        }
        let question: [UInt8] = pace.framed(now: now, bytes: bytes.count, cause) ? Array("\u{1B}[5n".utf8) : []
        write(bytes + question)
        statistics.frames += 1
    }

    private func readKeys() -> [Key] {
        var read: [Key] = []
        for input in keys.drain() {
            switch input {
            case .key(let key): read.append(key)
            case .focus(let isGained): read.append(isGained ? .focusGained : .focusLost)
            case .status:
                _ = pace.answer(now: Clock.milliseconds)
                statistics.roundTripMilliseconds = pace.roundTrip
                statistics.bytesPerSecond = pace.bytesPerSecond
            case .synchronizes(let does): painter.synchronizes = does
            }
        }
        return read
    }

    /// What signals told since the last turn; a change of size is a key to the client.
    private func takeNews() -> [Key] {
        let news = cx_take_news()
        guard news != 0 else { return [] }
        let endings: [(Int, Int32)] = [
            (CX_NEWS_TERM, SIGTERM), (CX_NEWS_HANGUP, SIGHUP), (CX_NEWS_INTERRUPT, SIGINT), (CX_NEWS_QUIT, SIGQUIT),
        ]
        for (bit, signal) in endings where Int(news) & bit != 0 { end(.success(.signal(signal))) }
        guard !isSuspended, !isOver else { return [] }
        if Int(news) & CX_NEWS_STOP != 0 {
            stop()
        } else if Int(news) & CX_NEWS_CONTINUED != 0 {
            enter()
        }
        guard Int(news) & CX_NEWS_RESIZED != 0 else { return [] }
        measure()
        return [.resize(size)]
    }

    private func isGone() -> Bool {
        var file = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        _ = poll(&file, 1, 0)
        return Int32(file.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
    }
}
