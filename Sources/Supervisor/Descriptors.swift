import Glibc
import Synchronization

/// One thread that waits for descriptors: ended processes, grown logs, notifications. It sleeps until there is one.
final class Descriptors: Sendable {
    private struct State {
        var waiting: [Int32: CheckedContinuation<Bool, Never>] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeRead: Int32
    private let wakeWrite: Int32

    init() {
        var pipes: [Int32] = [-1, -1]
        let result = pipe(&pipes)
        precondition(result == 0, "no pipe can be made: errno \(errno)")
        for end in pipes {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeRead = pipes[0]
        wakeWrite = pipes[1]
        Self.startThread(self)
    }

    /// Waits until the descriptor can be read; false when the wait was given up.
    func readable(_ descriptor: Int32) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isClosed = state.withLock { state -> Bool in
                    if !state.isClosed { state.waiting[descriptor] = continuation }
                    return state.isClosed
                }
                if isClosed || Task.isCancelled { giveUp(descriptor, continuation, isClosed) } else { wake() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: descriptor) }?.resume(returning: false)
            wake()
        }
    }

    private func giveUp(_ descriptor: Int32, _ continuation: CheckedContinuation<Bool, Never>, _ isClosed: Bool) {
        if isClosed {
            continuation.resume(returning: false)
        } else {
            state.withLock { $0.waiting.removeValue(forKey: descriptor) }?.resume(returning: false)
        }
    }

    /// Ends the thread; every wait is given up.
    func close() {
        let left = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.isClosed = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for one in left { one.resume(returning: false) }
        wake()
    }

    private func wake() {
        var byte: UInt8 = 1
        _ = write(wakeWrite, &byte, 1)
    }

    // The thread is made in a nonisolated function, so that its body belongs to no actor.
    private static func startThread(_ owner: Descriptors) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(owner).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Descriptors>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, context)
        precondition(result == 0, "no thread can be started: errno \(result)")
        pthread_detach(thread)
    }

    private func loop() {
        var buffer = [UInt8](repeating: 0, count: 256)
        while !state.withLock({ $0.isClosed }) {
            var polled = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
            polled += state.withLock { $0.waiting.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled[0].revents != 0 { while read(wakeRead, &buffer, buffer.count) > 0 {} }
            for one in polled.dropFirst() where one.revents != 0 {
                state.withLock { $0.waiting.removeValue(forKey: one.fd) }?.resume(returning: true)
            }
        }
        Glibc.close(wakeRead)
        Glibc.close(wakeWrite)
    }
}
