extension Problem.Kind {
    /// The names of the console's commands that help, the best first.
    public var helps: [String] {
        switch self {
        case .nothingHeard, .cloudSilent, .controlPlane, .siteDown: ["events"]
        case .storeSilent, .storeTrouble, .memberSilent, .noLeader, .restored: ["info", "events"]
        case .serverDown, .serverSilent, .serverFull, .partition: ["open", "info", "events"]
        case .serverClosed: ["info"]
        case .vmLost: ["VM evacuate", "VM hard reboot", "info"]
        case .vmError: ["info", "VM hard reboot", "delete VM"]
        case .vmNeverJoined: ["info", "log in", "VM hard reboot", "delete VM"]
        case .vmWaits: ["info", "VM confirm", "delete VM"]
        case .machineSilent: ["info", "log in", "restart", "VM hard reboot"]
        case .machineFlaps, .machineSick: ["drain", "log in", "info"]
        case .machineRival, .machineClock, .machineUnknown: ["info", "log in"]
        case .machineFull: ["open", "info", "drain", "scale out"]
        case .drain: ["open", "info", "drain"]
        case .clusterShort: ["scale out", "open", "info"]
        case .growth: ["orders", "open", "scale in", "scale out"]
        case .unitFails: ["logs", "restart", "info", "stop"]
        case .unitLost: ["info", "move", "events"]
        case .unitWaits: ["info", "scale out", "unload"]
        case .unitIdle: ["start", "logs", "info"]
        case .unitUnheard: ["info", "move", "log in"]
        case .unitSlow: ["logs", "info", "restart"]
        case .moveRefused: ["move", "info"]
        case .order: ["orders"]
        }
    }

    /// What is wrong with several that are in this trouble in different ways.
    var many: String {
        switch self {
        case .nothingHeard, .cloudSilent, .storeSilent: "do not answer; what is shown of them is old"
        case .controlPlane, .siteDown, .serverDown: "are down"
        case .serverSilent: "have no machine left"
        case .serverClosed: "take no new VMs"
        case .serverFull, .machineFull: "are full"
        case .vmLost: "are lost"
        case .vmError: "are in error"
        case .vmNeverJoined: "never joined their clusters"
        case .vmWaits: "wait"
        case .machineSilent, .partition: "fell silent"
        case .machineFlaps: "come and go"
        case .machineSick: "have units failing that fail nowhere else"
        case .machineRival: "have twins"
        case .machineClock: "have clocks that are ahead"
        case .machineUnknown: "run in VMs that no cloud here knows"
        case .drain: "drain"
        case .storeTrouble: "have trouble with their stores: nothing can be changed in them"
        case .memberSilent: "have silent store members"
        case .noLeader: "have no leading scheduler: nothing is placed or moved in them"
        case .restored: "have restored stores"
        case .clusterShort: "have fewer machines than wanted, and none is on its way"
        case .growth: "grow or shrink"
        case .unitFails: "fail"
        case .unitLost: "are placed on machines that are gone"
        case .unitWaits: "wait for a machine"
        case .unitIdle: "are wanted launched, and do not run"
        case .unitUnheard: "were placed, and nothing is heard of them"
        case .unitSlow: "are slow to start or stop"
        case .moveRefused: "were not moved"
        case .order: "are asked"
        }
    }
}
