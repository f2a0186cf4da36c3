import FoundationEssentials
import Model
import Testing

@testable import Systemd

@Suite(.enabled(if: Testbed.isThere, Testbed.reason), .serialized)
struct `A unit that runs a container` {
    @Test(arguments: ["podman", "docker"])
    func `tells its container, what it uses and writes, and stops cleanly`(engine: String) async throws {
        try await SystemdBench.with("sd5") { bench in
            let tar = bench.root + "/srv/busybox.tar"
            if !FileManager.default.fileExists(atPath: tar) {
                try FileManager.default.copyItem(atPath: Testbed.state + "/busybox.tar", toPath: tar)
            }
            try await Testbed.shell("sd5", "\(engine) import /srv/busybox.tar busybox:1 >/dev/null 2>&1")
            let name = try UnitName("\(engine)-web.service")
            try await bench.service(
                name,
                "ExecStartPre=-/usr/bin/\(engine) rm -f %N\n"
                    + "ExecStart=/usr/bin/\(engine) run --rm --name %N busybox:1 "
                    + "/bin/sh -c 'echo inside; trap \"exit 0\" TERM; while :; do sleep 0.05; done'\n"
                    + "ExecStop=/usr/bin/\(engine) stop -t 5 %N\nSuccessExitStatus=143")
            try await bench.systemd.start(name)
            try await bench.untilLogged(name, "inside")

            let first = try await figures(bench, name)
            try await Task.sleep(for: .milliseconds(1_000))
            let second = try #require(await bench.systemd.figures().1[name])

            let container = try #require(first.container)
            #expect(container.engine == engine && container.name == "\(engine)-web")
            #expect(container.id.count == 64 && container.image.contains("busybox:1"), "\(container)")
            #expect((second.tasks ?? 0) > 2 && (second.memoryBytes ?? 0) > 0, "\(second)")
            #expect((second.cpuPercent ?? 0) > 0, "\(second)")
            try await bench.systemd.stop(name)
            let stopped = try #require(await bench.state(name))
            #expect(stopped.active == .inactive && stopped.note == nil, "\(stopped)")
        }
    }

    private func figures(_ bench: SystemdBench, _ name: UnitName) async throws -> UnitFigures {
        for _ in 0..<20 {
            if let figures = await bench.systemd.figures().1[name], figures.container != nil { return figures }
            try await Task.sleep(for: .milliseconds(950))
        }
        throw Testbed.Failure("no container was found")
    }
}
