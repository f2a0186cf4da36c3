import CSystemd
import Glibc
import Synchronization

/// Something with a descriptor that a thread looks at between an actor's jobs.
protocol Polled: AnyObject {
    var descriptor: Int32 { get }
    var events: Int16 { get }
    /// When to look even though nothing came, in microseconds of the monotonic clock; nil for never.
    var deadline: UInt64? { get }
    func turn()
}

/// One thread that runs the jobs of one actor and owns what that actor polls; it sleeps until there is something.
///
/// - Source: sd-bus(3): a connection may be used by one thread only, and libsystemd checks it.
final class PollThread: SerialExecutor {
    private let wakeup: Int32
    // SAFETY: held only to append or to take the queue whole; no job runs and nothing else is locked meanwhile.
    private let jobs = Mutex<[UnownedJob]>([])
    private let thread = Atomic<UInt>(0)
    private let isEnding = Atomic<Bool>(false)
    // SAFETY: touched by the thread alone; `add` and `remove` check that.
    nonisolated(unsafe) private var polled: [any Polled] = []

    /// - Throws: `SystemdError.thread` when the system gives no more threads or descriptors.
    init() throws {
        let made = cs_eventfd()
        guard made >= 0 else { throw SystemdError.thread(why: BusFailure(number: errno).words) }
        wakeup = made
        let kept = Unmanaged.passRetained(self)
        var handle = pthread_t()
        let failure = pthread_create(&handle, nil, pollThread, kept.toOpaque())
        guard failure == 0 else {
            kept.release()
            throw SystemdError.thread(why: BusFailure(number: failure).words)
        }
        pthread_detach(handle)
    }

    deinit { close(wakeup) }

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        jobs.withLock { $0.append(unowned) }
        ring()
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    func isIsolatingCurrentContext() -> Bool? {
        UInt(pthread_self()) == thread.load(ordering: .relaxed)
    }

    func checkIsolated() {
        precondition(UInt(pthread_self()) == thread.load(ordering: .relaxed), "not on the thread of systemd's bus")
    }

    /// Looks at it from now on; only from the thread's own jobs.
    func add(_ one: any Polled) {
        checkIsolated()
        polled.append(one)
    }

    /// No longer looks at it; only from the thread's own jobs.
    func remove(_ one: any Polled) {
        checkIsolated()
        polled.removeAll { $0 === one }
    }

    /// Ends the thread when its jobs are done. The actor is gone: no job comes any more.
    func end() {
        isEnding.store(true, ordering: .releasing)
        ring()
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    fileprivate func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        while !isEnding.load(ordering: .acquiring) {
            sleep()
            runJobs()
            for one in polled { one.turn() }
        }
        runJobs()
        polled = []
    }

    private func sleep() {
        var files = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        var earliest: UInt64?
        for one in polled {
            files.append(pollfd(fd: one.descriptor, events: one.events, revents: 0))
            if let deadline = one.deadline { earliest = min(earliest ?? .max, deadline) }
        }
        _ = poll(&files, nfds_t(files.count), earliest.map(Self.milliseconds(until:)) ?? -1)
        var count: UInt64 = 0
        _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
    }

    /// Rounded up, so that the moment has come when the sleep is over.
    private static func milliseconds(until moment: UInt64) -> Int32 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let micros = UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1_000
        guard moment > micros else { return 0 }
        return Int32(min((moment - micros + 999) / 1_000, 3_600_000))
    }

    private func runJobs() {
        let due = jobs.withLock { queue in
            defer { queue.removeAll(keepingCapacity: true) }
            return queue
        }
        for job in due { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}

private func pollThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<PollThread>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
