import Model
import UserData

/// Plans as an operator would make them.
enum Plans {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBszCCAVmgAwIBAgIUFzDUQ0V0mQ==
        -----END CERTIFICATE-----

        """

    /// A VM that is told as little as can be.
    static let small = JoinPlan(
        cluster: "shop", storeEndpoints: ["http://10.0.0.1:2379"],
        agent: .inImage(path: "/usr/local/bin/quarterdeck-agent"))

    /// A VM that is told everything.
    static let large = JoinPlan(
        cluster: "shop", storeEndpoints: ["https://10.0.0.1:2379", "https://10.0.0.2:2379"],
        agent: .download(
            url: "https://files.example/quarterdeck-agent?v=1&os=linux",
            sha256: "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"),
        storeCA: authority, metadata: ["disk": "ssd", "zone": "a b"],
        joinToken: JoinPlan.JoinToken(user: "join", secret: "s3cret"),
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@example"], hostname: "shop-4.example")

    /// A VM of a cluster whose VMs are its store.
    static let member = JoinPlan(
        cluster: "3e86b59982e49066c5d813af1c2e2579cbf573de", storeEndpoints: [],
        agent: .inImage(path: "/usr/local/bin/quarterdeck-agent"),
        etcdDiscovery: "http://10.0.0.9:8087/3e86b59982e49066c5d813af1c2e2579cbf573de")

    static let all = ["small": small, "large": large, "member": member]
}
