import AgentAPI
import Logging
import Model
import Registry
import Runtime
import Supervisor
import Systemd
import Web

extension AgentProcess {
    private func services() -> AgentServices {
        AgentServices(
            machine: machine.id,
            health: {
                AgentHealth(
                    machine: machine.id, version: Version.text, leads: status.leads,
                    isRegistered: keeper.current != nil, heard: keeper.silence, trouble: status.trouble,
                    time: clock.now())
            },
            figures: { await figures() },
            restart: { name in
                do {
                    try await units.restart(name)
                    return .done("\(name) is restarted on machine \(machine.id.short)")
                } catch {
                    return .refused("\(error)")
                }
            },
            log: { name, asked, tell in
                do {
                    try await units.log(name, last: asked.last, since: asked.since, follows: asked.follows, tell)
                } catch let error as SupervisorError {
                    throw SourceError(error.description)
                } catch let error as SystemdError {
                    throw SourceError(error.description)
                }
            },
            events: { try await listeners.events(of: registry, clock, $0) })
    }

    func serve() async throws {
        let access = try api.access()
        let fleet = FleetServer(fleetServices())
        let server = AgentServer(services(), address: listen, tls: api.tls, access: access, fleet: fleet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, portFound) = AsyncStream.makeStream(of: Int.self)
            group.addTask { try await server.run { portFound.yield($0) } }
            for address in fleetAddresses {
                let alone = try fleet.server(at: address, tls: api.tls, access: access)
                group.addTask { try await alone.run { sayServing(fleet: address, $0) } }
            }
            for socket in passedSockets {
                let alone = try fleet.server(on: socket, tls: api.tls, access: access)
                group.addTask { try await alone.run { sayServing(fleet: socket.address, $0) } }
            }
            group.addTask {
                for await port in ports {
                    sayServing(fleet: listen, port)
                    keeper.setAPI(apiBase(port))
                    warnOfSilence()
                    try await keepLease()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Nothing is told of a cluster that this machine is not in, or does not hear of.
    private func fleetServices() -> FleetServices {
        let limit = Duration.seconds(keeper.ttlSeconds)
        return FleetAPI(mirror: mirror, registry: registry) {
            keeper.current != nil && keeper.silence.map { $0 < limit } ?? false
        }.services
    }

    private func sayServing(fleet address: WebAddress, _ port: Int) {
        var address = address
        if case .tcp(let host, 0) = address { address = .tcp(host: host, port: port) }
        log.info("fleet's API is served at \(address)")
    }

    /// Where others reach the API, as the store tells them.
    private func apiBase(_ port: Int) -> String {
        let path = "/machines/\(machine.id.text.percentEncoded)"
        switch listen {
        case .unix(let socket): return "http+unix://\(socket.percentEncoded)\(path)"
        case .tcp(let host, _):
            let name = listen.isLocal ? host : machine.address
            let authority = name.contains(":") ? "[\(name)]" : name
            return "\(api.tls == nil ? "http" : "https")://\(authority):\(port)\(path)"
        }
    }

    private func figures() async -> (MachineFigures, [UnitName: UnitFigures]) {
        var (machineFigures, used) = await units.figures()
        machineFigures.uptime = machine.started.map { clock.now().since($0) }
        return (machineFigures, used)
    }
}
