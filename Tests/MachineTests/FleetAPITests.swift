import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `Fleet's API on machines` {
        private static let socket = "/run/fleet.sock"

        /// Asks the agent of a machine over the socket that systemd opened for it; the status and the body.
        private func ask(
            _ stand: Stand, _ method: String, _ path: String, _ body: String? = nil
        ) async throws -> (status: String, body: String) {
            let sent = body.map { "-H 'Content-Type: application/json' -d '\($0)'" } ?? ""
            let said = try await stand.shell(
                "m1",
                "curl -s -m 20 -X \(method) \(sent) -w '\\n%{http_code}' --unix-socket \(Self.socket) "
                    + "'http://domain-sock/fleet/v1\(path)'")
            let lines = said.trimmed.split(separator: "\n", omittingEmptySubsequences: false)
            return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
        }

        private func open(_ stand: Stand) async throws {
            try await stand.install("m1", options: "--grace 15 --fleet-socket \(Self.socket)")
            try await stand.shell(
                "m1",
                """
                set -e; systemctl stop quarterdeck-agent.service
                systemctl enable --now quarterdeck-agent.socket; systemctl start quarterdeck-agent.service
                """)
            try await Programs.eventually("fleet's API", within: .seconds(30)) {
                try await ask(stand, "GET", "/machines").status == "200" ? true : nil
            }
        }

        private func close(_ stand: Stand) async throws {
            try await stand.shell(
                "m1",
                """
                systemctl disable --now quarterdeck-agent.socket; rm /etc/systemd/system/quarterdeck-agent.socket
                systemctl daemon-reload; systemctl restart quarterdeck-agent.service
                """)
        }

        @Test func `is on a socket of systemd's, and restarts what is loaded and launched`() async throws {
            try await Stand.with { stand in
                try await open(stand)
                let mode = try await stand.shell("m1", "stat -c '%a %F' \(Self.socket)").trimmed
                #expect(mode == "660 socket")
                let options = #"[{"section":"Service","name":"ExecStart","value":"/bin/sleep 1000"}]"#
                let put = try await ask(
                    stand, "PUT", "/units/again.service", #"{"desiredState":"launched","options":\#(options)}"#)
                #expect(put.status == "201", "\(put)")
                let machine = try await Programs.eventually("a machine", within: .seconds(30)) {
                    try await stand.unit("again.service")?.machine
                }
                func pid() async throws -> Int {
                    try await Programs.eventually("its process", within: .seconds(30)) {
                        try await stand.processes(machine, "again.service")["again.service"]
                    }
                }
                var before = try await pid()
                for _ in 0..<3 {
                    for state in ["loaded", "launched"] {
                        let wanted = try await ask(
                            stand, "PUT", "/units/again.service", #"{"desiredState":"\#(state)"}"#)
                        #expect(wanted.status == "204")
                    }
                    let old = before
                    before = try await Programs.eventually("another process", within: .seconds(30)) {
                        let now = try await stand.processes(machine, "again.service")["again.service"]
                        return now == old ? nil : now
                    }
                }
                #expect(try await ask(stand, "DELETE", "/units/again.service").status == "204")
                try await close(stand)
            }
        }

        @Test func `takes a target, runs it, and leaves nothing of it`() async throws {
            try await Stand.with { stand in
                try await open(stand)
                let options = #"[{"section":"Unit","name":"Description","value":"a goal"}]"#
                let put = try await ask(
                    stand, "PUT", "/units/goal.target", #"{"desiredState":"launched","options":\#(options)}"#)
                #expect(put.status == "201", "\(put)")
                try await Programs.eventually("it is active", within: .seconds(30)) {
                    try await ask(stand, "GET", "/state/goal.target").body.contains(#""systemdActiveState":"active""#)
                        ? true : nil
                }
                #expect(try await ask(stand, "DELETE", "/units/goal.target").status == "204")
                try await Programs.eventually("nothing is left of it", within: .seconds(30)) {
                    Stand.machines.allSatisfy { stand.files($0).isEmpty } ? true : nil
                }
                try await close(stand)
            }
        }
    }
}
