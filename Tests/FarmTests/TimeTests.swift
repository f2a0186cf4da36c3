import Foundation
import Programs
import Testing

/// What can be looked at again, and what is kept of what was asked.
@Suite(.serialized, .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct `The past of a farm` {
    private struct OrderRow: Decodable {
        var order: String
        var state: String
        var text: String
    }

    @Test func `is shown by keys, and played again from a recording`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let recording = farm.directory + "/farm.rec"
            let cast = farm.directory + "/farm.cast"
            let deck = "\(Program.path) deck --config \(farm.configuration) --record \(recording) --cast \(cast)"
            try await TerminalSession.with(deck, width: 120, height: 40) { terminal in
                try await terminal.until("db.service")
                try await terminal.until("live")
                try await Task.sleep(for: .seconds(3))
                _ = try await farm.run("stop", "--no-block", "--cluster", "customer-a", "db.service")
                try await terminal.until("db.service customer-a is inactive", within: .seconds(20))
                try await terminal.keys("[")
                try await terminal.until("PAST")
                try await terminal.until("0 now")
                // Nothing is asked for in the past, whatever key is pressed.
                try await terminal.keys("S")
                try await terminal.until("this is the past")
                try await terminal.keys("0")
                try await terminal.until("live")
                try await terminal.keys("q")
            }
            try await Self.plays(recording, farm)
            let lines = try String(contentsOfFile: cast, encoding: .utf8).split(separator: "\n")
            #expect(lines[0].contains(#""version":2,"width":120,"height":40"#))
            #expect(lines.count > 5 && lines.dropFirst().allSatisfy { $0.hasPrefix("[") && $0.hasSuffix("]") })
        }
    }

    private static func plays(_ recording: String, _ farm: TestFarm) async throws {
        let early = try await Program.run(["replay", "--once", "--at", "2s", "--size", "120x40", recording])
        #expect(early.output.contains("REPLAY demo"))
        #expect(early.output.contains("db.service"))
        try await TerminalSession.with("\(Program.path) replay \(recording)", width: 120, height: 40) { terminal in
            try await terminal.until("REPLAY demo")
            try await terminal.keys("0")
            try await terminal.until("· end")
            try await terminal.until("db.service customer-a is inactive")
            try await terminal.keys("{", "p")
            try await terminal.until("paused")
            try await terminal.keys("S")
            try await terminal.until("this is a recording")
            try await terminal.keys("q")
        }
    }

    @Test func `has every order, and what became of it`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            _ = try await farm.run("stop", "--no-block", "--cluster", "customer-a", "web@1.service")
            let rows = try await farm.run("list-orders", "-o", "json").json([OrderRow].self)
            let mine = rows.filter { $0.text.contains("web@1.service") }

            #expect(mine.map(\.state) == ["asked", "done"])
            #expect(Set(mine.map(\.order)).count == 1)
        }
    }

    @Test func `lacks orders that cannot be written down, and the dashboard says so as long as that is`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let text = try String(contentsOfFile: farm.configuration, encoding: .utf8)
            let log = farm.directory + "/no-folder/orders.log"
            let config = farm.directory + "/unwritten.toml"
            try text.replacing(/orders-log = .*/, with: "orders-log = \"\(log)\"")
                .write(toFile: config, atomically: true, encoding: .utf8)
            // What should be a folder is a file.
            try "".write(toFile: farm.directory + "/no-folder", atomically: true, encoding: .utf8)
            let stop = try await Program.run([
                "stop", "--no-block", "--config", config, "--cluster", "customer-a", "web@1.service",
            ])
            #expect(stop.code == 0)
            #expect(stop.errors.contains("NOT written down") && stop.errors.contains(log), "\(stop.errors)")

            let deck = "\(Program.path) deck --config \(config)"
            try await TerminalSession.with(deck, width: 160, height: 40) { terminal in
                try await terminal.until("db.service")
                try await terminal.until("live")
                try await terminal.keys("4", "s")
                _ = try await terminal.until("NOT written down")
                // It stays, whatever else is told; and goes when orders are written again.
                try await Task.sleep(for: .seconds(9))
                try await terminal.until("NOT written down")
                try FileManager.default.removeItem(atPath: farm.directory + "/no-folder")
                try await terminal.keys("s")
                try await Programs.eventually("nothing is told of the log any more", within: .seconds(20)) {
                    try await terminal.screen().contains("NOT written down") ? nil : true
                }
                try await terminal.keys("q")
            }
        }
    }

    @Test func `is changed by nobody where the context is read-only`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let text = try String(contentsOfFile: farm.configuration, encoding: .utf8)
            let config = farm.directory + "/read-only.toml"
            try text.replacingOccurrences(of: "locked = false", with: "locked = false\nread-only = true")
                .write(toFile: config, atomically: true, encoding: .utf8)
            let stop = try await Program.run([
                "stop", "--no-block", "--config", config, "--cluster", "customer-a", "web@1.service",
            ])

            #expect(stop.code == 1)
            #expect(stop.errors.contains("context 'demo' is read-only"))
        }
    }

    @Test func `and present of two contexts are a key apart`() async throws {
        try await TestFarm.with(vms: 2) { farm in
            let text = try String(contentsOfFile: farm.configuration, encoding: .utf8)
            let start = try #require(text.range(of: "[contexts.demo]")).lowerBound
            let other = text[start...].replacingOccurrences(of: "contexts.demo", with: "contexts.stage")
                .replacingOccurrences(of: "locked = false", with: "locked = true")
            let config = farm.directory + "/two.toml"
            try (text + "\n[keys]\nquit = \"F10\"\n\n" + other).write(toFile: config, atomically: true, encoding: .utf8)
            let deck = "\(Program.path) deck --config \(config)"
            try await TerminalSession.with(deck, width: 120, height: 40) { terminal in
                try await terminal.until("quarterdeck · demo")
                try await terminal.until("live")
                try await terminal.keys(")")
                try await terminal.until("quarterdeck · stage")
                try await terminal.until("[locked]")
                try await terminal.until("web@1.service")
                try await terminal.keys("(")
                try await terminal.until("quarterdeck · demo")
                // The key that is another's now does not leave any more.
                try await terminal.keys("q", "F10")
                _ = try await terminal.tmux("send-keys", "-l", "echo left-$((40+2))")
                try await terminal.keys("Enter")
                try await terminal.until("left-42")
            }
        }
    }
}
