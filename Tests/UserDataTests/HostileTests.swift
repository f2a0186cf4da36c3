import Foundation
import Model
import Testing
import UserData

@Suite struct `User data of hostile values` {
    @Test(arguments: 0..<200) func `is refused, or means just them`(seed: Int) throws {
        var chance = Chance(seed: UInt64(seed))
        let plan = chance.plan()
        for format in UserDataFormat.allCases {
            let text: String
            do {
                text = try UserData.text(plan, format: format)
            } catch {
                #expect("\(error)".unicodeScalars.allSatisfy { $0.value >= 0x20 })
                continue
            }
            #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
            guard format == .ignition else { continue }
            let config = try IgnitionConfig(text)
            #expect(config.keys == plan.sshKeys)
            #expect(config.files["/etc/quarterdeck/join-token"] == plan.joinToken.map { $0.secret + "\n" })
            let lines = try #require(config.files["/etc/quarterdeck/agent.conf"]).split(separator: "\n")
            let names = lines.dropFirst().map { $0.prefix { $0 != " " } }
            #expect(Set(names).isSubset(of: ["cluster", "store", "store-user", "store-password-file", "metadata"]))
            #expect(config.units == [AgentService.name])
        }
    }

    @Test(arguments: [
        ("a b", "a value with a blank"), ("../x", "a path"), ("", "nothing"), ("-x", "an option"),
        ("a\nb", "two lines"),
    ]) func `names no cluster`(cluster: String, why: String) {
        var plan = Plans.small
        plan.cluster = ID(cluster)
        #expect(throws: UserDataError.self, "\(why)") { try UserData.text(plan, format: .ignition) }
    }

    @Test(arguments: [
        "ftp://a", "http://", "http://a b", "http://a\nb", "http://a,http://b", "http://a'b", "http://\"",
        "http://a\\b",
    ]) func `names no address`(url: String) {
        for change in [
            { (plan: inout JoinPlan) in plan.storeEndpoints = [url] }, { $0.etcdDiscovery = url },
            { $0.agent = .download(url: url, sha256: String(repeating: "0", count: 64)) },
        ] {
            var plan = Plans.small
            change(&plan)
            #expect(throws: UserDataError.self) { try UserData.text(plan, format: .cloudInit) }
        }
    }

    @Test(arguments: ["bin/agent", "/home/me/agent", "/a b", "/a%n", "/a$b", "/a\n", "/", "/a\""])
    func `names no program`(path: String) {
        var plan = Plans.small
        plan.agent = .inImage(path: path)
        #expect(throws: UserDataError.self) { try UserData.text(plan, format: .cloudInit) }
    }

    @Test func `holds no private key`() {
        var plan = Plans.small
        plan.storeCA = Plans.authority + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        #expect(throws: UserDataError.self) { try UserData.text(plan, format: .ignition) }
    }

    @Test func `never shows the token`() {
        var plan = Plans.large
        plan.joinToken?.secret = "geheim\n"
        let refusal = #expect(throws: UserDataError.self) { try UserData.text(plan, format: .ignition) }
        #expect(
            refusal?.description == "the join token '…' cannot be told to a VM: one line without blanks at its ends")
    }

    @Test func `is never longer than clouds take`() throws {
        var plan = Plans.small
        plan.sshKeys = (0..<700).map { "ssh-ed25519 " + String(repeating: "A", count: 80) + " \($0)" }
        let refusal = #expect(throws: UserDataError.self) { try UserData.text(plan, format: .cloudInit) }
        #expect(refusal?.description.contains("clouds take 65535") == true)
        plan.sshKeys = []
        let text = try UserData.text(plan, format: .cloudInit)
        #expect(Data(text.utf8).base64EncodedString().utf8.count < 65_535)
    }
}

/// What Ignition reads, as far as the tests ask.
struct IgnitionConfig {
    let files: [String: String]
    let units: [String]
    let keys: [String]

    init(_ text: String) throws {
        let config = try JSONDecoder().decode(Config.self, from: Data(text.utf8))
        let pairs = config.storage.files.compactMap { file in
            file.contents.source.hasPrefix("data:,")
                ? file.contents.source.dropFirst(6).removingPercentEncoding.map { (file.path, $0) } : nil
        }
        files = Dictionary(uniqueKeysWithValues: pairs)
        units = config.systemd.units.map(\.name)
        keys = config.passwd?.users.flatMap(\.sshAuthorizedKeys) ?? []
    }

    private struct Config: Decodable {
        struct Contents: Decodable { var source: String }
        struct File: Decodable {
            var path: String
            var contents: Contents
        }
        struct Storage: Decodable { var files: [File] }
        struct Unit: Decodable { var name: String }
        struct Systemd: Decodable { var units: [Unit] }
        struct User: Decodable { var sshAuthorizedKeys: [String] }
        struct Passwd: Decodable { var users: [User] }
        var storage: Storage
        var systemd: Systemd
        var passwd: Passwd?
    }
}

/// Values that try to be more than values; a seed decides them.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    private static let pieces = [
        "a", "Z9", "\"", "'", "\\", "%", "%n", "$", "${HOME}", "`id`", "$(id)", ": ", " #", "- ", "{", "}", "]", "&",
        "*",
        "|", ">", "!", "@", "\u{e9}", "\u{1F680}", "END", "<<END", "</script>", "\\n", "~", "^",
    ]
    private static let rare = ["\n", "\r", "\t", "\u{0}", "\u{1B}[31m", "\u{2028}", "\u{85}", ","]

    private mutating func text(isPlain: Bool) -> String {
        (0..<Int.random(in: 1...6, using: &self)).map { _ in
            let isRare = !isPlain && Int.random(in: 0..<12, using: &self) == 0
            return (isRare ? Self.rare : Self.pieces).randomElement(using: &self) ?? ""
        }.joined().trimmingCharacters(in: .whitespaces)
    }

    /// A plan; half of them have values that no VM can be told.
    mutating func plan() -> JoinPlan {
        let isPlain = Bool.random(using: &self)
        var plan = Plans.small
        for _ in 0..<2 { plan.metadata[text(isPlain: isPlain)] = text(isPlain: isPlain) }
        plan.joinToken = JoinPlan.JoinToken(user: text(isPlain: isPlain), secret: text(isPlain: isPlain))
        plan.sshKeys = ["ssh-ed25519 AAAA " + text(isPlain: isPlain)]
        return plan
    }
}
