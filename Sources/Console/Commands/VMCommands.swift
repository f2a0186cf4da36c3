import Model
import Screen

extension Command {
    /// What clouds can do with VMs beyond starting and stopping; found in the palette, opened there by one key.
    static let onVMs: [Command] = [
        Command(
            name: "VM actions", keys: [.character("A")], group: .act,
            help: "what else can be done with the VMs: pause, suspend, shelve, migrate, evacuate …",
            modes: Mode.objects, isChange: true, availability: { $0.has(.vm) }
        ) { $0.openPalette("VM ") },
        onVM(.reboot(isHard: true), "VM hard reboot", "cut the power and start again", isDestructive: true),
        onVM(.pause, "VM pause", "hold it in memory", isDestructive: true),
        onVM(.unpause, "VM unpause", "let a paused VM go on"),
        onVM(.suspend, "VM suspend", "hold it on disk", isDestructive: true),
        onVM(.resume, "VM resume", "let a suspended VM go on"),
        onVM(.shelve, "VM shelve", "take it off its server and keep its disk", isDestructive: true),
        onVM(.unshelve, "VM unshelve", "put a shelved VM on a server again"),
        onVM(.confirm, "VM confirm", "keep what was resized or moved"),
        onVM(
            .migrate(isLive: true, to: nil), "VM live-migrate", "to another server while it runs", isDestructive: true),
        onVM(
            .migrate(isLive: false, to: nil), "VM migrate", "to another server; it stops meanwhile",
            isDestructive: true),
        onVM(.evacuate(to: nil), "VM evacuate", "build it anew elsewhere: its server is dead", isDestructive: true),
    ]

    private static func onVM(
        _ action: VMAction, _ name: String, _ help: String, isDestructive: Bool = false
    ) -> Command {
        Command(
            name: name, keys: [], group: .act, help: help, modes: Mode.objects, isChange: true,
            isDestructive: isDestructive, availability: { $0.canAct(action) }
        ) { $0.ask(action, isDestructive: isDestructive) }
    }
}

extension Console {
    /// The VMs among the targets.
    var targetVMs: [VM] {
        targets.compactMap { if case .vm(let id) = $0 { facts.inventory.vm(id) } else { nil } }
    }

    func canAct(_ action: VMAction) -> Command.Availability {
        if case .no(let why) = has(.vm) { return .no(why) }
        for vm in targetVMs {
            if action.needsAdmin, facts.inventory.clouds[vm.cloud]?.cloud.isAdmin == false {
                return .no("cloud '\(vm.cloud)' lets only administrators \(action.verb) VMs")
            }
            if let why = action.obstacle(vm) { return .no("\(vm.name) \(why)") }
        }
        return .yes
    }

    mutating func ask(_ action: VMAction, isDestructive: Bool) -> [Effect] {
        let targets = targets
        let orders = targetVMs.map { Order.act($0.cloud, $0.id, action) }
        guard isDestructive || orders.count > 1 else { return send(orders) }
        dialog = .confirmation(confirmation(action.verb, targets, orders, stops: action.stops))
        return []
    }
}

extension VMAction {
    /// Nova lets administrators only.
    var needsAdmin: Bool {
        switch self {
        case .migrate, .evacuate: true
        case .start, .stop, .reboot, .pause, .unpause, .suspend, .resume, .shelve, .unshelve, .confirm, .delete: false
        }
    }

    /// Whether what runs in the VM stops by it.
    var stops: Bool {
        switch self {
        case .stop, .reboot, .pause, .suspend, .shelve, .migrate(false, _), .evacuate, .delete: true
        case .start, .unpause, .resume, .unshelve, .migrate, .confirm: false
        }
    }

    /// Why a VM in its state cannot have it; nil when it can, or when only the cloud knows.
    func obstacle(_ vm: VM) -> String? {
        switch (self, vm.state) {
        case (_, .deleting): "is being deleted"
        case (.unpause, let state) where state != .paused: "is not paused"
        case (.resume, let state) where state != .suspended: "is not suspended"
        case (.unshelve, let state) where state != .shelved: "is not shelved"
        case (.confirm, let state) where state != .resized: "waits for no confirmation"
        case (.pause, let state) where state != .active, (.suspend, let state) where state != .active:
            "is \(state.word), not active"
        case (.migrate(true, _), let state) where state != .active && state != .paused: "is \(state.word), not active"
        default: nil
        }
    }
}
