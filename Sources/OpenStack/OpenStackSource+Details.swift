import FoundationEssentials
public import Model
import Runtime
import Web

extension OpenStackSource {
    /// How many lines of a console are asked for.
    static let consoleLines = 200
    /// A compute service that is gone lets Nova wait for a minute; nobody looks at an empty pane that long.
    static let consoleLimit = Duration.seconds(10)

    /// What is asked about one VM when somebody looks at it; each part may fail by itself.
    /// - Throws: `OpenStackError`, a sentence for people, when the cloud does not answer at all.
    public func details(of vm: ID<VM>) async throws -> VMDetails {
        let api = try await api()
        async let console = console(of: vm, api)
        async let actions = actions(of: vm, api)
        async let networks = networkLines(of: vm)
        var details = VMDetails(actions: await actions)
        details.networks = await networks
        switch await console {
        case .success(let lines): details.console = lines
        case .failure(let error): details.consoleProblem = error.description
        }
        return details
    }

    private func console(of vm: ID<VM>, _ api: ComputeAPI) async -> Result<[String], SourceError> {
        do {
            var call = api.call("POST", "/servers/\(vm.text.percentEncoded)/action")
            let message = ActionMessage("os-getConsoleOutput", ["length": .number(Self.consoleLines)])
            call.body = Array(try JSONEncoder().encode(message))
            call.deadline = Self.consoleLimit
            let output = try await session.decode(Single.Console.self, session.answer(call), call).output ?? ""
            let lines = SafeText.block(output).split(separator: "\n", omittingEmptySubsequences: false)
            return .success(lines.suffix(Self.consoleLines).map(String.init))
        } catch let error as OpenStackError {
            switch error.status {
            case 404: return .failure(SourceError("it has no console: no server carries it now, or it is gone"))
            case 409: return .failure(SourceError("it has no console yet: it is not ready"))
            default: return .failure(SourceError("its console cannot be read: \(error)"))
            }
        } catch {
            return .failure(SourceError("its console cannot be read: it was given up"))
        }
    }

    private func actions(of vm: ID<VM>, _ api: ComputeAPI) async -> [FarmEvent] {
        let actions = (try? await api.actions(of: vm)) ?? []
        let events = actions.map { $0.event(of: vm, at: $0.started ?? $0.updated ?? .zero) }
        return events.sorted { $0.at > $1.at }
    }
}

// MARK: - Networks

extension OpenStackSource {
    /// What can be told of them, or why nothing can.
    private func networkLines(of vm: ID<VM>) async -> [String] {
        do {
            return try await readNetworks(of: vm)
        } catch let error as OpenStackError {
            return ["its networks cannot be told: \(error)"]
        } catch {
            return []
        }
    }

    /// The ports of a VM with their addresses, those outside, and the rules of their security groups.
    private func readNetworks(of vm: ID<VM>) async throws -> [String] {
        let session = session
        let ports = try await session.pages(
            NeutronPort.self, ServiceCall("GET", .network, "/ports", query: [("device_id", vm.text)])
        ).items
        if ports.isEmpty { return [] }
        async let floating = session.pages(
            NeutronFloating.self,
            ServiceCall("GET", .network, "/floatingips", query: ports.map { ("port_id", $0.id) }))
        async let named = session.pages(NeutronNetwork.self, ServiceCall("GET", .network, "/networks"))
        let used = Set(ports.flatMap(\.groups)).sorted()
        var groups: [NeutronGroup] = []
        if !used.isEmpty {
            let call = ServiceCall("GET", .network, "/security-groups", query: used.map { ("id", $0) })
            groups = try await session.pages(NeutronGroup.self, call).items.filter { used.contains($0.id) }
        }
        let names = Dictionary(try await named.items.map { ($0.id, $0.name) }) { first, _ in first }
        let outer = (try? await floating)?.items ?? []
        return ports.map { $0.line(names, outer) } + groups.sorted { $0.name < $1.name }.flatMap(\.lines)
    }
}

extension NeutronPort {
    fileprivate func line(_ networks: [String: String], _ floating: [NeutronFloating]) -> String {
        let outside = floating.filter { $0.port == id }.compactMap(\.outer).sorted()
        let parts: [String?] = [
            "network \(networks[network] ?? network)", addresses.joined(separator: ", "), mac.map { "mac \($0)" },
            outside.isEmpty ? nil : "from outside \(outside.joined(separator: ", "))",
            status == "ACTIVE" ? nil : status?.lowercased(),
        ]
        return parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " · ")
    }
}

extension NeutronGroup {
    fileprivate var lines: [String] { ["security group \(name)"] + rules.map { "  \($0)" } }
}
