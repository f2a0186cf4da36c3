import AgentAPI
import Foundation
import Model
import Programs
import Testing

@Suite(.serialized) struct `Fleet's API of an agent that knows its callers` {
    private static let tokens = ["operator": "operator-0123456789", "viewer": "viewer-0123456789"]

    private func with(_ body: (AgentStand, _ socket: String) async throws -> Void) async throws {
        try await AgentStand.with { stand in
            let file = stand.folder + "/tokens"
            let lines = Self.tokens.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
            try lines.write(toFile: file, atomically: true, encoding: .utf8)
            chmod(file, 0o600)
            let socket = stand.folder + "/api.sock"
            let agent = try await stand.agent("a", ["--listen", "unix:" + socket, "--api-token-file", file])
            defer { agent.kill() }
            try await Programs.eventually("the agent's API", within: .seconds(60)) {
                FileManager.default.fileExists(atPath: socket) ? true : nil
            }
            try await body(stand, socket)
        }
    }

    private func ask(
        _ socket: String, _ method: String, _ path: String, as role: String?, _ body: String? = nil
    ) async throws -> RawAnswer {
        var headers = role.flatMap { Self.tokens[$0] ?? "unheard-of-0123456789" }.map {
            ["Authorization: Bearer \($0)"]
        }
        if body != nil { headers = (headers ?? []) + ["Content-Type: application/json"] }
        return try await RawAnswer.ask(socket, RawAnswer.request(method, path, headers ?? [], body))
    }

    @Test func `lets viewers look and operators change, and others nothing`() async throws {
        try await with { stand, socket in
            let units = "/fleet/v1/units"
            let path = units + "/a.service"
            let body = #"{"options":\#(Sent.options)}"#
            for role in [nil, "stranger"] {
                let answer = try await ask(socket, "GET", units, as: role)
                #expect(answer.status == 401)
                #expect(answer.headers["server"] == "fleetd/1.0.0")
                #expect(answer.body.hasPrefix(#"{"error":{"code":401,"message":""#))
                #expect(try await ask(socket, "DELETE", path, as: role).status == 401)
            }
            #expect(try await ask(socket, "PUT", path, as: "viewer", body).status == 403)
            #expect(try await ask(socket, "PUT", path, as: "operator", body).status == 201)
            #expect(try await ask(socket, "GET", path, as: "viewer").status == 200)
            for method in ["DELETE", "PATCH", "POST"] {
                #expect(try await ask(socket, method, path, as: "viewer").status == 403)
            }
            // fleetctl sends a DELETE without a body and so without a type.
            #expect(try await ask(socket, "DELETE", path, as: "operator").status == 204)
            // Who may open the socket for fleet's API alone needs no token there.
            #expect(try await ask(stand.socket("a"), "GET", units, as: nil).text == told(200, "{}"))
        }
    }
}
