import FoundationEssentials
import Model
import Web

/// Lets other programs see and use a local cloud, as they would any cloud: over HTTP, on loopback.
public struct LocalCloudServer: Sendable {
    private let cloud: LocalCloud
    private let port: Int

    /// A server of a cloud; port 0 takes a free one.
    public init(_ cloud: LocalCloud, port: Int = 0) {
        self.cloud = cloud
        self.port = port
    }

    /// Serves until cancelled.
    public func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        let cloud = cloud
        let server = try WebServer(host: "127.0.0.1", port: port) { await Self.answer($0, cloud) }
        try await server.run(onListening: onListening)
    }

    private static func answer(_ request: WebRequest, _ cloud: LocalCloud) async -> WebResponse {
        let path = request.path
        do {
            switch (request.method, path.count) {
            case ("GET", 2) where path[1] == "contents":
                return request.query["watch"] == "true"
                    ? watch(cloud) : json(ContentsMessage(await cloud.contents()))
            case ("POST", 2) where path[1] == "vms": return try await create(request.body, cloud)
            case ("DELETE", 3) where path[1] == "vms":
                try await cloud.delete(ID(path[2]))
                return json(AnswerMessage(done: "deleted"))
            case ("POST", 4) where path[1] == "vms": return try await act(path[3], ID(path[2]), cloud)
            default: return refusal(404, "there is no \(request.method) /\(path.joined(separator: "/"))")
            }
        } catch let error as LocalCloudRefusal {
            return refusal(409, error.description)
        } catch {
            return refusal(400, "the request cannot be read: \(SafeText.clean("\(error)", limit: 256))")
        }
    }

    private static func create(_ body: [UInt8], _ cloud: LocalCloud) async throws -> WebResponse {
        let message = try JSONDecoder().decode(CreateMessage.self, from: Data(body))
        let vm = try await cloud.create(
            VMSpec(
                name: message.name, cluster: ID(SafeText.name(message.cluster)),
                choice: VMChoice(flavor: message.flavor, image: message.image), metadata: message.metadata))
        return json(AnswerMessage(done: vm.id.text))
    }

    private static func act(_ verb: String, _ vm: ID<VM>, _ cloud: LocalCloud) async throws -> WebResponse {
        switch verb {
        case "start": try await cloud.start(vm)
        case "stop": try await cloud.stop(vm)
        case "reboot": try await cloud.reboot(vm)
        default: return refusal(404, "a VM cannot '\(SafeText.name(verb))'")
        }
        return json(AnswerMessage(done: verb))
    }

    /// A line at every change, and one every two seconds so that a reader knows that all is well.
    private static func watch(_ cloud: LocalCloud) -> WebResponse {
        WebResponse(
            contentType: "application/x-ndjson",
            body: .stream { write in
                let (number, changes) = await cloud.changes()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while true {
                            try await Task.sleep(for: .seconds(2))
                            try await write([0x0A])
                        }
                    }
                    group.addTask {
                        for await _ in changes {
                            try await write(encoded(ContentsMessage(await cloud.contents())) + [0x0A])
                        }
                    }
                    defer { group.cancelAll() }
                    do {
                        try await group.next()
                    } catch {
                        await cloud.unwatch(number)
                        throw error
                    }
                    await cloud.unwatch(number)
                }
            })
    }

    private static func json(_ message: some Encodable) -> WebResponse { WebResponse(body: .bytes(encoded(message))) }

    private static func refusal(_ status: Int, _ text: String) -> WebResponse {
        WebResponse(status: status, body: .bytes(encoded(AnswerMessage(error: text))))
    }

    private static func encoded(_ message: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(message))
        } catch {
            preconditionFailure("a message of ours cannot be written as JSON: \(error)")
        }
    }
}
