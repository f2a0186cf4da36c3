import Foundation
import Programs
import Testing

/// The cloud's administrator, who does things behind the program's back; curl asks for him.
struct NovaClient {
    private let token: String
    private let compute: String
    private static let identity = "http://127.0.0.1:27500/v3"

    init(user: String = "admin") async throws {
        let domain = #"{"id": "default"}"#
        let body = """
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "\(user)", \
            "domain": \(domain), "password": "testbed"}}}, "scope": {"project": {"name": "\(user)", \
            "domain": \(domain)}}}}
            """
        let answer = try await Self.curl("-i", "\(Self.identity)/auth/tokens", "-d", body)
        let header = answer.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("x-subject-token:") }
        token = try #require(header).dropFirst(16).trimmingCharacters(in: .whitespacesAndNewlines)
        compute = "http://127.0.0.1:31274/v2.1"
    }

    private static func curl(_ words: String...) async throws -> String {
        let result = try await Programs.run(
            ["/usr/bin/curl", "-sS", "-m", "60", "--noproxy", "*", "-H", "Content-Type: application/json"] + words,
            limit: .seconds(70))
        guard result.code == 0 else { throw Programs.Failure("curl: \(result.errors)") }
        return result.output
    }

    private func ask<Answer: Decodable>(_ type: Answer.Type, _ path: String) async throws -> Answer {
        let text = try await Self.curl("-H", "X-Auth-Token: \(token)", compute + path)
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    private struct Named: Decodable {
        var id: String
        var name: String?
    }

    private struct Listed: Decodable { var servers: [Named] }
    private struct Made: Decodable { var server: Named }
    private struct Users: Decodable { var users: [Named] }

    func serverIDs() async throws -> [String] {
        try await ask(Listed.self, "/servers?all_tenants=1").servers.map(\.id)
    }

    /// A group of VMs that the scheduler spreads.
    struct Group: Decodable {
        var policies: [String]
        var members: [String]
    }

    func groups() async throws -> [Group] {
        struct Groups: Decodable { var server_groups: [Group] }
        return try await ask(Groups.self, "/os-server-groups").server_groups
    }

    func delete(_ id: String) async throws {
        _ = try await Self.curl("-X", "DELETE", "-H", "X-Auth-Token: \(token)", "\(compute)/servers/\(id)")
    }

    /// Makes a VM and returns its ID; its image and flavor are the smallest.
    @discardableResult
    func create(_ name: String, metadata: [String: String] = [:]) async throws -> String {
        struct Images: Decodable { var images: [Named] }
        let image = try #require(try await ask(Images.self, "/images").images.first).id
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
        let body = """
            {"server": {"name": "\(name)", "flavorRef": "1", "imageRef": "\(image)", "networks": "auto", \
            "metadata": {\(pairs.joined(separator: ", "))}}}
            """
        let text = try await Self.curl(
            "-H", "X-Auth-Token: \(token)", "-H", "OpenStack-API-Version: compute 2.87", "-d", body,
            compute + "/servers")
        do {
            return try JSONDecoder().decode(Made.self, from: Data(text.utf8)).server.id
        } catch {
            throw Programs.Failure("no VM: \(text)")
        }
    }

    /// Makes every token of a user worthless, by giving it the password that it has.
    func revokeTokens(of user: String) async throws {
        let text = try await Self.curl("-H", "X-Auth-Token: \(token)", "\(Self.identity)/users?name=\(user)")
        let id = try #require(try JSONDecoder().decode(Users.self, from: Data(text.utf8)).users.first).id
        _ = try await Self.curl(
            "-X", "PATCH", "-H", "X-Auth-Token: \(token)", "\(Self.identity)/users/\(id)", "-d",
            #"{"user": {"password": "testbed"}}"#)
    }
}
