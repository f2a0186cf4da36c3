import AgentAPI
import Runtime
import Settings
import Testing

@Suite struct `An endpoint of fleet's API` {
    private static let good = [
        "http://10.0.0.1:49153", "https://fleet.example/prefix/", "http://[::1]:49153", "http://h",
        "unix:///var/run/fleet.sock", "file:///var/run/fleet.sock", "unix:///a",
    ]
    private static let wrong = [
        "10.0.0.1:49153", "unix://var/run/fleet.sock", "unix:///", "file://", "http://", "https:///units",
        "http://user:secret@host:1", "http://h?x=1", "http://h#x", "ftp://h", "http+unix://%2Frun", "unix:///a b",
        "http://h ", "http://hôte", "HTTP://h", "",
    ]

    private static func configuration(_ endpoint: String) throws {
        let text = "[[contexts.home.clusters]]\nname = \"old\"\nkind = \"fleet\"\nendpoints = [\"\(endpoint)\"]\n"
        _ = try Configuration(text: text, file: "c.toml")
    }

    @Test(arguments: good) func `is taken by the configuration and by whoever asks there`(text: String) {
        #expect(throws: Never.self) { try FleetEndpoint(text) }
        #expect(throws: Never.self) { try Self.configuration(text) }
    }

    @Test(arguments: wrong) func `is refused by both where it is none, and no password is told`(text: String) throws {
        let late = try #require(throws: SourceError.self) { try FleetEndpoint(text) }
        let soon = try #require(throws: SettingsError.self) { try Self.configuration(text) }
        #expect(!"\(late)\(soon)".contains("secret"))
    }
}
