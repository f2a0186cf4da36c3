import ArgumentParser
import Discovery
import Model
import NodeAgent
import Web

/// `quarterdeck discovery`.
struct DiscoveryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discovery",
        abstract: "Serve etcd's discovery protocol, by which the VMs of a new cluster find each other.",
        discussion: """
            'create-cluster --discovery' makes the token; by hand: curl -X PUT '…/new?size=3'. Who knows a token may \
            register with it until the cluster is complete: serve it where only your VMs and you reach it.
            """)
    @Option(help: "Where it listens, HOST:PORT.") var listen = "0.0.0.0:8087"
    @Option(help: "Where tokens are kept.") var directory = "/var/lib/quarterdeck/discovery"
    @Option(help: "What VMs reach it by, where that is another address: http://10.0.0.9:8087.") var url: String?
    @Option(help: "The file of its certificate, for https.") var cert: String?
    @Option(help: "The file of that certificate's key.") var key: String?

    func validate() throws {
        guard (cert == nil) == (key == nil) else { throw ValidationError("--cert and --key go together") }
        _ = try address()
    }

    private func address() throws -> WebAddress {
        guard let address = WebAddress(listen), case .tcp = address else {
            throw ValidationError("--listen '\(SafeText.name(listen))' is not HOST:PORT")
        }
        return address
    }

    func run() async throws {
        do {
            let (address, url) = (try address(), url)
            let tls = cert.map { WebTLS(cert: $0, key: key) }
            let discovery = try Discovery(directory: directory)
            try await untilStopped {
                try await discovery.run(address, tls: tls, url: url) { port in
                    Output.line("ready: port \(port)")
                }
            }
        } catch {
            throw CommandFailure(.refused, SafeText.block("\(error)"))
        }
    }
}
