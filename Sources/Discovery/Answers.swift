import FoundationEssentials
import Web

/// An answer of etcd's API version 2, as far as discovery needs it.
///
/// - Source: etcd 3.4, `Documentation/v2/api.md` and `errorcode.md`.
struct Answer: Encodable {
    struct Node: Encodable {
        var key: String
        var value: String?
        var dir: Bool?
        var nodes: [Node]?
        var modifiedIndex: Int
        var createdIndex: Int
    }

    var action: String
    var node: Node
}

/// A refusal of that API.
struct Refusal: Encodable {
    var errorCode: Int
    var message: String
    var cause: String
    var index: Int

    static func notFound(_ key: String, index: Int = 0) -> WebResponse {
        Refusal(errorCode: 100, message: "Key not found", cause: key, index: index).response(404)
    }

    /// Members print the cause, and nothing else of ours.
    static func noToken(_ token: String) -> WebResponse {
        notFound("there is no token '\(token.prefix(128))' here: it was never made, or is mistyped")
    }

    static func exists(_ key: String, index: Int) -> WebResponse {
        Refusal(errorCode: 105, message: "Key already exists", cause: key, index: index).response(412)
    }

    /// - Source: `EcodeInvalidField`.
    static func invalid(_ why: String) -> WebResponse {
        Refusal(errorCode: 209, message: "Invalid field", cause: why, index: 0).response(400)
    }

    /// - Source: `EcodeUnauthorized`; its message has the reason here, since clients show nothing else.
    static func forbidden(_ why: String, index: Int = 0) -> WebResponse {
        Refusal(errorCode: 110, message: why, cause: why, index: index).response(403)
    }

    func response(_ status: Int) -> WebResponse { WebResponse(status: status, json: self, index: index) }
}

extension Answer.Node {
    static let root = "/_etcd/registry/"

    init(_ token: String, _ member: Registration.Member) {
        self.init(
            key: "\(Self.root)\(token)/\(member.id)", value: member.value, modifiedIndex: member.createdIndex,
            createdIndex: member.createdIndex)
    }

    init(_ token: String, _ registration: Registration) {
        self.init(
            key: Self.root + token, dir: true, nodes: registration.members.map { Self(token, $0) }, modifiedIndex: 1,
            createdIndex: 1)
    }

    static func size(_ token: String, _ registration: Registration) -> Self {
        Self(
            key: "\(root)\(token)/_config/size", value: String(registration.size), modifiedIndex: 1, createdIndex: 1)
    }
}

extension WebResponse {
    /// With the index that clients watch from.
    init(status: Int = 200, json: some Encodable, index: Int) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
            let body = Array(try encoder.encode(json)) + [0x0A]
            self.init(status: status, headers: ["X-Etcd-Index": String(index)], body: .bytes(body))
        } catch {
            self.init(status: 500, contentType: "text/plain", body: .bytes(Array("\(error)\n".utf8)))
        }
    }

    init(status: Int = 200, text: String) {
        self.init(status: status, contentType: "text/plain", body: .bytes(Array(text.utf8)))
    }
}
