import AgentAPI
import ArgumentParser
import Etcd
import Model
import NodeAgent
import Registry
import Runtime
import Settings

/// `quarterdeck doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check configuration, clouds, stores, agents and the terminal, and say what to do.",
        discussion: "Exit code 0: nothing is broken (warnings may be); 1: something is.")
    @OptionGroup var context: ContextOptions

    func run() async throws {
        let terminal = TerminalCheck.findings()
        for finding in terminal { Output.line(finding.text) }
        let connections: Connections
        do {
            connections = try context.connections()
        } catch let failure as CommandFailure where failure.code == .usage {
            throw failure
        } catch {
            Output.line(Finding(.bad, "configuration", "\(error)").text)
            let broken = terminal.count { $0.grade == .bad } + 1
            throw CommandFailure(.refused, broken == 1 ? "1 thing is broken" : "\(broken) things are broken")
        }
        let whence = context.endpointOrigin.map { "made of \($0)" } ?? "'\(context.configurationPath())'"
        Output.line(Finding(.good, "configuration", "\(whence), context '\(connections.context.name)'").text)
        try await connections.command {
            var findings: [Finding] = []
            for cloud in connections.clouds { findings += await Self.check(cloud.id, cloud.source) }
            for cluster in connections.clusters {
                if let fleet = cluster.door as? FleetSource { findings += await Self.check(fleet) }
                guard let records = cluster.records else { continue }
                let check = ClusterCheck(registry: records, agents: cluster.agents, clock: connections.clock)
                findings += await check.findings()
            }
            for finding in findings { Output.line(finding.text) }
            let broken = (terminal + findings).count { $0.grade == .bad }
            guard broken > 0 else { return }
            throw CommandFailure(.refused, broken == 1 ? "1 thing is broken" : "\(broken) things are broken")
        }
    }

    /// What fleet's API tells, and whether all of it can be used.
    private static func check(_ fleet: FleetSource) async -> [Finding] {
        let what = "cluster '\(fleet.cluster)' fleet"
        do {
            let (contents, odd) = try await withDeadline(.seconds(60)) { try await fleet.look() }
            var all = [
                Finding(
                    contents.machines.isEmpty ? .warning : .good, what,
                    "answers; machines: \(contents.machines.count), units: \(contents.units.count)"
                        + (contents.machines.isEmpty ? "; start fleetd on a machine" : ""))
            ]
            if let odd { all.append(Finding(.warning, what, odd)) }
            return all
        } catch {
            return [Finding(.bad, what, SafeText.clean("\(error)", limit: 512))]
        }
    }

    private static func check(_ id: ID<Cloud>, _ source: any CloudSource) async -> [Finding] {
        await source.check().map { check in
            let grade: Finding.Grade =
                switch check.grade {
                case .good: .good
                case .warning: .warning
                case .bad: .bad
                }
            return Finding(grade, "cloud '\(id)'", check.text)
        }
    }
}

/// One thing that was looked at.
struct Finding: Hashable, Sendable {
    enum Grade: String, Sendable {
        case good = "ok  "
        case warning = "warn"
        case bad = "BAD "
    }

    let grade: Grade
    let what: String
    let words: String

    init(_ grade: Grade, _ what: String, _ words: String) {
        self.grade = grade
        self.what = what
        self.words = words
    }

    var text: String { "\(grade.rawValue) \(what): \(words)" }
}

/// What is looked at of one cluster: its store's members, its records, its agents.
struct ClusterCheck: Sendable {
    let registry: ClusterRegistry
    let agents: AgentClient
    let clock: SystemClock

    func findings() async -> [Finding] {
        var all = await members()
        do {
            let (contents, _) = try await withDeadline(.seconds(5)) { try await registry.read() }
            all.append(leader(contents))
            for machine in contents.machines { all += await check(machine) }
            if contents.machines.isEmpty {
                all.append(
                    Finding(.warning, name, "no machine has joined; run 'quarterdeck agent' on one, or install-agent"))
            }
        } catch {
            all.append(Finding(.bad, "\(name) records", SafeText.clean("\(error)", limit: 512)))
        }
        return all
    }

    private var name: String { "cluster '\(registry.cluster)'" }

    private func members() async -> [Finding] {
        guard let status = try? await withDeadline(.seconds(5), { try await registry.members() }) else {
            return [Finding(.bad, "\(name) store", "its members cannot be asked within 5 s")]
        }
        var all = status.map { member -> Finding in
            let what = "\(name) store \(member.endpoint)"
            guard member.isAsked else {
                return Finding(.warning, what, "not asked; name it among the cluster's endpoints")
            }
            guard member.isAnswering else {
                return Finding(.bad, what, "does not answer; check that etcd runs there, TLS files and the password")
            }
            guard member.hasLeader else {
                return Finding(.bad, what, "knows no leader; check that it reaches the other members")
            }
            let version = member.version ?? "unknown"
            if !member.alarms.isEmpty {
                return Finding(.bad, what, "alarms: \(member.alarms.joined(separator: ", ")); see etcdctl alarm list")
            }
            if Self.isOld(version) {
                return Finding(.bad, what, "version \(version) is too old; 3.4 or newer is needed")
            }
            return Finding(.good, what, "etcd \(version)\(member.isLeader ? ", leader" : "")")
        }
        let answering = status.count { $0.isAnswering }
        if Cluster(id: registry.cluster, name: "", members: status).hasQuorum != true {
            all.append(Finding(.bad, "\(name) store", "\(answering) of \(status.count) members answer: no quorum"))
        } else if status.count % 2 == 0 {
            all.append(Finding(.warning, "\(name) store", "\(status.count) members; an odd number is as safe for less"))
        }
        return all
    }

    private static func isOld(_ version: String) -> Bool {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 2 else { return false }
        return (parts[0], parts[1]) < (3, 4)
    }

    private func leader(_ contents: ClusterContents) -> Finding {
        guard let id = contents.cluster.leader else {
            return Finding(.bad, "\(name) scheduler", "nobody leads: units are not placed; look at the agents' logs")
        }
        let machine = contents.machines.first { $0.id == id }?.name ?? id.short
        return Finding(.good, "\(name) scheduler", "led by \(machine)")
    }

    private func check(_ machine: Machine) async -> [Finding] {
        let what = "\(name) agent \(machine.name)"
        if let rival = machine.rival {
            return [Finding(.bad, what, "its machine ID is taken again: \(rival) was refused; give that one its own")]
        }
        guard let api = machine.api else { return [Finding(.warning, what, "serves no API: no figures, no logs")] }
        do {
            let health = try await agents.health(at: api)
            var all = [Finding(.good, what, "version \(health.version)\(health.leads ? ", leads" : "")")]
            if health.version != Version.text {
                all.append(Finding(.warning, what, "version \(health.version), this program is \(Version.text)"))
            }
            if let trouble = health.trouble { all.append(Finding(.bad, what, trouble)) }
            if let skew = health.time.map({ $0.since(clock.now()) }), skew > .seconds(2) || skew < .seconds(-2) {
                all.append(Finding(.warning, what, "its clock is \(skew.brief) off; run a time service there"))
            }
            if let refusal = await refusal(api) { all.append(Finding(.bad, what, refusal)) }
            return all
        } catch {
            let isLocal = api.contains("//127.0.0.1:") || api.contains("//[::1]:") || api.hasPrefix("http+unix")
            let hint = isLocal ? "; it listens for its own computer only: give the agent --listen with --api-cert" : ""
            return [Finding(.bad, what, "its API does not answer: \(SafeText.clean("\(error)", limit: 300))\(hint)")]
        }
    }

    /// Why the agent does not tell us its figures; nil when it does.
    private func refusal(_ api: String) async -> String? {
        do {
            _ = try await agents.figures(at: api)
            return nil
        } catch {
            return "refuses us: \(SafeText.clean("\(error)", limit: 300)); set agent-cert or agent-token-file"
        }
    }
}
