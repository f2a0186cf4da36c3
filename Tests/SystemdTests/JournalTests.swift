import Model
import Testing

@testable import Systemd

@Suite(.enabled(if: Testbed.isThere, Testbed.reason), .serialized)
struct `The log of a unit` {
    @Test func `has its last lines, or those since a moment, with their levels`() async throws {
        try await SystemdBench.with("sd4") { bench in
            // Only after systemd has said that it is started.
            let script = "sleep 0.3; for i in 1 2 3 4 5; do echo line $$i; done; echo \"<3>bad\"; exec sleep 1000"
            try await bench.service("talk.service", "ExecStart=/bin/sh -c '\(script)'")
            try await bench.systemd.start("talk.service")
            try await bench.untilLogged("talk.service", "bad")

            let last = try await bench.log("talk.service", last: 2)
            #expect(last.map(\.text) == ["line 5", "bad"])
            #expect(last.map(\.level) == [.info, .error])
            let all = try await bench.log("talk.service")
            #expect(all.contains { $0.text.contains("Started talk.service") })
            #expect(try await bench.log("talk.service", last: 0).isEmpty)
            let moment = SystemdBench.now()
            try await bench.systemd.stop("talk.service")
            try await bench.untilLogged("talk.service", "Stopped talk.service")
            let since = try await bench.log("talk.service", since: moment)
            #expect(since.allSatisfy { $0.at >= moment - .milliseconds(1) })
            #expect(since.contains { $0.text.contains("Stopped") } && !since.contains { $0.text == "line 5" })
        }
    }

    @Test func `is followed from its very first line on, soon`() async throws {
        try await SystemdBench.with("sd4") { bench in
            let told = Lines()
            try await bench.service(
                "late.service", "ExecStart=/bin/sh -c 'for i in 1 2 3; do date +%%s%%3N; sleep 0.4; done'")
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = await sentence {
                        try await bench.systemd.log("late.service", last: 10, since: bench.begin, follows: true) {
                            lines in
                            told.add(lines, at: SystemdBench.now())
                        }
                    }
                }
                _ = await sentence {
                    try await bench.systemd.start("late.service")
                    for _ in 0..<300 where told.texts.count(where: { Int64($0) != nil }) < 3 {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                group.cancelAll()
            }
            #expect(told.texts.count { Int64($0) != nil } == 3, "\(told.texts)")
            #expect(told.latest < .seconds(2))
        }
    }

    @Test func `is harmless, cut and split, whatever is written`() async throws {
        try await SystemdBench.with("sd4") { bench in
            let script =
                "printf \"\\\\033[2Jclear\\\\377\\\\000bin\\\\n\"; head -c 200000 /dev/zero | tr \"\\\\\\\\0\" x; echo; echo end"
            try await bench.service("evil.service", "ExecStart=/bin/sh -c '\(script)'\nSyslogLevelPrefix=no")
            try await bench.systemd.start("evil.service")
            try await bench.untilLogged("evil.service", "end")
            try await Testbed.shell(
                "sd4", "systemd-run -q --wait -p User=root true; printf 'one\\ntwo' | systemd-cat -t x; true")
            let texts = try await bench.log("evil.service").map(\.text)
            #expect(texts.allSatisfy { $0.count <= SafeText.lineLimit + 1 })
            #expect(texts.allSatisfy { !$0.unicodeScalars.contains { $0.value < 0x20 } })
            #expect(texts.contains { $0.contains("clear") }, "\(texts.map { $0.prefix(60) })")
            #expect(texts.contains { $0.hasPrefix("xxxx") })
        }
    }

    @Test func `is read no further than a batch ahead of the one who is told`() async throws {
        try await SystemdBench.with("sd4") { bench in
            try await bench.service("flood.service", "Type=oneshot\nExecStart=/usr/bin/seq 1 3000")
            try await bench.systemd.start("flood.service")
            try await bench.untilLogged("flood.service", "3000")
            let lines = Lines()
            try await bench.systemd.log("flood.service", last: 2_000, since: bench.begin, follows: false) { batch in
                lines.add(batch)
            }
            #expect(lines.mostAtOnce <= Journal.entriesMax)
            #expect(lines.all.count == 2_000 && lines.texts.contains("3000"))
        }
    }

    @Test func `may be followed by many at once, and left at any time`() async throws {
        try await SystemdBench.with("sd4") { bench in
            try await bench.service("busy.service", "ExecStart=/bin/sh -c 'while :; do echo tick; sleep 0.01; done'")
            try await bench.systemd.start("busy.service")
            for _ in 0..<5 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            _ = await sentence {
                                try await bench.systemd.log("busy.service", last: 5, follows: true) { _ in }
                            }
                        }
                    }
                    try? await Task.sleep(for: .milliseconds(100))
                    group.cancelAll()
                }
            }
            let text = await sentence {
                try await bench.systemd.log("busy.service", last: 5, follows: true) { _ in throw Testbed.Failure("full")
                }
            }
            #expect(text == "full")
        }
    }

    @Test func `is read by so many at a time and no more`() async throws {
        try await SystemdBench.with("sd4") { bench in
            try await bench.service("quiet.service", "ExecStart=/bin/sleep 1000")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        _ = await sentence {
                            try await bench.systemd.log("quiet.service", last: 5, follows: true) { _ in }
                        }
                    }
                }
                for _ in 0..<500 where await bench.systemd.logsRead < 32 {
                    try? await Task.sleep(for: .milliseconds(10))
                }
                let text = await sentence { _ = try await bench.log("quiet.service") }
                #expect(text == "32 logs are being read on machine '01234567' already; end one of them")
                group.cancelAll()
            }
            #expect(await bench.systemd.logsRead == 0)
            _ = try await bench.log("quiet.service")
        }
    }
}
