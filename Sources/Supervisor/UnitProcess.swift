import CProcess
import Glibc
import Model
import Processes

extension ChildEnding {
    var phrase: String {
        switch self {
        case .exited(let code): "exit \(code)"
        case .signalled(let number): "killed by \(Signals.name(number))"
        case .unknown: "ended while nobody watched"
        }
    }
}

/// One process that was started for a unit, leader of its own session.
struct UnitProcess: Sendable {
    let pid: pid_t
    let pidfd: Int32
    let startTicks: UInt64

    /// Starts a command.
    /// - Throws: `SupervisorError` with the system's words.
    static func spawn(
        _ command: ServiceCommand, environment: [(String, String)], directory: String?, output: Int32
    ) throws -> UnitProcess {
        let words = command.words.map { expand($0, environment) }
        let path = try resolve(command.words[0], environment)
        let shown = command.hasOwnName && words.count > 1 ? Array(words.dropFirst()) : words
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        var program = Spawn(
            path: path, words: shown.flatMap { $0 }, environment: environment.map { "\($0.0)=\($0.1)" },
            directory: directory ?? "/")
        program.input = null
        program.output = output
        program.error = output
        program.leadsSession = true
        do {
            let pid = try program.start()
            return UnitProcess(pid: pid, pidfd: cp_pidfd_open(pid), startTicks: cp_start_ticks(pid))
        } catch {
            let what =
                error.isOfDirectory ? "cannot enter the directory '\(directory ?? "/")'" : "cannot run '\(path)'"
            throw SupervisorError("\(what): \(error)")
        }
    }

    /// A process of an earlier run that is still the same one; nil when it is gone.
    static func adopt(pid: pid_t, startTicks: UInt64) -> UnitProcess? {
        guard pid > 1, startTicks != 0, cp_start_ticks(pid) == startTicks else { return nil }
        let pidfd = cp_pidfd_open(pid)
        guard pidfd >= 0 else { return nil }
        return UnitProcess(pid: pid, pidfd: pidfd, startTicks: startTicks)
    }

    /// Waits for its end; nil when the wait was given up.
    func ending(_ descriptors: Descriptors) async -> ChildEnding? {
        guard await descriptors.readable(pidfd) else { return nil }
        defer { close(pidfd) }
        return ChildEnding(of: pid) ?? .unknown
    }

    /// Sends a signal to its whole process group.
    func signalGroup(_ number: Int32) { kill(-pid, number) }

    // MARK: Words

    /// `${NAME}` inside a word and `$NAME` as a whole word; the latter splits into several.
    private static func expand(_ word: String, _ environment: [(String, String)]) -> [String] {
        let value = { (name: String) in environment.last { $0.0 == name }?.1 ?? "" }
        if word.hasPrefix("$"), !word.hasPrefix("${"), !word.hasPrefix("$$"), word.dropFirst().allSatisfy(isNamePart) {
            return value(String(word.dropFirst())).split(separator: " ").map(String.init)
        }
        guard word.contains("$") else { return [word] }
        var result = ""
        var rest = Substring(word)
        while let character = rest.popFirst() {
            if character == "$", rest.first == "$" {
                rest.removeFirst()
                result += "$"
            } else if character == "$", rest.first == "{", let end = rest.firstIndex(of: "}") {
                result += value(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
            }
        }
        return [result]
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    private static func resolve(_ program: String, _ environment: [(String, String)]) throws -> String {
        if program.contains("/") { return program }
        let path = environment.last { $0.0 == "PATH" }?.1 ?? "/usr/bin:/bin"
        for folder in path.split(separator: ":") where access("\(folder)/\(program)", X_OK) == 0 {
            return "\(folder)/\(program)"
        }
        throw SupervisorError("cannot run '\(program)': it is in no folder of PATH; write its full path")
    }
}
