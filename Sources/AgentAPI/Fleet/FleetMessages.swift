/// The JSON of fleet's HTTP API v1, as both sides write it: what is empty is left out, an empty page is `{}`.
///
/// - Source: fleet 1.0's discovery document and its answers; what is read may lack everything.
enum FleetMessages {
    /// One line of a unit file. An empty value has no `value` at all.
    struct Option: Codable, Hashable {
        var name: String?
        var section: String?
        var value: String?
    }

    /// A unit: its file, what is wanted, and what came of it.
    struct Unit: Codable, Hashable {
        var currentState: String?
        var desiredState: String?
        var machineID: String?
        var name: String?
        var options: [Option]?
    }

    /// A machine with its merged metadata.
    struct Machine: Codable, Hashable {
        var id: String?
        var metadata: [String: String]?
        var primaryIP: String?
    }

    /// What systemd says of a unit on one machine.
    struct State: Codable, Hashable {
        var hash: String?
        var machineID: String?
        var name: String?
        var systemdActiveState: String?
        var systemdLoadState: String?
        var systemdSubState: String?
    }

    /// A page of units.
    struct UnitPage: Codable, Hashable {
        var nextPageToken: String?
        var units: [Unit]?
    }

    /// A page of machines.
    struct MachinePage: Codable, Hashable {
        var machines: [Machine]?
        var nextPageToken: String?
    }

    /// A page of states.
    struct StatePage: Codable, Hashable {
        var nextPageToken: String?
        var states: [State]?
    }

    /// Every refusal.
    struct Refusal: Codable, Hashable {
        struct Cause: Codable, Hashable {
            var code: Int?
            var message: String?
        }

        var error: Cause
    }
}
