import CProcess
import Glibc

/// A program to be started as a child of this process.
public struct Spawn: Sendable {
    /// The program's file.
    public var path: String
    /// Its words, the first of them the name it is shown by.
    public var words: [String]
    /// Its environment, as `name=value`.
    public var environment: [String]
    /// Where it begins; nil for where this process is.
    public var directory: String?
    /// What it reads; of this process's descriptors it has these three as 0, 1 and 2, and no other.
    public var input: Int32 = 0
    /// What it writes goes there.
    public var output: Int32 = 1
    /// What it writes as errors goes there.
    public var error: Int32 = 2
    /// It leads a session and a process group of its own.
    public var leadsSession = false

    /// A program with its words.
    public init(path: String, words: [String], environment: [String], directory: String? = nil) {
        self.path = path
        self.words = words
        self.environment = environment
        self.directory = directory
    }

    /// Why a program was not started.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The directory could not be entered; else the program could not be run.
        public let isOfDirectory: Bool
        /// What the system says.
        public let errno: Int32

        /// The system's words.
        public var description: String { String(cString: strerror(errno)) }
    }

    /// Starts it.
    /// - Returns: its process ID.
    /// - Throws: `Failure`.
    public func start() throws(Failure) -> Int32 {
        let argv = words.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var stage: Int32 = 0
        let pid = path.withCString { path in
            directory.withOptionalCString { directory in
                argv.withUnsafeBufferPointer { argv in
                    envp.withUnsafeBufferPointer { envp -> pid_t in
                        guard let words = argv.baseAddress, let names = envp.baseAddress else { return -EINVAL }
                        var options = cp_spawn_options(
                            path: path, argv: words, envp: names, directory: directory, input: input, output: output,
                            error: error, own_session: leadsSession ? 1 : 0, dies_with_parent: 0)
                        return cp_spawn(&options, &stage)
                    }
                }
            }
        }
        guard pid > 0 else { throw Failure(isOfDirectory: stage == 2, errno: -pid) }
        return pid
    }
}

/// How a child ended.
public enum ChildEnding: Hashable, Sendable {
    /// By itself, with a status.
    case exited(Int32)
    /// By a signal.
    case signalled(Int32)
    /// It was not our child: only that it ended is known.
    case unknown

    /// Collects a child that ended; nil while it runs.
    public init?(of pid: Int32) {
        var (exited, code, signal): (Int32, Int32, Int32) = (0, 0, 0)
        switch cp_reap(pid, &exited, &code, &signal) {
        case 0: return nil
        case 1: self = exited == 1 ? .exited(code) : .signalled(signal)
        default: self = .unknown
        }
    }

    /// As shells say it: 128 and the number for a signal.
    public var status: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let number): 128 + number
        case .unknown: 255
        }
    }
}

extension String? {
    fileprivate func withOptionalCString<Value>(_ work: (UnsafePointer<CChar>?) -> Value) -> Value {
        guard let self else { return work(nil) }
        return self.withCString { work($0) }
    }
}
