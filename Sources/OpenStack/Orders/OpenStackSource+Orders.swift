import FoundationEssentials
public import Model
import Runtime
import Web

extension OpenStackSource {
    /// Carries out one order.
    public func carryOut(_ order: Order) async -> Outcome {
        switch order {
        case .createVM(_, let spec):
            let key = "\(spec.cluster)/\(spec.name)"
            guard await desk.begin(key) else {
                return .refused("VM \(SafeText.name(spec.name)) is being made already; wait for that")
            }
            let outcome = await outcome(order) { try await create(spec) }
            await desk.end(key)
            return outcome
        case .act(_, let vm, let action):
            return await outcome(order) { try await act(action, vm, api()) }
        case .submit, .want, .destroy, .restart, .move, .drain, .undrain, .roll, .endRoll, .scale:
            return .refused("cloud '\(cloud)' has no units; ask the cluster")
        }
    }

    func api() async throws -> ComputeAPI { try await ComputeAPI(session) }

    private func outcome(_ order: Order, _ work: () async throws -> Outcome) async -> Outcome {
        let what = "cannot \(order.phrase) in cloud '\(cloud)'"
        do {
            let outcome = try await work()
            await memory.nudge()
            return outcome
        } catch let error as OpenStackError {
            guard case .refused(let refusal) = error else {
                return error.isPermanent ? .refused("\(what): \(error)") : .unreachable("\(what): \(error)")
            }
            return Self.outcome(refusal, what)
        } catch is CancellationError {
            return .unreachable("\(what): it was given up before there was an answer")
        } catch {
            return .failed("\(what): \(SafeText.clean("\(error)", limit: 300))")
        }
    }

    /// What a service's no means for an order.
    private static func outcome(_ refusal: OpenStackError.Refusal, _ what: String) -> Outcome {
        let sentence = "\(what): \(refusal.sentence)"
        switch refusal.status {
        case 403 where refusal.message.contains("Quota exceeded") || refusal.message.contains("quota"):
            return .refused("\(sentence); remove something, or ask for a greater quota")
        case 403: return .refused("\(sentence); that needs another role of this user")
        case 404: return .refused("\(sentence); it is gone, or belongs to another customer")
        case 409: return .refused("\(sentence); look at its state and try again when that allows it")
        case 400..<500: return .refused(sentence)
        default: return .failed("\(sentence); look at the VM's state before trying again")
        }
    }
}

// MARK: - What is done with a VM

extension OpenStackSource {
    private func act(_ action: VMAction, _ vm: ID<VM>, _ api: ComputeAPI) async throws -> Outcome {
        let path = "/servers/\(vm.text.percentEncoded)"
        let known = await memory.picture.vms[vm]
        let name = known?.vm.name ?? vm.short
        if case .delete = action {
            do {
                _ = try await session.answer(api.call("DELETE", path))
            } catch OpenStackError.refused(let refusal) where refusal.status == 404 {
                return .done("VM \(name) is gone already")
            }
            return .done("VM \(name) is being deleted")
        }
        var call = api.call("POST", path + "/action")
        call.body = Array(try JSONEncoder().encode(await body(of: action, api)))
        call.deadline = ServiceCall.createLimit
        _ = try await session.answer(call)
        return .done("cloud '\(cloud)' takes the order to \(action.verb) VM \(name)")
    }

    private func body(of action: VMAction, _ api: ComputeAPI) async -> ActionMessage {
        switch action {
        case .start: ActionMessage("os-start")
        case .stop: ActionMessage("os-stop")
        case .reboot(let isHard): ActionMessage("reboot", ["type": .text(isHard ? "HARD" : "SOFT")])
        case .pause: ActionMessage("pause")
        case .unpause: ActionMessage("unpause")
        case .suspend: ActionMessage("suspend")
        case .resume: ActionMessage("resume")
        case .shelve: ActionMessage("shelve")
        case .unshelve: ActionMessage("unshelve")
        case .confirm, .delete: ActionMessage("confirmResize")
        case .migrate(isLive: false, let server):
            if let server, api.knows(56) {
                ActionMessage("migrate", ["host": .text(await host(server))])
            } else {
                ActionMessage("migrate")
            }
        case .migrate(isLive: true, let server):
            ActionMessage("os-migrateLive", await live(server, api))
        case .evacuate(let server):
            ActionMessage("evacuate", await evacuation(server, api))
        }
    }

    private func live(_ server: ID<Server>?, _ api: ComputeAPI) async -> [String: ActionMessage.Value] {
        let host = if let server { ActionMessage.Value.text(await host(server)) } else { ActionMessage.Value.nothing }
        if api.knows(25) { return ["host": host, "block_migration": .text("auto")] }
        return ["host": host, "block_migration": .flag(false), "disk_over_commit": .flag(false)]
    }

    private func evacuation(_ server: ID<Server>?, _ api: ComputeAPI) async -> [String: ActionMessage.Value] {
        var body: [String: ActionMessage.Value] = api.knows(14) ? [:] : ["onSharedStorage": .flag(false)]
        if let server { body["host"] = .text(await host(server)) }
        return body
    }

    /// The name that Nova's actions know a server by: that of its service.
    private func host(_ server: ID<Server>) async -> String {
        let prefix = "\(cloud)/"
        let name = server.text.hasPrefix(prefix) ? String(server.text.dropFirst(prefix.count)) : server.text
        return await memory.picture.hypervisors?.first { $0.hostname == name }?.serviceHost ?? name
    }
}
