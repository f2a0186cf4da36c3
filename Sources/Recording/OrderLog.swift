import FoundationEssentials
import Glibc
public import Model

/// What operators asked and what became of it: a file that only grows, a line for each.
///
/// A line is on disk before the order goes out, so that what was asked is known even after a crash in the middle.
/// Fields are separated by tabs: moment, context, who, the order's ID, its state, and what it says.
public actor OrderLog {
    /// One line of it.
    public struct Line: Hashable, Sendable {
        /// When it was written, as `yyyy-mm-ddThh:mm:ssZ`.
        public var at: String
        /// The context's name.
        public var context: String
        /// Who asked: the user and the process.
        public var who: String
        /// The same for all lines of one order.
        public var order: String
        /// `asked`, `done`, `refused`, `failed` or `unreachable`.
        public var state: String
        /// What was asked, or what became of it.
        public var text: String
    }

    /// Where it is.
    public nonisolated let path: String
    private let context: String
    private let who: String
    private let run: String
    private var file: Int32 = -1
    /// The last line in the file has no end: the next one must not be written behind it.
    private var isTorn = false
    private var number = 0

    /// A log in a file; its directory is made when the first line is written.
    public init(path: String, context: String, user: String, started: Timestamp) {
        self.path = path
        self.context = SafeText.name(context)
        who = "\(SafeText.name(user))/\(getpid())"
        run = "\(String(started.milliseconds, radix: 36))-\(getpid())"
    }

    /// Notes an order before it goes out; returns its ID for ``ended(_:_:at:)``.
    /// - Throws: `RecordingError` when it cannot be written.
    public func asked(_ order: Order, at now: Timestamp) throws(RecordingError) -> String {
        number += 1
        let id = "\(run).\(number)"
        try write(id, "asked", "\(order.phrase) (\(order.target))", now)
        return id
    }

    /// Notes what became of an order.
    /// - Throws: `RecordingError` when it cannot be written.
    public func ended(_ id: String, _ outcome: Outcome, at now: Timestamp) throws(RecordingError) {
        try write(id, outcome.word, outcome.text, now)
    }

    private func write(_ id: String, _ state: String, _ text: String, _ now: Timestamp) throws(RecordingError) {
        if file < 0 {
            file = try AppendedFile.open(path)
            isTorn = AppendedFile.isTorn(path)
        }
        let fields = [now.iso8601, context, who, id, state, SafeText.clean(text, limit: 1_024)]
        let line = (isTorn ? "\n" : "") + fields.joined(separator: "\t") + "\n"
        isTorn = true
        try AppendedFile.append(Array(line.utf8), to: file, path: path)
        isTorn = false
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// The lines of a log, oldest first; a line that a crash left torn is left out.
    /// - Throws: `RecordingError` when there is no such file, or it cannot be read.
    public static func read(_ path: String) throws(RecordingError) -> [Line] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .file("read", path, "there is none, or it may not be read")
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", maxSplits: 5, omittingEmptySubsequences: false)
                .map { SafeText.clean(String($0), limit: 2_048) }
            guard fields.count == 6 else { return nil }
            return Line(
                at: fields[0], context: fields[1], who: fields[2], order: fields[3], state: fields[4], text: fields[5])
        }
    }
}

extension Outcome {
    /// How it ended, in a word.
    var word: String {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .failed: "failed"
        case .unreachable: "unreachable"
        }
    }
}

extension Order {
    /// What exactly it is about, by IDs.
    var target: String {
        switch self {
        case .submit(let cluster, let name, let file, _): "cluster \(cluster), unit \(name), file \(file.hash)"
        case .roll(let cluster, let name, let file, let machines):
            "cluster \(cluster), unit \(name), file \(file.hash), machines "
                + machines.map(\.text).joined(separator: " ")
        case .want(let cluster, let name, _), .destroy(let cluster, let name), .endRoll(let cluster, let name, _):
            "cluster \(cluster), unit \(name)"
        case .restart(let cluster, let name, let machine):
            "cluster \(cluster), unit \(name)" + (machine.map { ", machine \($0)" } ?? "")
        case .move(let cluster, let name, let machine):
            "cluster \(cluster), unit \(name)" + (machine.map { ", to machine \($0)" } ?? "")
        case .drain(let cluster, let machine), .undrain(let cluster, let machine):
            "cluster \(cluster), machine \(machine)"
        case .scale(let cluster, _, _): "cluster \(cluster)"
        case .createVM(let cloud, let spec): "cloud \(cloud), cluster \(spec.cluster)"
        case .act(let cloud, let vm, _): "cloud \(cloud), VM \(vm)"
        }
    }
}
