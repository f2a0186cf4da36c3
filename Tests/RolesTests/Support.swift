import Model
import Roles

/// Seconds of a test's clock.
func second(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1_000) }

func unit(
    _ name: UnitName, _ options: [(String, String)] = [], desired: DesiredState = .launched,
    on machine: ID<Machine>? = nil,
    revision: Int64 = 5
) -> Unit {
    Unit(
        name: name, file: file(options), desired: desired,
        placement: machine.map { Placement(machine: $0, revision: revision) }, revision: revision)
}

func file(_ options: [(String, String)] = [], program: String = "/bin/serve") -> UnitFile {
    UnitFile(
        options: [.init(section: "Service", name: "ExecStart", value: program)]
            + options.map { .init(section: "X-Fleet", name: $0.0, value: $0.1) })
}

func contents(_ machines: [ID<Machine>], _ units: [Unit], leader: ID<Machine>? = nil) -> ClusterContents {
    ClusterContents(
        cluster: Cluster(id: "c", name: "c", leader: leader), machines: machines.map { Machine(id: $0) }, units: units)
}
