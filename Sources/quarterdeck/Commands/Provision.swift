import ArgumentParser
import Model
import NodeAgent
import Runtime
import Settings

/// `quarterdeck provision`: makes and removes VMs as wanted, without a dashboard.
struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Make and remove VMs as the clusters of the context want them, until stopped.",
        discussion: """
            The dashboard and 'scale' do the same while they run; one program at a time does it for a cluster. It \
            needs the clouds' credentials: run it where they are, never on a machine of a cluster.
            """)
    @OptionGroup var context: ContextOptions

    func run() async throws {
        let connections = try context.connections()
        try await connections.command {
            let provisioning = Provisioning(connections)
            if provisioning.isEmpty {
                let name = connections.context.name
                throw CommandFailure(
                    .refused, "no cluster of context '\(name)' has a cloud to make VMs in; give it cloud = \"…\"")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await provisioning.run() }
                for cloud in connections.clouds {
                    group.addTask { try await cloud.source.observe { Self.take($0, provisioning) } }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func take(_ report: Report, _ provisioning: Provisioning) {
        provisioning.take(report)
        if case .silent(let why) = report.body { Output.error("cloud '\(report.source)': \(why)") }
    }
}
