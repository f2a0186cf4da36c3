import AgentAPI
import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Recording
import Registry
import Runtime
import Settings

/// Which context a command works on.
struct ContextOptions: ParsableArguments {
    @Option(help: "The configuration file; ~/.config/quarterdeck/config.toml unless given.")
    var config: String?
    @Option(help: "The context; the file's own choice unless given.")
    var context: String?
    @Option(help: "A fleet API instead of a context, such as unix:///var/run/fleet.sock; from FLEETCTL_ENDPOINT too.")
    var endpoint: String?
    @OptionGroup var habits: FleetctlOptions

    mutating func validate() throws {
        if endpoint != nil, config != nil || context != nil {
            throw ValidationError("say either --endpoint, or --config and --context")
        }
    }

    func configurationPath() -> String {
        config ?? Configuration.usualPath(Self.environment(["HOME", "XDG_CONFIG_HOME"]))
    }

    private static func environment(_ names: [String]) -> [String: String] {
        var environment: [String: String] = [:]
        for name in names { environment[name] = getenv(name).map { String(cString: $0) } }
        return environment
    }

    /// The endpoints named; those of the environment count where no file and no context is named.
    private var endpoints: String? {
        if let endpoint { return endpoint }
        guard config == nil, context == nil else { return nil }
        return Self.environment(["FLEETCTL_ENDPOINT"])["FLEETCTL_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What names the endpoint that stands in place of a configuration file; nil where that is read.
    var endpointOrigin: String? { endpoint != nil ? "--endpoint" : endpoints != nil ? "FLEETCTL_ENDPOINT" : nil }

    /// fleetctl's options, with those of its environment where an endpoint is named.
    func fleetctl() throws -> FleetctlOptions {
        guard endpoints != nil else { return habits }
        return try habits.completed(by: Self.environment(FleetctlOptions.variables))
    }

    /// What the file says, or one context of the fleet cluster that is named instead; the context that is worked on is
    /// as the options have it.
    /// - Throws: `CommandFailure`.
    func configuration() throws -> Configuration {
        try CommandFailure.ofConfiguration {
            let options = try fleetctl()
            var configuration: Configuration
            if let endpoints {
                if endpoint == nil, access(configurationPath(), F_OK) == 0 {
                    Output.error(
                        "FLEETCTL_ENDPOINT counts, not '\(configurationPath())'; name a --context to have that")
                }
                configuration = Configuration(fleet: options.entry(endpoints.split(separator: ",").map(String.init)))
            } else {
                configuration = try Configuration(path: configurationPath())
            }
            let chosen = try options.applied(to: configuration.context(context))
            for index in configuration.contexts.indices where configuration.contexts[index].name == chosen.name {
                configuration.contexts[index] = chosen
            }
            return configuration
        }
    }

    /// - Parameter cluster: the only one that is looked at; nil for all of the context
    /// - Throws: `CommandFailure`.
    func connections(only cluster: String? = nil) throws -> Connections {
        let configuration = try configuration()
        let tells = try fleetctl().debug
        let note: @Sendable (String) -> Void = { text in if tells { Output.error(text) } }
        return try CommandFailure.ofConfiguration {
            let clock = SystemClock()
            var chosen = try configuration.context(context)
            if let cluster {
                let all = chosen.clusters
                chosen.clusters = all.filter { $0.name == cluster }
                guard !chosen.clusters.isEmpty else {
                    throw ClusterOption.missing(cluster, all.map(\.name), chosen.name)
                }
            }
            let orders = configuration.log(of: chosen, clock)
            return try Connections(chosen, clock: clock, orders: orders, note: note)
        }
    }
}

extension CommandFailure {
    /// Runs what reads settings and connects by them: what is wrong with them is refused.
    static func ofConfiguration<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let failure as CommandFailure {
            throw failure
        } catch let error as ValidationError {
            throw CommandFailure(.usage, error.message)
        } catch {
            throw CommandFailure(.refused, SafeText.block("\(error)"))
        }
    }
}

extension Configuration {
    /// Where the orders of this program in a context are noted.
    func log(of context: Context, _ clock: SystemClock) -> OrderLog {
        var environment: [String: String] = [:]
        for name in ["HOME", "XDG_STATE_HOME", "USER"] { environment[name] = getenv(name).map { String(cString: $0) } }
        return OrderLog(
            path: ordersLog ?? Self.usualOrdersLog(environment), context: context.name,
            user: environment["USER"] ?? "\(getuid())", started: clock.now())
    }
}

/// Which cluster, where the context has several.
struct ClusterOption: ParsableArguments {
    @Option(help: "The cluster, where the context has several.")
    var cluster: String?

    /// The cluster named; else the only one; else the only one that has the unit.
    func chosen(_ connections: Connections, having name: UnitName? = nil) async throws -> ConnectedCluster {
        let all = connections.clusters
        if let cluster {
            if let found = all.first(where: { $0.id.text == cluster }) { return found }
            throw Self.missing(cluster, all.map(\.id.text), connections.context.name)
        }
        if all.count == 1, let only = all.first { return only }
        var having: [ConnectedCluster] = []
        if let name {
            for one in all where try await Self.has(name, one.door) { having.append(one) }
        }
        if having.count == 1, let only = having.first { return only }
        let what = name.map { having.isEmpty ? "no cluster has '\($0)'" : "several clusters have '\($0)'" }
        throw CommandFailure(
            .refused,
            "\(what ?? "the context has several clusters"); name one with --cluster: \(Self.names(all.map(\.id)))")
    }

    /// The records of that cluster, which has to have a store of ours.
    func registry(
        _ connections: Connections, having name: UnitName? = nil, to what: String = "do that to"
    ) async throws -> ClusterRegistry {
        try await chosen(connections, having: name).registry(to: what)
    }

    /// Whether a cluster has the unit, or the template that it is an instance of.
    private static func has(_ name: UnitName, _ door: any ClusterDoor) async throws -> Bool {
        if try await door.unit(name) != nil { return true }
        guard let template = name.template else { return false }
        return try await door.unit(template) != nil
    }

    static func missing(_ cluster: String, _ names: [String], _ context: String) -> CommandFailure {
        CommandFailure(
            .refused,
            "there is no cluster '\(SafeText.name(cluster))' in context '\(context)'; "
                + "it has \(names.isEmpty ? "none" : names.joined(separator: ", "))")
    }

    private static func names(_ ids: [ID<Cluster>]) -> String { ids.map(\.text).joined(separator: ", ") }
}

extension Connections {
    /// Runs one command's work and ends the process with its exit code.
    ///
    /// Connections are not taken down in order: one that is just being made can hold that up for ever.
    func command(_ work: @escaping @Sendable () async throws -> Void) async throws {
        do {
            _ = try await whileConnected {
                do {
                    try await work()
                } catch {
                    let failure = Self.failure(error)
                    Output.error(failure.text)
                    _exit(failure.code.rawValue)
                }
                _exit(0)
            }
        } catch {
            throw Self.failure(error)
        }
    }

    /// An error as a command ends with it.
    static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let refusal as OrderRefusal: CommandFailure(.refused, refusal.description)
        case let refusal as FleetRefusal where refusal.isFinal: CommandFailure(.refused, refusal.description)
        case let error as SourceError: CommandFailure(.refused, error.description)
        case let error as UnitFileError: CommandFailure(.refused, error.description)
        case let error as UnitNameError: CommandFailure(.usage, error.description)
        case is CancellationError: CommandFailure(.refused, "cut off")
        default: CommandFailure(.unreachable, SafeText.block("\(error)"))
        }
    }

    /// Carries out an order and prints what became of it.
    func obey(_ order: Order) async throws {
        Output.line(try await require(order))
    }

    /// Carries out an order; what became of it.
    /// - Throws: `CommandFailure` when it was not done.
    @discardableResult
    func require(_ order: Order) async throws -> String {
        switch await carryOut(order) {
        case .done(let text): return text
        case .refused(let text), .failed(let text): throw CommandFailure(.refused, text)
        case .unreachable(let text): throw CommandFailure(.unreachable, text)
        }
    }

    /// A machine by its ID, a prefix of it, its name, or its VM's name.
    ///
    /// - Parameter cluster: where it is looked for; nil for everywhere
    func machine(_ text: String, in cluster: ID<Cluster>? = nil) async throws -> (
        cluster: ID<Cluster>, machine: Machine
    ) {
        if let found = try await machine(orNone: text, in: cluster) { return found }
        throw CommandFailure(
            .refused, "there is no machine '\(SafeText.name(text))'; list-machines shows them")
    }

    /// A machine by such a text; nil where there is none.
    /// - Throws: when there are several.
    func machine(orNone text: String, in only: ID<Cluster>? = nil) async throws -> (
        cluster: ID<Cluster>, machine: Machine
    )? {
        var found: [(ID<Cluster>, Machine)] = []
        for cluster in clusters where only == nil || cluster.id == only {
            for machine in try await cluster.door.machines()
            where machine.id.text == text || machine.name == text
                || (text.count >= 4 && machine.id.text.hasPrefix(text))
            {
                found.append((cluster.id, machine))
            }
        }
        guard found.count < 2 else {
            throw CommandFailure(
                .refused, "several machines match '\(SafeText.name(text))'; list-machines --full shows whole IDs")
        }
        return found.first
    }
}
