import Model

/// One line of `Exec…=`: the program, its words, and the prefixes that change its meaning.
struct ServiceCommand: Hashable, Sendable {
    /// The words; the first is the program.
    var words: [String]
    /// `-`: failure does not matter.
    var mayFail = false
    /// `@`: the second word is what the program is called.
    var hasOwnName = false
}

/// A service unit's file as this unit manager understands it.
struct ServiceSettings: Sendable {
    enum Kind: String { case simple, exec, oneshot, notify, idle }
    enum Restart: String {
        case no, always, onSuccess = "on-success", onFailure = "on-failure", onAbnormal = "on-abnormal", onAbort =
            "on-abort"
    }
    enum KillMode: String { case controlGroup = "control-group", mixed, process, none }

    var kind = Kind.simple
    var startPre: [ServiceCommand] = []
    var start: [ServiceCommand] = []
    var startPost: [ServiceCommand] = []
    var stop: [ServiceCommand] = []
    var stopPost: [ServiceCommand] = []
    var reload: [ServiceCommand] = []
    var restart = Restart.no
    var restartDelay = Duration.milliseconds(100)
    var startLimitInterval = Duration.seconds(10)
    var startLimitBurst = 5
    var killMode = KillMode.controlGroup
    var killSignal: Int32 = 15
    /// nil is without end.
    var startTimeout: Duration? = .seconds(90)
    var stopTimeout: Duration? = .seconds(90)
    var remainsAfterExit = false
    var directory: String?
    var environment: [(String, String)] = []
    var environmentFiles: [(path: String, mayBeMissing: Bool)] = []
    var successCodes: Set<Int32> = [0]
    var requires: [UnitName] = []
    var wants: [UnitName] = []
    var bindsTo: [UnitName] = []
    var partOf: [UnitName] = []
    var after: [UnitName] = []
    /// What the file asks that cannot be done here, as written.
    var unhonoured: [String] = []
}

/// Why a unit cannot be run here at all.
public struct SupervisorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ServiceSettings {
    /// Reads a service's file.
    /// - Throws: what makes the unit impossible to run; what is merely not honoured is in ``unhonoured``.
    init(_ file: UnitFile, _ name: UnitName, _ specifiers: Specifiers) throws {
        self.init()
        guard name.type == "service" else {
            throw SupervisorError("cannot run '\(name)': only services run without systemd; use --unit-manager systemd")
        }
        let type = file.value("Service", "Type") ?? "simple"
        guard let kind = Kind(rawValue: type) else {
            throw SupervisorError(
                "cannot run '\(name)': Type=\(SafeText.name(type)) needs systemd; use exec, oneshot or notify")
        }
        self.kind = kind
        let reader = SettingsReader(file: file, specifiers: specifiers)
        try readCommands(reader)
        readRestart(file)
        readStopping(file)
        try readSurroundings(reader)
        readDependencies(reader)
        unhonoured =
            file.options.filter { !Self.isHonoured($0) }.map { "\($0.name)=" }
            + reader.unknownSpecifiers.map { "specifier \($0)" }
        unhonoured = unhonoured.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private mutating func readCommands(_ reader: SettingsReader) throws {
        startPre = try reader.commands("ExecStartPre")
        start = try reader.commands("ExecStart")
        startPost = try reader.commands("ExecStartPost")
        stop = try reader.commands("ExecStop")
        stopPost = try reader.commands("ExecStopPost")
        reload = try reader.commands("ExecReload")
    }

    private mutating func readRestart(_ file: UnitFile) {
        restart = file.value("Service", "Restart").flatMap(Restart.init(rawValue:)) ?? .no
        if case .span(let span)? = file.value("Service", "RestartSec").flatMap(Quantity.timeSpan) {
            restartDelay = span
        }
        for section in ["Unit", "Service"] {
            for option in ["StartLimitInterval", "StartLimitIntervalSec"] {
                if case .span(let span)? = file.value(section, option).flatMap(Quantity.timeSpan) {
                    startLimitInterval = span
                }
            }
            if let burst = file.value(section, "StartLimitBurst").flatMap({ Int($0) }), burst >= 0 {
                startLimitBurst = burst
            }
        }
        for text in file.values("Service", "SuccessExitStatus").flatMap({ $0.split(separator: " ") }) {
            if let code = Int32(text) { successCodes.insert(code) }
        }
    }

    private mutating func readStopping(_ file: UnitFile) {
        killMode = file.value("Service", "KillMode").flatMap(KillMode.init(rawValue:)) ?? .controlGroup
        if let text = file.value("Service", "KillSignal"), let number = Signals.number(text) { killSignal = number }
        let both = file.value("Service", "TimeoutSec")
        startTimeout =
            Self.limit(file.value("Service", "TimeoutStartSec") ?? both) ?? (kind == .oneshot ? nil : startTimeout)
        stopTimeout = Self.limit(file.value("Service", "TimeoutStopSec") ?? both) ?? stopTimeout
        if (file.value("Service", "TimeoutStopSec") ?? both) == "infinity" { stopTimeout = nil }
        remainsAfterExit = file.flag("Service", "RemainAfterExit") ?? false
    }

    private static func limit(_ text: String?) -> Duration? {
        guard case .span(let span)? = text.flatMap(Quantity.timeSpan), span > .zero else { return nil }
        return span
    }

    private mutating func readSurroundings(_ reader: SettingsReader) throws {
        if let path = reader.file.value("Service", "WorkingDirectory") {
            directory = reader.specifiers.expand(path.hasPrefix("-") ? String(path.dropFirst()) : path)
        }
        for value in reader.file.values("Service", "Environment") {
            for word in try reader.words(value, "Environment") {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts.count == 2 { environment.append((parts[0], parts[1])) }
            }
        }
        for value in reader.file.values("Service", "EnvironmentFile") {
            let isOptional = value.hasPrefix("-")
            environmentFiles.append(
                (reader.specifiers.expand(isOptional ? String(value.dropFirst()) : value), isOptional))
        }
    }

    private mutating func readDependencies(_ reader: SettingsReader) {
        requires = reader.names("Requires") + reader.names("Requisite")
        wants = reader.names("Wants")
        bindsTo = reader.names("BindsTo")
        partOf = reader.names("PartOf")
        after = reader.names("After")
    }

    private static let honoured: [String: Set<String>] = [
        "Unit": [
            "Description", "Documentation", "Requires", "Requisite", "Wants", "BindsTo", "PartOf", "After", "Before",
            "StartLimitInterval", "StartLimitIntervalSec", "StartLimitBurst",
        ],
        "Service": [
            "Type", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop", "ExecStopPost", "ExecReload", "Restart",
            "RestartSec", "StartLimitInterval", "StartLimitIntervalSec", "StartLimitBurst", "SuccessExitStatus",
            "KillMode", "KillSignal", "TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "RemainAfterExit",
            "WorkingDirectory", "Environment", "EnvironmentFile", "NotifyAccess", "SyslogIdentifier",
        ],
    ]

    private static func isHonoured(_ option: UnitFile.Option) -> Bool {
        if option.section == "Install" || option.section.hasPrefix("X-") || option.name.hasPrefix("X-") { return true }
        if ["StandardOutput", "StandardError"].contains(option.name) {
            return ["journal", "inherit"].contains(option.joined)
        }
        if option.name == "Restart" { return option.joined.isEmpty || Restart(rawValue: option.joined) != nil }
        return honoured[option.section]?.contains(option.name) ?? false
    }
}

/// Reads values with their specifiers expanded.
private struct SettingsReader {
    let file: UnitFile
    let specifiers: Specifiers

    var unknownSpecifiers: [String] {
        file.options.filter { $0.section == "Service" }.flatMap { specifiers.unknown(in: $0.joined) }
    }

    func words(_ value: String, _ option: String) throws -> [String] {
        do throws(QuotedWords.Problem) {
            return try QuotedWords.split(value).map(specifiers.expand)
        } catch {
            throw SupervisorError(
                "\(option)='\(SafeText.clean(value, limit: 60))': \(error); close the quote or double the \\")
        }
    }

    func commands(_ option: String) throws -> [ServiceCommand] {
        try file.values("Service", option).map { value in
            var command = ServiceCommand(words: try words(value, option))
            guard var program = command.words.first else { throw SupervisorError("\(option)= names no program") }
            while let prefix = program.first, "-@:+!".contains(prefix) {
                if prefix == "-" { command.mayFail = true }
                if prefix == "@" { command.hasOwnName = true }
                program.removeFirst()
            }
            command.words[0] = program
            if program.isEmpty { throw SupervisorError("\(option)= names no program") }
            return command
        }
    }

    func names(_ option: String) -> [UnitName] {
        file.values("Unit", option).flatMap { $0.split(separator: " ") }
            .compactMap { try? UnitName(specifiers.expand(String($0))) }
    }
}

/// Signals by the names unit files use.
enum Signals {
    private static let names = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "KILL": 9, "USR1": 10, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
        "CONT": 18, "WINCH": 28,
    ]

    static func number(_ text: String) -> Int32? {
        if let number = Int32(text), (1...64).contains(number) { return number }
        let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
        return names[name].map(Int32.init)
    }

    static func name(_ number: Int32) -> String {
        names.first { $0.value == Int(number) }.map { "SIG\($0.key)" } ?? "signal \(number)"
    }
}
