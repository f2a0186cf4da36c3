import FoundationEssentials
public import Model
public import Runtime
import Web

/// A local cloud as the console sees it, in this program or another.
public struct LocalCloudSource: CloudSource {
    /// The cloud's name in the configuration.
    public let id: SourceID
    private let cloud: ID<Cloud>
    private let endpoint: String
    private let clock: SystemClock
    private let web = WebClient(deadline: .seconds(5))

    /// The cloud that answers at `http://127.0.0.1:<port>`.
    public init(cloud: ID<Cloud>, endpoint: String, clock: SystemClock) {
        self.cloud = cloud
        self.endpoint = endpoint
        self.clock = clock
        id = .cloud(cloud)
    }

    /// Reports until cancelled.
    public func observe(_ tell: @Sendable (Report) async -> Void) async throws {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                try await web.lines("\(endpoint)/v1/contents?watch=true") { lines in
                    for line in lines { await tell(report(body(line))) }
                }
                await tell(report(.silent("cloud '\(cloud)' at '\(endpoint)' ended the connection")))
            } catch is CancellationError {
                return
            } catch {
                await tell(report(.silent(SafeText.clean("\(error)", limit: 512))))
            }
            try await backoff.pause()
        }
    }

    private func body(_ line: String) -> Report.Body {
        guard !line.isEmpty else { return .quiet }
        guard let message = try? JSONDecoder().decode(ContentsMessage.self, from: Data(line.utf8)) else {
            return .silent("cloud '\(cloud)' at '\(endpoint)' answers something that is no list of VMs")
        }
        return .cloud(message.contents(cloud))
    }

    private func report(_ body: Report.Body) -> Report {
        Report(source: id, observedAt: clock.now(), body: body)
    }

    /// Carries out one order.
    public func carryOut(_ order: Order) async -> Outcome {
        do {
            switch order {
            case .createVM(_, let spec):
                let message = CreateMessage(
                    name: spec.name, cluster: spec.cluster.text, flavor: spec.choice.flavor, image: spec.choice.image,
                    metadata: spec.metadata)
                _ = try await web.send("POST", "\(endpoint)/v1/vms", body: Array(try JSONEncoder().encode(message)))
                return .done("VM \(spec.name) is being built")
            case .act(_, let vm, .start): return try await act("start", vm, "starts")
            case .act(_, let vm, .stop): return try await act("stop", vm, "is stopped")
            case .act(_, let vm, .reboot): return try await act("reboot", vm, "reboots")
            case .act(_, let vm, .delete):
                _ = try await web.send("DELETE", "\(endpoint)/v1/vms/\(vm.text.percentEncoded)")
                return .done("VM \(vm.short) is deleted")
            case .act(_, _, let action):
                return .refused("cloud '\(cloud)' runs on this computer and cannot \(action.verb) a VM")
            case .submit, .want, .destroy, .restart, .move, .drain, .undrain, .roll, .endRoll, .scale:
                return .refused("cloud '\(cloud)' has no units; ask the cluster")
            }
        } catch WebError.status(_, _, let text) {
            let message = try? JSONDecoder().decode(AnswerMessage.self, from: Data(text.utf8))
            return .refused(SafeText.clean(message?.error ?? text, limit: 512))
        } catch {
            return .unreachable("cannot \(order.phrase): \(SafeText.clean("\(error)", limit: 512))")
        }
    }

    private func act(_ verb: String, _ vm: ID<VM>, _ word: String) async throws -> Outcome {
        _ = try await web.send("POST", "\(endpoint)/v1/vms/\(vm.text.percentEncoded)/\(verb)", body: [])
        return .done("VM \(vm.short) \(word)")
    }

    /// A local cloud tells everything at once.
    public func read(_ parts: CloudParts) async throws -> CloudContents {
        let bytes = try await web.send("GET", "\(endpoint)/v1/contents")
        guard let message = try? JSONDecoder().decode(ContentsMessage.self, from: Data(bytes)) else {
            throw SourceError("cloud '\(cloud)' at '\(endpoint)' answers something that is no list of VMs")
        }
        return message.contents(cloud)
    }

    /// Whether it answers.
    public func check() async -> [CloudCheck] {
        do {
            let contents = try await read(.all)
            return [CloudCheck(.good, "answers, \(contents.servers.count) servers, \(contents.vms.count) VMs")]
        } catch {
            return [CloudCheck(.bad, SafeText.clean("\(error)", limit: 512))]
        }
    }

    /// A local VM is a process: it has no console.
    public func details(of vm: ID<VM>) async throws -> VMDetails {
        VMDetails(consoleProblem: "a VM of the local cloud is a process of this computer and has no console")
    }

    /// A local VM has no log of units; its machine's agent has.
    public func log(_ request: LogRequest, _ tell: @Sendable ([LogLine]) async -> Void) async throws {
        throw SourceError("cloud '\(cloud)' has no unit logs; ask the cluster '\(request.unit.cluster)'")
    }
}
