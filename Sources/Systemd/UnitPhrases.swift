import Model

/// What a unit's file says of its ending and restarting.
struct UnitPolicy: Hashable, Sendable {
    var isOneshot = false
    /// - Source: systemd.service(5): 100 ms unless the file says otherwise.
    var restartDelay = Duration.milliseconds(100)
    /// It is restarted after every failure.
    var restartsFailed = false

    init(of file: UnitFile) {
        isOneshot = file.value("Service", "Type") == "oneshot"
        if case .span(let span)? = file.value("Service", "RestartSec").flatMap(Quantity.timeSpan) {
            restartDelay = span
        }
        restartsFailed =
            ["always", "on-failure"].contains(file.value("Service", "Restart") ?? "no")
            && file.values("Service", "RestartPreventExitStatus").isEmpty
    }
}

extension UnitFacts {
    /// How the main process ended, in the words the other unit manager uses too; nil when none has ended.
    var ending: String? {
        switch mainCode {
        case 1: Self.exitNames[mainStatus].map { "exit \(mainStatus) (\($0))" } ?? "exit \(mainStatus)"
        case 2: "killed by \(Self.signalName(mainStatus))"
        case 3: "killed by \(Self.signalName(mainStatus)), core dumped"
        default: nil
        }
    }

    /// Why the unit failed.
    var failure: String {
        switch result {
        case "exit-code", "signal", "core-dump": ending ?? "\(result) of a command before or after the main process"
        case "start-limit-hit": ending.map { "start limit hit: \($0)" } ?? "start limit hit"
        case "success": "failed"
        default: result
        }
    }

    /// What there is to say of the unit, in one line.
    ///
    /// - Parameters:
    ///   - isLaunched: it is to run, so that an end of its own is told; a stop that was asked for is not
    ///   - jobFailure: the result of the last start job, when it was neither done nor replaced
    func note(isLaunched: Bool, _ policy: UnitPolicy, jobFailure: String?) -> String? {
        if load != "loaded" { return loadError.isEmpty ? nil : loadError }
        if sub == "auto-restart" || sub == "auto-restart-queued" {
            let delay = policy.restartDelay
            let pause = delay < .seconds(1) ? "at once" : "in \(delay.brief)"
            let why = result == "success" ? ending ?? "ended" : failure
            return "\(why) · restart \(pause) (\(restarts + 1)×)"
        }
        if active == "failed" {
            // systemd keeps the result of before when it gives up restarting.
            let isGivenUp = isLaunched && restarts > 0 && policy.restartsFailed && result != "start-limit-hit"
            return isGivenUp ? "start limit hit: \(failure)" : failure
        }
        if job != 0 { return jobNote }
        guard active == "inactive" else { return nil }
        if let jobFailure { return "start job failed: result \(jobFailure)" }
        guard isLaunched else { return nil }
        if !isConditionMet, conditionAt != 0 { return "not started: a condition of its file is not met" }
        return ending.map { policy.isOneshot ? "done: \($0)" : $0 }
    }

    /// systemd's jobs wait for others or run; which, its unit's state tells.
    private var jobNote: String {
        switch active {
        case "activating": "start job \(job) is running"
        case "deactivating": "stop job \(job) is running"
        case "reloading": "reload job \(job) is running"
        case "active": "job \(job) waits"
        default: "start job \(job) waits"
        }
    }

    /// - Source: systemd.exec(5), "Process Exit Codes".
    private static let exitNames: [Int64: String] = [
        200: "CHDIR", 201: "NICE", 202: "FDS", 203: "EXEC", 204: "MEMORY", 205: "LIMITS", 206: "OOM_ADJUST",
        207: "SIGNAL_MASK", 208: "STDIN", 209: "STDOUT", 210: "CHROOT", 214: "SETSCHEDULER", 215: "CPUAFFINITY",
        216: "GROUP", 217: "USER", 218: "CAPABILITIES", 219: "CGROUP", 222: "STDERR", 224: "PAM", 225: "NETWORK",
        226: "NAMESPACE", 227: "NO_NEW_PRIVILEGES", 228: "SECCOMP", 233: "RUNTIME_DIRECTORY", 235: "CHOWN",
        238: "STATE_DIRECTORY", 239: "CACHE_DIRECTORY", 240: "LOGS_DIRECTORY", 241: "CONFIGURATION_DIRECTORY",
        243: "CREDENTIALS",
    ]

    private static let signals: [Int64: String] = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1",
        11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 18: "CONT", 19: "STOP", 24: "XCPU", 25: "XFSZ",
        28: "WINCH", 31: "SYS",
    ]

    private static func signalName(_ number: Int64) -> String {
        signals[number].map { "SIG\($0)" } ?? "signal \(number)"
    }
}
