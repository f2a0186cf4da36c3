import CSystemd
import Glibc
import Model

/// What systemd tells by itself.
enum BusSignal: Sendable {
    case properties(UnitName, interface: String, [String: BusValue])
    case unitRemoved(String)
    case jobRemoved(id: Int64, unit: String, result: String)
    case reloading(Bool)
    /// systemd took its name on the bus, as it does after it was executed anew.
    case managerAppeared
}

/// The names behind the object paths of the units that are watched.
final class UnitPaths {
    var names: [String: UnitName] = [:]
}

/// One connection to the bus. Belongs to one thread, which also made it.
final class Bus: Polled {
    private final class Call {
        let finish: (Result<BusReader, BusFailure>) -> Void
        unowned let bus: Bus

        init(_ bus: Bus, _ finish: @escaping (Result<BusReader, BusFailure>) -> Void) {
            self.bus = bus
            self.finish = finish
        }
    }

    private let bus: OpaquePointer
    private let paths: UnitPaths
    private let tell: (BusSignal) -> Void
    private let ended: (BusFailure) -> Void
    private var calls: [ObjectIdentifier: Call] = [:]
    /// Calls that wait until others are answered, in the order they came; each has a caller that waits too.
    private var queued: [(request: BusRequest, call: Call)] = []
    private var queuedFrom = 0
    private(set) var isOpen = true

    /// Half of what the bus lets one connection wait for.
    /// - Source: dbus-daemon(1), `max_replies_per_connection`: 128 on the system's bus.
    private static let callsMax = 64

    private static let matches = [
        "type='signal',sender='\(BusRequest.destination)',interface='\(BusRequest.properties)',"
            + "member='PropertiesChanged',path_namespace='\(BusRequest.managerPath)/unit'",
        "type='signal',sender='\(BusRequest.destination)',interface='\(BusRequest.manager)',"
            + "path='\(BusRequest.managerPath)'",
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
            + "arg0='\(BusRequest.destination)'",
    ]

    /// Connects; nothing is waited for.
    ///
    /// - Parameters:
    ///   - address: nil for the system's bus
    ///   - tell: called for every signal that matters, by the thread
    ///   - ended: called once when the connection is lost; its calls have failed by then
    /// - Throws: `BusFailure` when nobody listens there.
    init(
        address: String?, paths: UnitPaths, tell: @escaping (BusSignal) -> Void, ended: @escaping (BusFailure) -> Void
    ) throws {
        var made: OpaquePointer?
        let result = sd_bus_new(&made)
        guard result >= 0, let made else { throw BusFailure(number: result) }
        bus = made
        self.paths = paths
        self.tell = tell
        self.ended = ended
        let steps: [() -> Int32] = [
            { sd_bus_set_address(made, address ?? "unix:path=/run/dbus/system_bus_socket") },
            { sd_bus_set_bus_client(made, 1) },
            { sd_bus_set_description(made, "quarterdeck") },
            { sd_bus_start(made) },
        ]
        for step in steps {
            let result = step()
            if result < 0 { throw BusFailure(number: result) }
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        for match in Self.matches {
            let result = sd_bus_add_match_async(made, nil, match, busSignal, busMatched, context)
            if result < 0 { throw BusFailure(number: result) }
        }
    }

    deinit {
        sd_bus_close(bus)
        sd_bus_unref(bus)
    }

    // MARK: Waiting

    var descriptor: Int32 { sd_bus_get_fd(bus) }
    var events: Int16 { Int16(truncatingIfNeeded: max(0, sd_bus_get_events(bus))) }
    var deadline: UInt64? {
        var moment: UInt64 = .max
        return sd_bus_get_timeout(bus, &moment) >= 0 && moment != .max ? moment : nil
    }

    /// Handles what came, a part of it when it is much: jobs are to have their turn.
    func turn() {
        guard isOpen else { return }
        for _ in 0..<64 {
            let result = sd_bus_process(bus, nil)
            if result < 0 { return close(BusFailure(number: result)) }
            if result == 0 { return }
        }
    }

    /// Ends the connection; calls under way fail.
    func close(_ why: BusFailure) {
        guard isOpen else { return }
        isOpen = false
        sd_bus_close(bus)
        let left = Array(calls.values) + queued[queuedFrom...].map(\.call)
        calls = [:]
        queued = []
        queuedFrom = 0
        for call in left { call.finish(.failure(why)) }
        ended(why)
    }

    // MARK: Calling

    /// Calls a method; others may be called meanwhile.
    /// - Throws: `BusFailure`.
    func call<Answer: Sendable>(
        _ request: BusRequest, _ read: @escaping (BusReader) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Answer, any Error>) in
            begin(request) { answer in
                do {
                    continuation.resume(returning: try read(answer.get()))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private func begin(_ request: BusRequest, _ finish: @escaping (Result<BusReader, BusFailure>) -> Void) {
        guard isOpen else { return finish(.failure(BusFailure(number: ENOTCONN))) }
        queued.append((request, Call(self, finish)))
        sendQueued()
    }

    private func sendQueued() {
        while isOpen, calls.count < Self.callsMax, queuedFrom < queued.count {
            let (request, call) = queued[queuedFrom]
            queuedFrom += 1
            if queuedFrom == queued.count {
                queued.removeAll(keepingCapacity: true)
                queuedFrom = 0
            }
            let result = send(request, call)
            if result < 0 {
                call.finish(.failure(BusFailure(number: result)))
            } else {
                calls[ObjectIdentifier(call)] = call
            }
        }
    }

    private func send(_ request: BusRequest, _ call: Call) -> Int32 {
        var message: OpaquePointer?
        var result = sd_bus_message_new_method_call(
            bus, &message, BusRequest.destination, request.path, request.interface, request.member)
        defer { sd_bus_message_unref(message) }
        for argument in request.arguments where result >= 0 { result = Self.append(argument, message) }
        guard result >= 0 else { return result }
        return sd_bus_call_async(
            bus, nil, message, busAnswer, Unmanaged.passUnretained(call).toOpaque(),
            UInt64(request.deadline.milliseconds) * 1_000)
    }

    private static func append(_ argument: BusRequest.Argument, _ message: OpaquePointer?) -> Int32 {
        switch argument {
        case .text(let text): return sd_bus_message_append_basic(message, BusReader.code("s"), text)
        case .flag(let flag):
            var word: Int32 = flag ? 1 : 0
            return sd_bus_message_append_basic(message, BusReader.code("b"), &word)
        case .texts(let texts):
            var result = sd_bus_message_open_container(message, BusReader.code("a"), "s")
            for text in texts where result >= 0 {
                result = sd_bus_message_append_basic(message, BusReader.code("s"), text)
            }
            return result < 0 ? result : sd_bus_message_close_container(message)
        }
    }

    // MARK: What libsystemd calls

    fileprivate static func answer(_ message: OpaquePointer, _ context: UnsafeMutableRawPointer) {
        let call = Unmanaged<Call>.fromOpaque(context).takeUnretainedValue()
        let bus = call.bus
        bus.calls[ObjectIdentifier(call)] = nil
        let reader = BusReader(message)
        call.finish(reader.failure.map(Result.failure) ?? .success(reader))
        bus.sendQueued()
    }

    fileprivate func signal(_ message: OpaquePointer) {
        let reader = BusReader(message)
        // What cannot be read is none of systemd's signals.
        guard let signal = try? read(reader) else { return }
        tell(signal)
    }

    private func read(_ reader: BusReader) throws -> BusSignal? {
        switch reader.member {
        case "PropertiesChanged":
            guard let name = paths.names[reader.path] else { return nil }
            let interface = try reader.text()
            return .properties(name, interface: interface, try reader.properties(UnitFacts.wanted))
        case "UnitRemoved": return .unitRemoved(try reader.text())
        case "JobRemoved":
            let id = try reader.number()
            _ = try reader.text()
            return .jobRemoved(id: id, unit: try reader.text(), result: try reader.text())
        case "Reloading": return .reloading(try reader.number() != 0)
        case "NameOwnerChanged":
            _ = try reader.text()
            _ = try reader.text()
            return try reader.text().isEmpty ? nil : .managerAppeared
        default: return nil
        }
    }

    fileprivate func matched(_ message: OpaquePointer) {
        if let failure = BusReader(message).failure { close(failure) }
    }
}

private func busAnswer(
    _ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    if let message, let context { Bus.answer(message, context) }
    return 0
}

private func busSignal(
    _ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    if let message, let context { Unmanaged<Bus>.fromOpaque(context).takeUnretainedValue().signal(message) }
    return 0
}

private func busMatched(
    _ message: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    if let message, let context { Unmanaged<Bus>.fromOpaque(context).takeUnretainedValue().matched(message) }
    return 0
}
