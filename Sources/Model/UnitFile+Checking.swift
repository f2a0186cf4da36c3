extension UnitFile {
    /// Everything wrong with this file as the file of a unit of that name, beyond its syntax.
    ///
    /// What a unit manager would refuse or silently ignore is said here, before anything is stored.
    public func problems(as name: UnitName) -> [UnitFileError.Problem] {
        var problems: [UnitFileError.Problem] = []
        _ = Requirements(of: self, name: name, problems: &problems)
        for option in options where option.section == "X-Fleet" && !Self.fleetOptions.contains(option.name) {
            problems.append(
                .init(
                    line: option.line, what: "[X-Fleet] has no option '\(SafeText.clean(option.name, limit: 40))'",
                    remedy: "use \(Self.fleetOptions.prefix(6).joined(separator: ", "))"))
        }
        if name.type == "service" { problems += serviceProblems() }
        return problems.sorted { $0.line < $1.line }
    }

    /// The file checked as that unit's.
    ///
    /// - Throws: every problem; the file is then not to be stored.
    public func checked(as name: UnitName, file: String) throws(UnitFileError) -> UnitFile {
        let problems = problems(as: name)
        if !problems.isEmpty { throw UnitFileError(file: file, problems: problems) }
        return self
    }

    private static let fleetOptions = [
        "MachineID", "MachineOf", "MachineMetadata", "Conflicts", "Replaces", "Global", "X-ConditionMachineID",
        "X-ConditionMachineBootID", "X-ConditionMachineOf", "X-ConditionMachineMetadata", "X-Conflicts",
    ]
    private static let commands = [
        "ExecStart", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost", "ExecReload", "ExecCondition",
    ]
    private static let choices: [String: [String]] = [
        "Type": ["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"],
        "Restart": ["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"],
        "KillMode": ["control-group", "mixed", "process", "none"],
    ]
    private static let spans = [
        "RestartSec", "TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "WatchdogSec", "RuntimeMaxSec",
    ]

    private func serviceProblems() -> [UnitFileError.Problem] {
        var problems: [UnitFileError.Problem] = []
        let starts = assigned("Service", "ExecStart").count
        let type = value("Service", "Type") ?? "simple"
        if starts == 0, !(type == "oneshot" && !values("Service", "ExecStop").isEmpty) {
            problems.append(
                .init(line: 0, what: "there is no ExecStart= in [Service]", remedy: "add ExecStart=/path/to/program"))
        }
        if starts > 1, type != "oneshot" {
            problems.append(
                .init(
                    line: assigned("Service", "ExecStart")[1].line,
                    what: "only Type=oneshot may have several ExecStart=",
                    remedy: "keep one, or write an empty ExecStart= before it to replace the first"))
        }
        for option in options where option.section == "Service" && !option.joined.isEmpty {
            problems += serviceProblems(option)
        }
        return problems
    }

    private func serviceProblems(_ option: Option) -> [UnitFileError.Problem] {
        let value = option.joined
        let shown = SafeText.clean(value, limit: 60)
        if Self.commands.contains(option.name) {
            do throws(QuotedWords.Problem) {
                let program = try QuotedWords.split(value).first.map { $0.drop { "-@:+!".contains($0) } } ?? ""
                if program.isEmpty {
                    return [
                        .init(
                            line: option.line, what: "\(option.name)= names no program", remedy: "write its full path")
                    ]
                }
                return []
            } catch {
                return [
                    .init(
                        line: option.line, what: "\(option.name)='\(shown)': \(error)",
                        remedy: "close the quote or double the \\")
                ]
            }
        }
        if let allowed = Self.choices[option.name], !allowed.contains(value) {
            return [
                .init(
                    line: option.line, what: "\(option.name)='\(shown)' is unknown",
                    remedy: "use \(allowed.joined(separator: ", "))")
            ]
        }
        if Self.spans.contains(option.name), Quantity.timeSpan(value) == nil {
            return [
                .init(
                    line: option.line, what: "\(option.name)='\(shown)' is no time",
                    remedy: "write 5s, 1min 30s or infinity")
            ]
        }
        return []
    }
}
