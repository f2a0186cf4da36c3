import Foundation
import Programs
import Testing

/// A stand whose machines are records alone, and an `ssh` that tells what it was called with.
private struct Doors {
    let stand: Stand
    let folder: String

    var environment: [String: String] {
        ["PATH": folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
    }

    static func with(_ work: @escaping @Sendable (Doors) async throws -> Void) async throws {
        try await Stand.with { stand in
            let doors = Doors(stand: stand, folder: stand.directory + "/bin")
            try FileManager.default.createDirectory(atPath: doors.folder, withIntermediateDirectories: true)
            try """
            #!/bin/sh
            printf '<%s>' "$@"
            echo
            [ -t 0 ] && { printf 'shell of the machine: '; read -r line; }
            exit 0
            """.write(toFile: doors.folder + "/ssh", atomically: true, encoding: .utf8)
            chmod(doors.folder + "/ssh", 0o755)
            try await doors.machine("aaaa1111", "east", "10.0.0.5")
            try await doors.machine("bbbb2222", "-oProxyCommand=reboot", "-oProxyCommand=reboot")
            try await work(doors)
        }
    }

    private func machine(_ id: String, _ name: String, _ address: String) async throws {
        let record = #"{"name":"\#(name)","address":"\#(address)","version":"1"}"#
        let put = try await Program.run([
            "key", "put", "--store", stand.endpoint, "/quarterdeck/shop/machines/\(id)", record,
        ])
        #expect(put.code == 0, "\(put.errors)")
    }

    func ssh(_ words: String...) async throws -> Program.Result {
        try await Program.run(["ssh", "--config", stand.configuration] + words, environment: environment)
    }
}

@Suite struct `ssh` {
    @Test func `goes to a machine's address, with its command`() async throws {
        try await Doors.with { doors in
            let plain = try await doors.ssh("east")
            #expect(plain.output == "<--><10.0.0.5>\n")
            let command = try await doors.ssh("--ssh-port", "22", "-A", "aaaa", "uptime", "-p")
            #expect(command.output == "<-A><-p><22><--><10.0.0.5><uptime><-p>\n")
        }
    }

    @Test func `takes no address for an option`() async throws {
        try await Doors.with { doors in
            let hostile = try await doors.ssh("bbbb2222")
            #expect(hostile.code == 1)
            #expect(hostile.output.isEmpty)
            #expect(hostile.errors.contains("is no address"))
        }
    }

    @Test(.enabled(if: TerminalSession.isPossible, "tmux is not installed"))
    func `steps out of the dashboard, which comes back whole`() async throws {
        try await Doors.with { doors in
            let path = doors.environment["PATH"] ?? ""
            let deck = "PATH='\(path)' \(Program.path) deck --config \(doors.stand.configuration)"
            try await TerminalSession.with(deck, width: 100, height: 30) { terminal in
                try await terminal.until("east")
                try await terminal.keys("U", "2", "g")
                let screen = try await terminal.screen()
                // Names sort before letters: the hostile one is first.
                try await terminal.keys("c")
                try await terminal.until("is no address")
                try await terminal.keys("j", "c")
                let shell = try await terminal.until("shell of the machine:")
                #expect(shell.contains("<--><10.0.0.5>") && !shell.contains("Clusters"))
                try await terminal.keys("Enter")
                try await terminal.until("Clusters")
                let after = try await terminal.screen()
                #expect(after.contains("east") && screen.contains("east"))
                try await terminal.keys("q")
            }
        }
    }
}
