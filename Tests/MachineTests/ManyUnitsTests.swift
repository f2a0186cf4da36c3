import Foundation
import Programs
import Testing

extension Machines {
    @Suite struct `Units by the dozen` {
        @Test func `are gone soon after they are destroyed`() async throws {
            try await Stand.with { stand in
                let units = (1...20).map { ("many@\($0).service", "[Service]\nExecStart=/bin/sleep 1000\n") }
                try await stand.start(Dictionary(units) { first, _ in first })
                let said = try await stand.run(["destroy"] + units.map(\.0))
                #expect(said.code == 0, "\(said.errors)")
                try await Programs.eventually("no machine has any of them", within: .seconds(20)) {
                    Stand.machines.allSatisfy { stand.files($0).isEmpty } ? true : nil
                }
            }
        }

        @Test func `are not held up by one that cannot run`() async throws {
            try await Stand.with { stand in
                var units = [
                    "bad.service":
                        "[Service]\nType=exec\nExecStart=/no/such/program\n[X-Fleet]\nMachineMetadata=host=m1\n"
                ]
                for number in 1...10 {
                    units["good@\(number).service"] =
                        "[Service]\nExecStart=/bin/sleep 1000\n[X-Fleet]\nMachineMetadata=host=m1\n"
                }
                let paths = try units.keys.sorted().map { try stand.file($0, units[$0] ?? "") }
                let said = try await stand.run(["start"] + paths)
                #expect(said.code != 0 && said.errors.contains("unit 'bad.service' failed"), "\(said.errors)")
                let rows = said.output.split(separator: "\n").filter { $0.hasPrefix("Unit good@") }
                #expect(rows.count == 10, "\(said.output)")
            }
        }
    }

    @Suite struct `A unit that is destroyed` {
        @Test func `has stopped in its own way before its file goes`() async throws {
            try await Stand.with { stand in
                let text = """
                    [Service]
                    ExecStart=/bin/sleep 1000
                    ExecStop=/bin/sh -c 'sleep 2; test -e /run/quarterdeck/units/slow.service && echo stop >> /run/slow.log'
                    ExecStopPost=/bin/sh -c 'sleep 1; test -e /run/quarterdeck/units/slow.service && echo post >> /run/slow.log'

                    """
                try await stand.start(["slow.service": text])
                let name = try #require(try await stand.unit("slow.service")?.machine)
                try await stand.must("destroy", "slow.service")
                try await Programs.eventually("its file is gone", within: .seconds(20)) {
                    stand.files(name).isEmpty ? true : nil
                }
                let log = try await stand.shell(name, "cat /run/slow.log; rm /run/slow.log")
                #expect(log == "stop\npost\n")
            }
        }
    }
}
