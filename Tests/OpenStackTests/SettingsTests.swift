import Foundation
import OpenStack
import Testing

/// Directories that settings are looked for in, gone with the test.
private final class Places: Sendable {
    let root: String

    init(_ files: [String: String], mode: Int = 0o600) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "qd-os-\(UUID().uuidString)").path
        for folder in ["cwd", "user", "etc"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(filePath: "\(root)/\(name)"))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(root)/\(name)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func load(_ cloud: String? = nil, _ environment: [String: String] = [:]) throws -> OpenStackSettings {
        try OpenStackSettings.load(
            cloud: cloud, environment: environment,
            places: SettingPlaces(working: "\(root)/cwd", user: "\(root)/user", system: "\(root)/etc"))
    }

    /// The sentence that these settings are refused with.
    func refusal(_ cloud: String? = nil, _ environment: [String: String] = [:]) -> String {
        do {
            _ = try load(cloud, environment)
            return "(taken)"
        } catch {
            return "\(error)"
        }
    }
}

private func cloud(_ auth: String, beside: String = "") -> String {
    "clouds:\n  east:\n    auth:\n" + auth.split(separator: "\n").map { "      \($0)\n" }.joined()
        + beside.split(separator: "\n").map { "    \($0)\n" }.joined()
}

private let usual = "auth_url: https://one.example:5000/v3/\nusername: ann\npassword: swordfish\nproject_name: shop"

@Suite struct `Settings of an OpenStack cloud` {
    @Test func `are found in the first directory that has them`() throws {
        let places = try Places(["user/clouds.yaml": cloud(usual), "etc/clouds.yaml": cloud("auth_url: http://no")])

        let settings = try places.load()

        #expect(settings.name == "east")
        #expect(settings.authURL == "https://one.example:5000")
        #expect(settings.credentials == .password(user: .name("ann", domain: .id("default")), Secret("swordfish")))
        #expect(settings.scope == .project(.name("shop", domain: .id("default"))))
        #expect(settings.warnings.isEmpty)
    }

    @Test func `are read from the file that a variable names, and only there`() throws {
        let places = try Places([
            "cwd/clouds.yaml": cloud(usual), "other.yaml": cloud(usual, beside: "region_name: R2"),
        ])

        #expect(try places.load(nil, ["OS_CLIENT_CONFIG_FILE": places.root + "/other.yaml"]).region == "R2")
        #expect(places.refusal(nil, ["OS_CLIENT_CONFIG_FILE": "/nowhere/x.yaml"]).contains("'/nowhere/x.yaml'"))
    }

    @Test func `take secrets from the file beside`() throws {
        let open = usual.replacing("\npassword: swordfish", with: "")
        let places = try Places([
            "etc/clouds.yaml": cloud(open, beside: "interface: internalURL\ncacert: ~/ca.pem\nverify: false"),
            "etc/secure.yaml": cloud("password: swordfish"),
        ])

        let settings = try places.load("east", ["HOME": "/home/ann"])

        #expect(settings.credentials == .password(user: .name("ann", domain: .id("default")), Secret("swordfish")))
        #expect(settings.interface == "internal")
        #expect(settings.cacert == "/home/ann/ca.pem")
        #expect(!settings.verifies)
        #expect(settings.warnings.count == 1)
    }

    @Test func `know application credentials, tokens, domains and overrides`() throws {
        let text = """
            clouds:
              app: {auth_type: v3applicationcredential, auth: {auth_url: "http://[::1]:5000", application_credential_id: a1,
                    application_credential_secret: geheim}, compute_endpoint_override: "http://[::1]:8774/v2.1"}
              tok: {auth_type: token, auth: {auth_url: http://k, token: gAAA, project_id: p9}}
              sys: {auth: {auth_url: http://k/identity, user_id: u, password: 12345, system_scope: all}}
              dom: {auth: {auth-url: http://k, username: u, password: p, user_domain_name: Corp, project-name: x,
                    project_domain_id: d2}}
            """
        let places = try Places(["cwd/clouds.yaml": text])

        #expect(try places.load("app").credentials == .applicationCredential(id: "a1", Secret("geheim")))
        #expect(try places.load("app").scope == .unnamed)
        #expect(try places.load("app").overrides == ["compute": "http://[::1]:8774/v2.1"])
        #expect(try places.load("tok").credentials == .token(Secret("gAAA")))
        #expect(try places.load("tok").scope == .project(.id("p9")))
        #expect(try places.load("sys").credentials == .password(user: .id("u"), Secret("12345")))
        #expect(try places.load("sys").scope == .system)
        #expect(try places.load("dom").scope == .project(.name("x", domain: .id("d2"))))
        #expect(places.refusal().contains("name one of 'app', 'dom', 'sys', 'tok'"))
    }

    @Test func `come from the environment alone`() throws {
        let places = try Places([:])
        let variables = [
            "OS_AUTH_URL": "https://k:5000/v3", "OS_USERNAME": "bob", "OS_PASSWORD": "pw-of-bob",
            "OS_PROJECT_NAME": "x",
            "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": "R",
        ]

        let settings = try places.load(nil, variables)

        #expect(settings.name == "envvars")
        #expect(settings.region == "R")
        #expect(settings.credentials == .password(user: .name("bob", domain: .name("Default")), Secret("pw-of-bob")))
    }

    @Test func `that others can read are warned of`() throws {
        let places = try Places(["cwd/clouds.yaml": cloud(usual)], mode: 0o644)

        let warnings = try places.load().warnings

        #expect(
            warnings == [
                "others can read the secrets in '\(places.root)/cwd/clouds.yaml'; "
                    + "run 'chmod 600 \(places.root)/cwd/clouds.yaml'"
            ])
    }

    @Test(arguments: [
        ("clouds: [1, 2]", "line 1: 'clouds' holds no clouds"),
        ("clouds:\n  east: 7", "line 2: 'clouds.east' is one text"),
        ("cloud:\n  east: {}", "has no 'clouds:'"),
        ("clouds:\n  east: {auth: {}}", "'clouds.east.auth.auth_url' is missing"),
        ("clouds:\n  east: {profile: vexxhost}", "the profile 'vexxhost' of a vendor is not read here"),
        ("clouds:\n  east:\n    auth: [x]", "line 3: 'clouds.east.auth' is a list"),
        (cloud("auth_url: {a: b}"), "line 4: 'clouds.east.auth.auth_url' is a map, not text"),
        (cloud("auth_url: ftp://x"), "'auth_url' of cloud 'east' is no address"),
        (cloud("auth_url: https://ann:swordfish@k/v3"), "holds a user or a password"),
        (
            cloud("auth_url: http://k\npassword: [swordfish]\nusername: u"),
            "line 5: 'clouds.east.auth.password' is a list"
        ),
        (cloud("auth_url: http://k\npassword: swordfish"), "'clouds.east.auth.username' is missing"),
        (cloud("auth_url: http://k\nusername: u"), "'clouds.east.auth.password' is missing"),
        (cloud(usual, beside: "verify: perhaps"), "line 8: 'clouds.east.verify' is neither 'true' nor 'false'"),
        (cloud(usual, beside: "interface: privat"), "'interface' of cloud 'east' is 'privat'"),
        (cloud(usual, beside: "auth_type: v3kerberos"), "'auth_type' of cloud 'east' is 'v3kerberos'"),
        ("clouds:\n  east:\n    auth: {password: swordfish\n    x: [", "is no YAML"),
        ("clouds:\n\tpassword: swordfish", "line 2 is no YAML"),
    ])
    func `that are of no use are refused with file, key and remedy`(text: String, wanted: String) throws {
        let places = try Places(["cwd/clouds.yaml": text])

        let refusal = places.refusal("east")

        #expect(refusal.contains(wanted), "\(refusal)")
        #expect(refusal.contains("\(places.root)/cwd/clouds.yaml"), "\(refusal)")
        #expect(!refusal.contains("swordfish"), "\(refusal)")
    }

    @Test func `that are not there are said to be missing`() throws {
        #expect(try Places([:]).refusal().contains("no cloud is set up"))
        let places = try Places(["cwd/clouds.yaml": cloud(usual)])
        #expect(places.refusal("west").contains("cloud 'west' is not in"))
        #expect(places.refusal("west").contains("there are 'east'"))
    }

    @Test func `show no secret when they are printed`() throws {
        let places = try Places(["cwd/clouds.yaml": cloud(usual)])
        let settings = try places.load()
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!("\(settings)" + dumped + String(reflecting: settings)).contains("swordfish"))
    }

    @Test func `that nest without end are refused`() throws {
        let layers = (1...9).map { number in
            "l\(number): &l\(number) [\(Array(repeating: "*l\(number - 1)", count: 9).joined(separator: ","))]"
        }
        let places = try Places(["cwd/clouds.yaml": "l0: &l0 [x]\n" + layers.joined(separator: "\n") + "\nclouds: {}"])

        #expect(places.refusal("east").contains("more than 100000 values"))
    }
}
