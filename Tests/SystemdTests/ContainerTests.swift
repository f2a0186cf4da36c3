import FoundationEssentials
import Glibc
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

struct `The files of the container engines` {
    private let root = FileManager.default.temporaryDirectory.path + "/qd-containers-\(UUID().uuidString)"

    private func command(_ options: String) throws -> ContainerCommand {
        let file = try UnitFile(parsing: "[Service]\nExecStart=/usr/bin/docker run \(options) busybox:1\n")
        let specifiers = Specifiers(
            "web.service", machine: "0123456789abcdef", hostName: "sd5", runtimeDirectory: "/run",
            stateDirectory: "/var/lib")
        return try #require(ContainerCommand(of: file, specifiers))
    }

    /// Writes down a container as docker does; its folder.
    private func container(_ name: String, _ digit: Character) throws -> String {
        let id = String(repeating: digit, count: 64)
        let folder = root + "/var/lib/docker/containers/\(id)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("{\"ID\":\"\(id)\",\"Name\":\"/\(name)\",\"Config\":{\"Image\":\"busybox:1\"}}".utf8)
            .write(to: URL(filePath: folder + "/config.v2.json"))
        return folder
    }

    @Test(.timeLimit(.minutes(1))) func `name the container whose ID a plain file holds`() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        _ = try container("web", "a")
        _ = try container("other", "b")
        try Data((String(repeating: "b", count: 64) + "\n").utf8).write(to: URL(filePath: root + "/id"))
        #expect(mkfifo(root + "/pipe", 0o600) == 0)
        var files = ContainerFiles(root: root)
        files.begin()
        #expect(files.container(try command("--cidfile /id --name web"))?.name == "other")
        for path in ["/pipe", String(repeating: "/..", count: 16) + "/dev/zero", "/var", "/none"] {
            #expect(files.container(try command("--cidfile \(path) --name web"))?.name == "web", "\(path)")
        }
    }

    @Test func `are looked at once a measurement`() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let folder = try container("web", "a")
        let web = try command("--name web")
        var files = ContainerFiles(root: root)
        files.begin()
        #expect(files.container(web)?.name == "web")
        try FileManager.default.removeItem(atPath: folder)
        #expect(files.container(web)?.name == "web")
        files.begin()
        #expect(files.container(web) == nil)
        _ = try container("web", "c")
        files.begin()
        #expect(files.container(web)?.id.first == "c")
    }
}
