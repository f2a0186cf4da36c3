/// The JSON of fleet's HTTP API v1, for both sides: what is empty is left out, an empty page is `{}`.
///
/// Pages are the server's `ServedPage` and the client's `FleetPage`: one writes by hand, the other reads leniently.
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
    struct Machine: Decodable, Hashable {
        var id: String?
        var metadata: [String: String]?
        var primaryIP: String?
    }

    /// What systemd says of a unit on one machine.
    struct State: Decodable, Hashable {
        var hash: String?
        var machineID: String?
        var name: String?
        var systemdActiveState: String?
        var systemdLoadState: String?
        var systemdSubState: String?
    }

    /// Every refusal.
    struct Refusal: Decodable {
        struct Cause: Decodable {
            var code: Int?
            var message: String?
        }

        var error: Cause
    }
}
