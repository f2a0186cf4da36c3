import Curses
import Model
import Settings
import Testing

@Suite struct `A configuration` {
    @Test func `is read with all it may say`() throws {
        let configuration = try Configuration(
            text: """
                context = "home"
                theme = "daylight"

                [contexts.home]
                locked = false
                read-only = true

                [[contexts.home.clusters]]
                name = "a"
                endpoints = ["http://127.0.0.1:2379"]
                protected = true
                user = "me"
                password-file = "/secret"

                [[contexts.home.clouds]]
                name = "local"
                kind = "local"
                endpoint = "http://127.0.0.1:1"
                """, file: "config.toml")

        let home = try configuration.context(nil)
        #expect(home.name == "home" && !home.isLocked && home.isReadOnly)
        #expect(home.clusters.map(\.name) == ["a"])
        #expect(home.clusters.first?.isProtected == true)
        #expect(home.clouds.map(\.kind) == [.local(endpoint: "http://127.0.0.1:1")])
        #expect(configuration.theme == "daylight")
    }

    @Test func `may have clusters that fleet drives`() throws {
        let configuration = try Configuration(
            text: """
                [[contexts.home.clusters]]
                name = "old"
                kind = "fleet"
                endpoints = ["https://10.0.0.1:49153", "unix:///var/run/fleet.sock"]
                agent-ca = "/ca.pem"
                agent-cert = "/me.pem"
                agent-key = "/me-key.pem"
                ssh-user = "core"
                protected = true
                """, file: "c.toml")

        let old = try #require(try configuration.context("home").clusters.first)

        #expect(old.kind == .fleet && old.endpoints.count == 2 && old.isProtected && old.sshUser == "core")
        #expect(old.agentCA == "/ca.pem" && old.agentCert == "/me.pem" && old.agentKey == "/me-key.pem")
    }

    @Test func `says what is wrong with a cluster that fleet drives`() throws {
        let text = """
            [[contexts.home.clusters]]
            name = "old"
            kind = "fleet"
            endpoints = ["10.0.0.1:49153", "unix://var/run/fleet.sock"]
            user = "me"
            vm-flavor = "small"
            agent-cert = "/me.pem"
            [[contexts.home.clusters]]
            name = "new"
            kind = "nomad"
            endpoints = ["http://10.0.0.1:2379"]
            agent-key = "/me-key.pem"
            """
        let error = #expect(throws: SettingsError.self) { try Configuration(text: text, file: "c.toml") }
        let told = error.map { "\($0)" } ?? ""
        for words in [
            "c.toml:4: '10.0.0.1:49153' of [contexts.home.clusters] is no fleet endpoint",
            "c.toml:4: 'unix://var/run/fleet.sock' of [contexts.home.clusters] is no fleet endpoint",
            "c.toml:5: [contexts.home.clusters] has no key 'user'",
            "c.toml:6: [contexts.home.clusters] has no key 'vm-flavor'",
            "c.toml:7: [contexts.home.clusters] needs agent-cert and agent-key together",
            "c.toml:12: [contexts.home.clusters] needs agent-cert and agent-key together",
            "c.toml:10: 'kind' of [contexts.home.clusters] must be one of \"fleet\"",
        ] {
            #expect(told.contains(words), "\(told)")
        }
    }

    @Test func `says where OpenStack's settings are, and what new VMs are to be`() throws {
        let configuration = try Configuration(
            text: """
                [contexts.home]
                [[contexts.home.clouds]]
                name = "farm"
                kind = "openstack"
                cloud = "mine"
                clouds-file = "/etc/clouds.yaml"
                all-projects = false
                [[contexts.home.clusters]]
                name = "shop"
                endpoints = ["http://10.0.0.1:2379"]
                cloud = "farm"
                vm-flavor = "small"
                vm-networks = ["lan", "storage"]
                vm-spread = "anti-affinity"
                vm-user-data = "ignition"
                vm-agent-url = "https://files.example/agent"
                vm-agent-sha256 = "00"
                vm-agent-options = ["ttl = 10"]
                """, file: "c.toml")
        let home = try configuration.context(nil)
        #expect(
            home.clouds.map(\.kind) == [.openStack(cloud: "mine", file: "/etc/clouds.yaml", allProjects: false)])
        let vms = try #require(home.clusters.first).vms
        #expect(vms.cloud == "farm" && vms.userData == "ignition" && vms.agentOptions == ["ttl = 10"])
        #expect(
            vms.choice == VMChoice(flavor: "small", networks: ["lan", "storage"], spread: "anti-affinity"))
    }

    @Test func `takes a cluster's own text back, whatever is in it`() throws {
        var vms = Configuration.VMEntry()
        vms.cloud = "farm"
        vms.choice = VMChoice(flavor: "a \"b\" \\ c", image: "line\nbreak", networks: ["lan"], key: "ops")
        vms.userData = "cloud-init"
        vms.agentURL = "https://files.example/agent"
        vms.agentSHA256 = "00"
        vms.agentOptions = ["ttl = 10"]
        let entry = Configuration.ClusterEntry(name: "shop", endpoints: ["http://10.0.0.1:2379"], vms: vms)

        let text = entry.text(in: "a context")
        let read = try Configuration(text: text, file: "c.toml").context("a context")

        #expect(read.clusters == [entry])
    }

    @Test func `says what is wrong with what new VMs are to be`() throws {
        let text = """
            [contexts.home]
            [[contexts.home.clouds]]
            name = "x"
            kind = "cloudstack"
            [[contexts.home.clusters]]
            name = "shop"
            endpoints = ["http://10.0.0.1:2379"]
            vm-spread = "everywhere"
            vm-user-data = "bash"
            vm-agent-url = "https://files.example/agent"
            """
        let error = #expect(throws: SettingsError.self) { try Configuration(text: text, file: "c.toml") }
        let lines = try #require(error).description.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("c.toml:4: kind 'cloudstack'") })
        #expect(lines.contains { $0.hasPrefix("c.toml:8: 'vm-spread'") && $0.contains("\"soft-anti-affinity\"") })
        #expect(lines.contains { $0.hasPrefix("c.toml:9: 'vm-user-data'") && $0.contains("\"ignition\"") })
        #expect(lines.contains { $0.hasPrefix("c.toml:10:") && $0.contains("vm-agent-sha256 together") })
    }

    @Test func `names every problem with its line, and is not half read`() throws {
        let text = """
            themme = "x"

            [contexts.home]
            locked = "yes"

            [[contexts.home.clusters]]
            name = "a"
            endpoints = ["http://127.0.0.1:2379"]
            colour = "red"

            [[contexts.home.clusters]]
            name = "b"
            endpoints = "http://127.0.0.1:2379"
            """
        let error = #expect(throws: SettingsError.self) { try Configuration(text: text, file: "c.toml") }
        let lines = try #require(error).description.split(separator: "\n").map(String.init)
        let known = "context, theme, orders-log, keys, contexts"
        #expect(lines.contains("c.toml:1: the file has no key 'themme'; it may have \(known)"))
        #expect(lines.contains("c.toml:4: 'locked' of [contexts.home] must be true or false"))
        #expect(lines.contains { $0.hasPrefix("c.toml:9: [contexts.home.clusters] has no key 'colour'") })
        #expect(lines.contains { $0.hasPrefix("c.toml:13: 'endpoints' of [contexts.home.clusters] must be a list") })
    }

    @Test func `that is no TOML is named by its line`() throws {
        let error = #expect(throws: SettingsError.self) {
            try Configuration(text: "a = 1\nb = = 2\n", file: "c.toml")
        }
        #expect(try #require(error).description.hasPrefix("c.toml:2: "))
    }

    @Test func `that is missing says how to begin`() throws {
        let error = #expect(throws: ConfigurationProblem.self) { try Configuration(path: "/no/such/file") }
        #expect(try #require(error).description.contains("quarterdeck demo"))
    }

    @Test func `without the context that is asked for names those it has`() throws {
        let configuration = try Configuration(text: "[contexts.one]\n[contexts.two]\n", file: "c.toml")
        let error = #expect(throws: ConfigurationProblem.self) { try configuration.context("three") }
        #expect(
            try #require(error).description == "there is no context 'three' in the configuration; it has 'one', 'two'")
        #expect(throws: ConfigurationProblem.self) { try configuration.context(nil) }
    }
}

@Suite struct `Theme files` {
    @Test func `that are bundled can all be read`() {
        let themes = Themes(directory: nil)
        #expect(themes.problems.isEmpty)
        for name in BundledThemes.names { #expect(themes[name]?.name == name) }
    }

    @Test func `with errors are named with every line`() throws {
        let text =
            "name = \"mine\"\ncolour = 1\n\n[faces]\ntext = \"default\"\nnoface = \"red\"\ngood = \"sparkling\"\n"
        let error = #expect(throws: SettingsError.self) { try Themes.theme(text, file: "mine.toml") }
        let problems = try #require(error).problems
        #expect(problems.map(\.line) == [2, 6, 7])
    }
}
