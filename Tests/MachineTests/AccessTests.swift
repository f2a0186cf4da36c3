import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `An agent's API` {
        @Test func `lets viewers look and operators change`() async throws {
            try await Stand.with { stand in
                try await stand.start(["steady.service": Stand.beating])
                try await Programs.eventually("it has written", within: .seconds(10)) {
                    try await stand.run(["journal", "steady.service"], as: "viewer.toml").output.contains("Started")
                        ? true : nil
                }

                let restart = try await stand.run(["restart", "steady.service"], as: "viewer.toml")

                #expect(restart.code == 1, "\(restart)")
                #expect(restart.errors.contains("a viewer may look, not change"), "\(restart)")
                #expect(stand.runs("steady.service").count == 1)
            }
        }

        @Test func `tells callers without a certificate how to be known`() async throws {
            try await Stand.with { stand in
                let base = "curl -s -w '%{http_code}' --cacert /etc/quarterdeck/ca.pem https://m1:7443/v1"

                let health = try await stand.shell("m1", "\(base)/health")
                let figures = try await stand.shell("m1", "\(base)/figures")

                #expect(health.hasSuffix("200"), "\(health)")
                #expect(figures.hasSuffix("401"), "\(figures)")
                #expect(figures.contains("no certificate and no token was shown"), "\(figures)")
            }
        }

        @Test func `knows the tokens of its file`() async throws {
            try await Stand.with { stand in
                let token = "a-token-of-some-length"
                try await stand.shell(
                    "m1",
                    """
                    (umask 077; echo 'operator \(token)' >/etc/quarterdeck/tokens)
                    echo 'api-token-file = /etc/quarterdeck/tokens' >>/etc/quarterdeck/agent.conf
                    systemctl restart quarterdeck-agent
                    """)
                try stand.configure("token.toml", token: token)
                try await stand.untilJoined(Stand.machines)
                try await stand.start(["steady.service": Stand.beating + "[X-Fleet]\nMachineMetadata=host=m1\n"])

                let restart = try await stand.run(["restart", "steady.service"], as: "token.toml")

                #expect(restart.code == 0, "\(restart)")
                #expect(stand.runs("steady.service").count == 2)
                try stand.configure("token.toml", token: "another-token-of-that-length")
                let refused = try await stand.run(["restart", "steady.service"], as: "token.toml")
                #expect(refused.code == 1 && refused.errors.contains("the token is not known here"), "\(refused)")
            }
        }
    }

    @Suite struct `An agent that anybody could reach` {
        @Test(arguments: [
            ("--listen 0.0.0.0:7444", "loopback"),
            ("--listen 127.0.0.1:0 --api-token-file /tmp/tokens", "others can read this secret; run 'chmod 600' on it"),
        ])
        func `does not begin, and says why`(options: String, words: String) async throws {
            try await Stand.with { stand in
                let result = try await Testbed.shell(
                    "m1",
                    """
                    echo operator a-token-of-some-length >/tmp/tokens; chmod 644 /tmp/tokens; . /etc/machine.env
                    exec quarterdeck-agent --cluster other --store $ETCD_ENDPOINTS --store-ca $ETCD_CACERT \
                      --store-cert $ETCD_CERT --store-key $ETCD_KEY --state-dir /tmp/other --units-dir /run/other/units \
                      \(options)
                    """, limit: .seconds(10))

                #expect(result.code == 1 && result.errors.contains(words), "\(result)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            }
        }
    }
}
