internal import CCurses
internal import Glibc
internal import Synchronization

/// The one thread that may call curses; it runs the jobs of the actor `Terminal` between two looks at the keys.
final class TerminalExecutor: SerialExecutor {
    /// Told of everything that should end the thread's sleep.
    let wakeup = cx_eventfd()
    // SAFETY: held only to append or to take the queue whole; no job runs and nothing else is locked meanwhile.
    private let jobs = Mutex<[UnownedJob]>([])
    private let isWoken = Atomic<Bool>(false)
    private let thread = Atomic<UInt>(0)

    init() {
        var handle = pthread_t()
        let unmanaged = Unmanaged.passRetained(self)
        let failure = pthread_create(&handle, nil, terminalThread, unmanaged.toOpaque())
        precondition(failure == 0, "cannot start the terminal's thread: error \(failure)")
        pthread_detach(handle)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        jobs.withLock { $0.append(unowned) }
        ring()
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func isIsolatingCurrentContext() -> Bool? {
        UInt(pthread_self()) == thread.load(ordering: .relaxed)
    }

    func checkIsolated() {
        precondition(UInt(pthread_self()) == thread.load(ordering: .relaxed), "not on the terminal's thread")
    }

    /// Asks for a frame; costs nothing when one is asked for already. May be called from any thread.
    func wake() {
        if !isWoken.exchange(true, ordering: .acquiringAndReleasing) { ring() }
    }

    /// Whether a frame was asked for since the last call.
    func takeWake() -> Bool {
        isWoken.exchange(false, ordering: .acquiringAndReleasing)
    }

    fileprivate func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            let session = Terminal.assumeIsolated { Terminal.session?.wait ?? .forJobs }
            sleep(session)
            runJobs()
            Terminal.assumeIsolated { Terminal.session?.turn() }
        }
    }

    private func sleep(_ wait: Session.Wait) {
        var files = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        if let input = wait.input { files.append(pollfd(fd: input, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&files, nfds_t(files.count), wait.milliseconds)
        var count: UInt64 = 0
        _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
    }

    private func runJobs() {
        let due = jobs.withLock { queue in
            defer { queue.removeAll(keepingCapacity: true) }
            return queue
        }
        for job in due { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }
}

private func terminalThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<TerminalExecutor>.fromOpaque(argument).takeUnretainedValue().run()
    return nil
}
