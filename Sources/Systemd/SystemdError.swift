public import Model

/// Why systemd could not be made to do something, in sentences ready to be shown.
public enum SystemdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, with what, where.
    public struct Doing: Hashable, Sendable, CustomStringConvertible {
        /// `load`, `start`, …
        public let verb: String
        /// The unit.
        public let unit: UnitName
        /// The machine.
        public let machine: ID<Machine>

        /// `cannot start 'web.service' on machine '0a1b2c3d'`.
        public var description: String { "cannot \(verb) '\(unit)' on machine '\(machine.short)'" }
    }

    /// No such unit was loaded by us.
    case notLoaded(UnitName, ID<Machine>)
    /// The machine has a unit of that name from elsewhere.
    case taken(Doing, path: String)
    /// The machine's administrator forbade the unit.
    case masked(Doing)
    /// The file cannot be written down as a unit file.
    case unwritable(Doing, why: String)
    /// systemd does not take the file: its LoadState and its words.
    case badFile(Doing, load: String, words: String)
    /// systemd refused, in its words.
    case refused(Doing, words: String)
    /// The bus or systemd does not answer.
    case away(Doing, why: String)
    /// A file of ours cannot be written.
    case files(Doing, path: String, why: String)
    /// The directory for our files cannot be used.
    case directory(String, why: String)
    /// The journal cannot be read.
    case journal(Doing, why: String)
    /// As many logs are being read as are allowed at a time.
    case logs(ID<Machine>, most: Int)
    /// The system gives no thread to work with.
    case thread(why: String)

    /// What, where, what to do.
    public var description: String {
        switch self {
        case .notLoaded(let name, let machine):
            "unit '\(name)' is not on machine '\(machine.short)'; look where it is with list-units"
        case .taken(let doing, let path):
            "\(doing): the machine has a unit of that name at '\(path)'; choose another name"
        case .masked(let doing):
            "\(doing): systemd says the unit is masked; run 'systemctl unmask \(doing.unit)' there"
        case .unwritable(let doing, let why): "\(doing): \(why); correct the unit's file"
        case .badFile(let doing, let load, let words):
            "\(doing): systemd says \(load): \(words); correct the unit's file"
        case .refused(let doing, let words): "\(doing): systemd says '\(words)'"
        case .away(let doing, let why): "\(doing): systemd cannot be reached over D-Bus: \(why); it is tried again"
        case .files(let doing, let path, let why): "\(doing): cannot write '\(path)': \(why)"
        case .directory(let path, let why): "cannot use the directory '\(path)' for unit files: \(why)"
        case .journal(let doing, let why): "\(doing): \(why)"
        case .logs(let machine, let most):
            "\(most) logs are being read on machine '\(machine.short)' already; end one of them"
        case .thread(let why): "cannot start a thread: \(why); let the agent have more tasks and open files"
        }
    }
}
