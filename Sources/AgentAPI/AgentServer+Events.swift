import FoundationEssentials
import Model
import Runtime
import Web

/// One line of `GET /v1/events`: something that happened in the cluster.
struct EventMessage: Codable {
    var at: Int64
    var weight: String
    var unit: String?
    var machine: String?
    var text: String

    init(_ event: FarmEvent) {
        at = event.at.milliseconds
        weight = "\(event.weight)"
        text = event.text
        switch event.subject {
        case .unit(let key): unit = key.name.text
        case .machine(_, let id): machine = id.text
        case .cloud, .server, .vm, .cluster, .source: break
        }
    }
}

extension AgentServer {
    /// Everything that happens in the cluster from now on, a line each, for as long as the caller listens.
    static func events(_ services: AgentServices) -> WebResponse {
        stream { write in
            try await services.events { events in
                var bytes: [UInt8] = []
                for event in events { bytes += encoded(EventMessage(event)) + [0x0A] }
                if !bytes.isEmpty { try await write(bytes) }
            }
        }
    }

    /// Lines of JSON as they come; an empty line every ten seconds, so that a caller that left is noticed.
    static func stream(
        _ work: @escaping @Sendable (@escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) -> WebResponse {
        WebResponse(
            contentType: "application/x-ndjson",
            body: .stream { write in
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { while true { try await breathe(write) } }
                        group.addTask { try await work(write) }
                        defer { group.cancelAll() }
                        try await group.next()
                    }
                } catch let error as SourceError {
                    try await write(encoded(RefusalMessage(error: error.description)) + [0x0A])
                }
            })
    }
}
