import Foundation
import Glibc
import Programs
import Testing

@testable import Discovery
@testable import Web

/// A folder for tokens, taken away with the test.
private func withFolder<Value>(_ work: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.path + "/discovery-\(UUID().uuidString)"
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder): \(error)") } }
    return try await work(folder)
}

extension Discovery {
    /// Asks as an HTTP client would.
    fileprivate func ask(
        _ method: String, _ path: String, query: [String: String] = [:], body: String = ""
    ) async -> (status: Int, text: String, index: String?) {
        let request = WebRequest(
            method: method, path: path.split(separator: "/").map(String.init), query: query,
            contentType: "application/x-www-form-urlencoded", headers: [:], body: Array(body.utf8), peer: WebPeer())
        let answer = await answer(request, base: "http://10.0.0.9:8087")
        guard case .bytes(let bytes) = answer.body else { return (answer.status, "a stream", nil) }
        return (answer.status, String(decoding: bytes, as: UTF8.self), answer.headers["X-Etcd-Index"])
    }

    fileprivate func register(_ token: String, _ id: String, _ name: String) async -> (status: Int, text: String) {
        let answer = await ask(
            "PUT", "\(token)/\(id)", query: ["prevExist": "false"], body: "value=\(name)%3Dhttp%3A%2F%2F10.0.0.1%3A2380"
        )
        return (answer.status, answer.text)
    }
}

@Suite struct `A discovery token` {
    @Test func `is an address that nobody guesses`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            let answer = await discovery.ask("GET", "new", query: ["size": "3"])
            #expect(answer.status == 200)
            let token = try #require(answer.text.split(separator: "/").last)
            #expect(answer.text == "http://10.0.0.9:8087/\(token)" && token.count == 32)
            let size = await discovery.ask("GET", "\(token)/_config/size")
            #expect(size.text.contains("\"value\":\"3\"") && size.index == "1")
        }
    }

    @Test func `lists its members as etcd's API does`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            try await discovery.create(token: "shop", size: 2)
            #expect(await discovery.register("shop", "a1", "one").status == 201)
            let list = await discovery.ask("GET", "shop")
            #expect(
                list.text == #"{"action":"get","node":{"createdIndex":1,"dir":true,"key":"/_etcd/registry/shop","#
                    + #""modifiedIndex":1,"nodes":[{"createdIndex":2,"key":"/_etcd/registry/shop/a1","#
                    + #""modifiedIndex":2,"value":"one=http://10.0.0.1:2380"}]}}"# + "\n")
            #expect(list.index == "2")
        }
    }

    @Test func `refuses one more than the cluster has, and says who is there`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            try await discovery.create(token: "shop", size: 1)
            _ = await discovery.register("shop", "a1", "one")
            let late = await discovery.register("shop", "a2", "two")
            #expect(late.status == 403)
            #expect(late.text.contains("the cluster of token 'shop' has its 1 members: one=http://10.0.0.1:2380;"))
        }
    }

    @Test func `takes a member again while others are awaited, and not after that`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            try await discovery.create(token: "shop", size: 2)
            _ = await discovery.register("shop", "a1", "one")
            #expect(await discovery.register("shop", "a1", "one").status == 201)
            #expect(await discovery.register("shop", "a1", "other").status == 412)
            #expect(await discovery.register("shop", "a2", "one").status == 403)
            #expect(await discovery.register("shop", "a2", "two").status == 201)
            let again = await discovery.register("shop", "a1", "one")
            #expect(again.status == 412 && again.text.contains("\"errorCode\":105"))
        }
    }

    @Test func `is made once`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            try await discovery.create(token: "shop", size: 3)
            await #expect(throws: DiscoveryError.tokenUsed("shop")) {
                try await discovery.create(token: "shop", size: 3)
            }
            let answer = await discovery.ask("PUT", "new", query: ["size": "3", "token": "shop"])
            #expect(answer.status == 403 && answer.text.contains("a token makes one cluster, once"))
        }
    }

    @Test func `outlives the server`() async throws {
        try await withFolder { folder in
            do {
                let discovery = try Discovery(directory: folder)
                try await discovery.create(token: "shop", size: 3)
                _ = await discovery.register("shop", "a1", "one")
            }
            let discovery = try Discovery(directory: folder)
            _ = await discovery.register("shop", "a2", "two")
            let list = await discovery.ask("GET", "shop")
            #expect(list.text.contains("one=http") && list.text.contains("two=http") && list.index == "3")
        }
    }

    @Test(arguments: ["", ".x", "_x", "new", "health", "a/b", "a b", "ü", String(repeating: "a", count: 129)])
    func `is nothing else`(token: String) async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            await #expect(throws: DiscoveryError.badToken(token)) { try await discovery.create(token: token, size: 3) }
        }
    }
}

@Suite struct `A discovery server` {
    @Test func `knows no token that was not made`() async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            for path in ["ghost", "ghost/_config/size", "ghost/a1", "a/b/c/d", ""] {
                let answer = await discovery.ask("GET", path)
                #expect(answer.status == 404 && answer.text.contains("\"errorCode\":100"), "\(path)")
            }
            #expect(await discovery.register("ghost", "a1", "one").status == 404)
        }
    }

    @Test(arguments: ["", "value=", "value=one", "value=one%3Dftp://x", "value=one%3Dhttp://a%0Ab", "x=y"])
    func `registers no nonsense`(body: String) async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            try await discovery.create(token: "shop", size: 3)
            #expect(await discovery.ask("PUT", "shop/a1", body: body).status == 400)
            #expect(await discovery.ask("PUT", "shop/..", body: "value=one%3Dhttp://x").status == 400)
            let long = "value=one%3Dhttp://" + String(repeating: "x", count: 3_000)
            #expect(await discovery.ask("PUT", "shop/a1", body: long).status == 400)
        }
    }

    @Test(arguments: ["0", "10", "-1", "x", "99999999999999999999"])
    func `makes no cluster of a size that makes no sense`(size: String) async throws {
        try await withFolder { folder in
            let discovery = try Discovery(directory: folder)
            #expect(await discovery.ask("GET", "new", query: ["size": size]).status == 400)
        }
    }

    @Test func `has its folder to itself, and says which file it cannot read`() async throws {
        try await withFolder { folder in
            do {
                let discovery = try Discovery(directory: folder)
                #expect(throws: DiscoveryError.self) { try Discovery(directory: folder) }
                _ = await discovery.ask("GET", "health")
            }
            try "{".write(toFile: folder + "/shop.json", atomically: true, encoding: .utf8)
            let refusal = #expect(throws: DiscoveryError.self) { try Discovery(directory: folder) }
            #expect(refusal?.description.contains("/shop.json': it is no registration") == true)
        }
    }
}
